package scenarios

import (
	"fmt"
	"strings"

	"simrun/faults"
	"simrun/node"
)

// What is demanded of the healed cluster is demanded of its core, the replicas that no fault has for good (faults.Plan.Outsiders): progress for every
// client, one state, ballots that do not rise any more, and one leader, if the protocol has leaders.

// quiet is what must stay as it is between two looks at the healed cluster, or where replicas stay out of order, which may come back to disturb the
// others, between some more.
type quiet struct {
	ballot  uint64
	leaders uint64 // folded; 0 if there are not as many as there should be
	looks   int    // so often in a row
	rose    bool   // that was the ballot which changed before
	moved   bool   // or the leaders
}

// quietLooks is how many looks that is: for a second.
const quietLooks = int(int64(faults.Second) / restPeriod)

// settledDown tells whether nothing has changed since the last look, and the core has one leader, or one for each of its groups.
func (c *cluster[M, PM]) settledDown() bool {
	c.quiet = c.regard(c.quiet)
	return c.still(&c.quiet)
}

// regard returns what there is to see now, after what was seen the last time.
func (c *cluster[M, PM]) regard(before quiet) quiet {
	now := quiet{looks: 1}
	for i := range c.config.Nodes { // what those out of order promise themselves is their own affair
		if !c.machines[i].outside {
			now.ballot = max(now.ballot, c.watch.Promised(uint16(i+1)), c.roles.leading[i+1])
		}
	}
	if leaders := c.leaders(); len(leaders) == c.groups() {
		for _, id := range leaders {
			now.leaders = now.leaders<<7 ^ now.leaders>>50 ^ uint64(id)
		}
	}
	now.rose, now.moved = now.ballot != before.ballot, now.leaders != before.leaders
	if !now.rose && !now.moved {
		now.looks += before.looks
		now.rose, now.moved = before.rose, before.moved
	}
	return now
}

// still tells whether what was seen stayed the same for long enough, and is as it should be.
func (c *cluster[M, PM]) still(q *quiet) bool {
	return c.long(q) && (q.leaders > 0 || c.stats.Elections == 0)
}

func (c *cluster[M, PM]) long(q *quiet) bool {
	if len(c.plan.Outsiders()) > 0 {
		return q.looks >= quietLooks
	}
	return q.looks >= 2
}

// groups returns how many leaders there should be.
func (c *cluster[M, PM]) groups() int {
	if c.spec.Groups == nil {
		return 1
	}
	return c.spec.Groups(&c.config)
}

// leaders returns the replicas of the core that take themselves for the leader.
func (c *cluster[M, PM]) leaders() (list []node.ID) {
	for i := range c.config.Nodes {
		if id := node.ID(i + 1); c.roles.leading[id] > 0 && !c.machine(id).outside {
			list = append(list, id)
		}
	}
	return list
}

// unrest says what does not settle down.
func (c *cluster[M, PM]) unrest() (parts []string) {
	switch leaders := c.leaders(); {
	case c.stats.Elections > 0 && len(leaders) == 0:
		parts = append(parts, "nobody leads")
	case len(leaders) < c.groups() && c.stats.Elections > 0:
		parts = append(parts, "of "+fmt.Sprint(c.groups())+" groups only those of "+addresses(leaders)+" have a leader")
	case len(leaders) > c.groups():
		parts = append(parts, addresses(leaders)+" all take themselves for the leader")
	}
	switch {
	case c.long(&c.rest):
	case c.rest.rose:
		parts = append(parts, fmt.Sprintf("the highest ballot is %v, and does not stay the same", node.Ballot(c.rest.ballot)))
	case len(parts) == 0:
		parts = append(parts, "who leads does not stay the same")
	}
	return parts
}

// outside names the replicas that are out of order for good; "" if there are none.
func (c *cluster[M, PM]) outside() string {
	list := c.plan.Outsiders()
	switch len(list) {
	case 0:
		return ""
	case 1:
		return addresses(list) + " is"
	}
	return addresses(list) + " are"
}

func (c *cluster[M, PM]) healing() string {
	if who := c.outside(); who != "" {
		return "all faults end, but those that stay: " + who + " out of order for good, and the others must recover"
	}
	return "all faults end; the cluster must recover"
}

func addresses(list []node.ID) string {
	var words []string
	for _, id := range list {
		words = append(words, id.Addr().String())
	}
	return strings.Join(words, " ")
}
