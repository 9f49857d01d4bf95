package scenarios

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"simrun/sim"
)

// Checkpoint is the hash of a run after an event. In text it is both, with a blank between them. Two runs that agree at
// one took the same path up to there.
type Checkpoint struct {
	Event uint64
	Hash  sim.Hash
}

// MarshalText writes "120 0123456789abcdef".
func (p Checkpoint) MarshalText() ([]byte, error) {
	return []byte(strconv.FormatUint(p.Event, 10) + " " + p.Hash.String()), nil
}

// UnmarshalText reads what MarshalText wrote.
func (p *Checkpoint) UnmarshalText(text []byte) (err error) {
	event, hash, ok := strings.Cut(string(text), " ")
	p.Event, err = strconv.ParseUint(event, 10, 64)
	if err == nil && ok {
		p.Hash, err = sim.ParseHash(hash)
	}
	if err != nil || !ok {
		return fmt.Errorf("%q is not a checkpoint: an event number, a blank, and a hash of 16 hexadecimal digits", text)
	}
	return nil
}

const (
	maxCheckpoints  = 256 // evenly spaced over a run; at least half as many in a long one
	lastCheckpoints = 16  // and one at each of the last events
)

// checkpoints gathers those of a run whose length is not known beforehand.
type checkpoints struct {
	every uint64
	even  []Checkpoint
	last  []Checkpoint
}

// add is told the hash after every event.
func (c *checkpoints) add(p Checkpoint) {
	c.every = max(c.every, 1)
	if len(c.last) == 2*lastCheckpoints {
		c.last = c.last[:copy(c.last, c.last[lastCheckpoints:])]
	}
	c.last = append(c.last, p)
	if p.Event%c.every != 0 {
		return
	}
	if len(c.even) == maxCheckpoints {
		c.every *= 2
		c.even = slices.DeleteFunc(c.even, func(p Checkpoint) bool { return p.Event%c.every != 0 })
		if p.Event%c.every != 0 {
			return
		}
	}
	c.even = append(c.even, p)
}

func (c *checkpoints) all() []Checkpoint {
	last := c.last[max(0, len(c.last)-lastCheckpoints):]
	if len(last) == 0 {
		return nil
	}
	even := slices.DeleteFunc(slices.Clone(c.even), func(p Checkpoint) bool { return p.Event >= last[0].Event })
	return append(even, last...)
}

// Follower holds a run against the checkpoints of another as it goes.
type Follower struct {
	Matched uint64 // the last event up to which both runs are the same
	Differs uint64 // the first event after which they are known to differ; 0 for none
	rest    []Checkpoint
}

// Follow returns a follower of those checkpoints, which must be in order of their events.
func Follow(of []Checkpoint) *Follower { return &Follower{rest: of} }

// Event tells the hash after an event, of which none may be left out.
func (f *Follower) Event(event uint64, hash sim.Hash) {
	for len(f.rest) > 0 && f.rest[0].Event <= event {
		switch p := f.rest[0]; {
		case p.Event < event || f.Differs != 0:
		case p.Hash == hash:
			f.Matched = event
		default:
			f.Differs = event
		}
		f.rest = f.rest[1:]
	}
}
