package scenarios

import (
	"simrun/checker"
	"simrun/node"
	"simrun/node/fact"
)

// fileFacts is what the bytes of a file said that are durable in it. It is all that must be known of a file which is as it was when another one
// of the same disk is rewritten, so that it need not be decoded again.
type fileFacts struct {
	name     string
	promised uint64 // the highest promise
	voted    uint64 // the highest ballot of a vote
	votes    bool   // there are votes, or values known to be chosen, which may stand in their place
	snapshot bool
}

// news adds a fact. It returns false for one that says nothing new of ballots: a promise no higher than the file has, or a vote in no higher ballot.
func (t *fileFacts) news(f *fact.Fact) bool {
	switch f.Kind {
	case fact.Voted:
		t.votes = true
		if f.Ballot <= t.voted {
			return false
		}
		t.voted = f.Ballot
	case fact.Promised:
		if f.Ballot <= t.promised {
			return false
		}
		t.promised = f.Ballot
	case fact.Learned:
		t.votes = true
	case fact.Snapshot:
		t.snapshot = true
	}
	return true
}

// diskFacts is what a replica's disk said. Those of all replicas lie side by side, since every append asks for one.
type diskFacts struct {
	files  []fileFacts
	recent int // the one that said something last
}

// file returns what is known of a file. It is valid until the next file is named.
func (d *diskFacts) file(name string) *fileFacts {
	if d.recent < len(d.files) && d.files[d.recent].name == name { // as mostly
		return &d.files[d.recent]
	}
	return d.find(name)
}

func (d *diskFacts) find(name string) *fileFacts {
	for d.recent = range d.files {
		if d.files[d.recent].name == name {
			return &d.files[d.recent]
		}
	}
	d.recent = len(d.files)
	d.files = append(d.files, fileFacts{name: name})
	return &d.files[d.recent]
}

func (c *stage) disk(id node.ID) *diskFacts { return &c.disks[id-1] }

// besides returns what stands on a disk whatever becomes of one of its files. ok is false if that takes more than is known: votes in this file may be for the
// slots of votes in others.
func (d *diskFacts) besides(name string) (rest checker.Rest, ok bool) {
	rest.AllVotes = true
	others := false
	for i := range d.files {
		if t := &d.files[i]; t.name == name {
			rest.AllVotes = !t.votes
		} else {
			rest.Promised = max(rest.Promised, t.promised)
			others = others || t.votes
		}
	}
	return rest, rest.AllVotes || !others
}

// sim.Witness

// Durable tells the watch what became durable.
func (c *stage) Durable(id node.ID, file string, appended []byte) {
	c.owner = id
	chosen := c.chosen()
	if c.own != nil {
		c.own.Durable(id, file, appended)
	}
	c.decode(file, appended)
	if c.chosen() > chosen {
		c.roles.decider = id
	}
	c.check()
}

// Rewritten tells the watch what is durable in a file of a host, or in all of them.
func (c *stage) Rewritten(id node.ID, file string, files func(func(string, []byte))) {
	c.owner = id
	if c.own != nil {
		c.own.Rewritten(id, false, files)
	}
	if rest, ok := c.disk(id).besides(file); ok && file != "" {
		c.watch.ReloadBut(uint16(id), rest)
		c.rewritten = file
	} else {
		c.watch.Reload(uint16(id))
		c.rewritten = ""
	}
	c.tellAnew(id, files)
}

// Damaged tells the watch what is left on a host's disk.
func (c *stage) Damaged(id node.ID, files func(func(string, []byte))) {
	c.owner = id
	if c.own != nil {
		c.own.Rewritten(id, true, files)
	}
	c.watch.Damaged(uint16(id))
	c.rewritten = ""
	c.tellAnew(id, files)
}

// tellAnew tells the watch what is durable in the file that was rewritten, or in all.
func (c *stage) tellAnew(id node.ID, files func(func(string, []byte))) {
	if d := c.disk(id); c.rewritten == "" {
		d.files = d.files[:0]
	} else {
		*d.file(c.rewritten) = fileFacts{name: c.rewritten}
	}
	c.rereading = true
	files(c.decodeAnew)
	c.rereading = false
	c.watch.Reloaded(uint16(id))
	c.check()
}

// decode decodes what is durable in a file, or a run of whole records of it.
func (c *stage) decode(file string, b []byte) {
	if c.facts != nil {
		c.decoding = c.disk(c.owner).file(file)
		c.facts(file, b, c.durable)
	}
}

// decoded tells the watch a fact from the file that is being decoded; with news, one that says something new of ballots.
func (c *stage) decoded(f *fact.Fact, news bool) {
	before := c.watch.Chosen()
	c.watch.Durable(uint16(c.owner), f)
	if news && c.sights.concerns(f.Kind) {
		c.sight(c.owner, f)
	}
	chosen := c.watch.Chosen() > before
	if chosen {
		c.reachesChosen(f)
	}
	if c.kernel.Tracing() {
		c.tellDurable(f, chosen)
	}
}

// decodeRewritten decodes what is durable in a file, if it was rewritten. Of another, all that is news is when it has a snapshot: the state may be worth
// looking at.
func (c *stage) decodeRewritten(file string, b []byte) {
	switch {
	case c.rewritten == "" || c.rewritten == file:
		c.decode(file, b)
	case c.disk(c.owner).file(file).snapshot:
		c.lookAround()
	}
}
