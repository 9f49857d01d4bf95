package netsim

import (
	"simrun/node"
	"simrun/sim"
	"simrun/sim/stream"
)

// traffic is what of a network knows no messages: its links, the rules in force, and what becomes of a message by its name. It is no generic type, so
// that its steps are taken without detours.
type traffic struct {
	kernel *sim.Kernel
	config Config
	seed   uint64
	salt   uint64 // see Reseed
	counts Counts
	onDraw func(Drawn)

	rules    []ruleInForce
	edition  uint64 // of the rules and of the loss in good weather: grows with every change, from one run to the next
	removals uint64 // the edition of the last change that did more than to add a rule
	even     bool   // nothing in the configuration could hurt a message, and nobody makes exceptions or is told of them: only rules could
	calm     bool   // and there are none
	lies     bool   // somebody changes messages
	special  bool   // names matter, or something is mixed into what is drawn
	plain    bool   // even, and not special, and nobody lies, and messages need not be encoded

	exceptions []exemption     // by site and attempt
	strikes    func(Exception) // see Strikes
	name       name            // of the message at hand, and its site
	nameSite   uint64
	numbered   uint64 // messages in the trace

	attempts attempts
	links    links
	held     []heldBack
	struck   [Tags]uint64 // messages that rules with that tag had a part in the fate of

	over    *forecast // for the link of the message at hand
	nowhere forecast  // for a link with an end that does not exist
	lots    lots      // of the message at hand
}

// reset makes the traffic ready for a run.
func (t *traffic) reset(c Config, nodes int) {
	t.config, t.counts = c, Counts{}
	t.seed = stream.Mix(t.kernel.Seed(), stream.Name("network"))
	clear(t.rules)
	t.rules = t.rules[:0]
	t.changed()
	t.salt, t.exceptions, t.strikes = 0, t.exceptions[:0], nil
	t.attempts.reset()
	t.links.reset(nodes)
	for i := range t.links.replicas {
		t.links.replicas[i].name = t.way(node.ID(i/t.links.width).Addr(), node.ID(i%t.links.width).Addr())
	}
	t.struck = [Tags]uint64{}
	t.held = t.held[:0]
	t.onDraw, t.numbered = nil, 0
	t.look()
}

// changed takes note that rules were taken out of force, or that there is another loss in good weather.
func (t *traffic) changed() {
	t.edition++
	t.removals = t.edition
}

// look notes whether messages can go a short way.
func (t *traffic) look() {
	c := &t.config
	t.even = c.Drop == 0 && c.Bandwidth == 0 && c.Link == Datagram && len(t.exceptions) == 0 && t.strikes == nil
	t.calm = t.even && len(t.rules) == 0
	t.special = t.salt != 0 || t.onDraw != nil || t.strikes != nil || len(t.exceptions) > 0
	t.plain = t.even && !t.special && !t.lies && !c.Encode
}

// Counts returns what became of the traffic so far.
func (t *traffic) Counts() Counts { return t.counts }

// Struck returns how many messages the rules with a tag had a part in the fate of.
func (t *traffic) Struck(tag uint8) uint64 { return t.struck[tag] }

// AddRule puts a rule in force, until RemoveRule of the same id. The id must not be negative.
func (t *traffic) AddRule(id int, r Rule) {
	t.rules = append(t.rules, ruleInForce{id: id, since: t.kernel.Now(), Rule: r})
	t.edition++
	t.look()
}

// RemoveRule takes the rules with that id out of force. What they held back arrives now.
func (t *traffic) RemoveRule(id int) {
	t.keep(func(r *ruleInForce) bool { return r.id != id })
	t.release(id)
	t.look()
}

// keep takes all rules out of force but those that are to be kept. They are large, so that a copy of each would cost more than the question.
func (t *traffic) keep(asked func(*ruleInForce) bool) {
	kept := 0
	for i := range t.rules {
		if !asked(&t.rules[i]) {
			continue
		}
		if kept < i {
			t.rules[kept] = t.rules[i]
		}
		kept++
	}
	clear(t.rules[kept:])
	t.rules = t.rules[:kept]
	t.changed()
}

// Calm takes every rule and exception out of force, except rules with ids that are to be kept, and sets the good-weather loss to zero.
func (t *traffic) Calm(keep func(id int) bool) {
	t.exceptions = t.exceptions[:0]
	t.config.Drop = 0
	t.keep(func(r *ruleInForce) bool { return keep(r.id) })
	t.release(-1)
	t.look()
}

// arrived counts an arrival at a replica that was there or not.
func (t *traffic) arrived(there bool) {
	if there {
		t.counts.Arrived++
	} else {
		t.counts.Deaf++
	}
}
