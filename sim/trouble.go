package sim

import (
	"fmt"
	"slices"

	"simrun/sim/stream"
)

// trouble is what is wrong with a host's disk at present.
type trouble struct {
	slower   int64 // a group commit takes this much longer
	stuck    bool  // no group commit comes to an end
	failing  bool  // every group commit fails
	full     bool  // every one that adds to a file fails
	hung     bool  // one would be done if the disk were not stuck
	hungUpTo uint64
}

// Counts are how often faults of machines had an effect. They prove that a fault struck, and did not only exist.
type Counts struct {
	Pauses      uint64 `json:"pauses"`      // processes that were stopped where they stood
	Held        uint64 `json:"held"`        // messages, timers and the like that came meanwhile
	Slowed      uint64 `json:"slowed"`      // that a slow host took its time with
	Overflowed  uint64 `json:"overflowed"`  // messages lost because too many waited
	Trapped     uint64 `json:"trapped"`     // crashes at a certain write, commit or send
	SlowSyncs   uint64 `json:"slowSyncs"`   // group commits that took longer
	HungSyncs   uint64 `json:"hungSyncs"`   // that hung until the disk was well again, or for ever
	FailedSyncs uint64 `json:"failedSyncs"` // that failed
	FullDisks   uint64 `json:"fullDisks"`   // that failed for lack of room
	Rotten      uint64 `json:"rotten"`      // files in which durable bits were flipped
	Unreadable  uint64 `json:"unreadable"`  // in which a sector became unreadable
	Misdirected uint64 `json:"misdirected"` // in which a sector was overwritten by one from elsewhere
	Wiped       uint64 `json:"wiped"`       // disks that were emptied
	BadReads    uint64 `json:"badReads"`    // reads that reported an unreadable sector
	ClockJumps  uint64 `json:"clockJumps"`  // of clocks, forward
	ClockRates  uint64 `json:"clockRates"`  // changes of a clock's rate
	Lost        uint64 `json:"lost"`        // writes that were not durable and did not survive a crash
	Torn        uint64 `json:"torn"`        // files of whose last surviving write a crash left a part
	Holed       uint64 `json:"holed"`       // files in which a crash left zeros in the place of what was written
}

// Add adds another host's counts.
func (c *Counts) Add(o Counts) {
	c.Pauses += o.Pauses
	c.Held += o.Held
	c.Slowed += o.Slowed
	c.Overflowed += o.Overflowed
	c.Trapped += o.Trapped
	c.SlowSyncs += o.SlowSyncs
	c.HungSyncs += o.HungSyncs
	c.FailedSyncs += o.FailedSyncs
	c.FullDisks += o.FullDisks
	c.Rotten += o.Rotten
	c.Unreadable += o.Unreadable
	c.Misdirected += o.Misdirected
	c.Wiped += o.Wiped
	c.BadReads += o.BadReads
	c.ClockJumps += o.ClockJumps
	c.ClockRates += o.ClockRates
	c.Lost += o.Lost
	c.Torn += o.Torn
	c.Holed += o.Holed
}

// Counts returns what faults did to the machine since Reset.
func (h *Host[M]) Counts() Counts { return h.counts }

// SlowDisk makes every group commit that begins from now on take longer, in nanoseconds.
func (h *Host[M]) SlowDisk(slower int64) { h.trouble.slower = slower }

// StickDisk makes the disk complete no group commit, or go on completing them.
func (h *Host[M]) StickDisk(stuck bool) {
	h.trouble.stuck = stuck
	if !stuck && h.trouble.hung {
		h.trouble.hung = false
		h.kernel.Schedule(h.kernel.now, SyncDone, h.id, 0, h.syncs, h.trouble.hungUpTo)
	}
}

// FailDisk makes every group commit fail, or succeed again. At the first that fails the host stops.
func (h *Host[M]) FailDisk(failing bool) { h.trouble.failing = failing }

// FillDisk makes every group commit that adds to a file fail, or succeed again. At the first that fails the host stops.
func (h *Host[M]) FillDisk(full bool) { h.trouble.full = full }

// troubled tells whether a group commit that would be complete now is not, and does what follows.
func (h *Host[M]) troubled(upTo uint64) bool {
	t := &h.trouble
	switch {
	case t.stuck:
		t.hung, t.hungUpTo = true, upTo
		h.counts.HungSyncs++
		return true
	case t.failing:
		h.counts.FailedSyncs++
	case t.full && h.disk.grows(upTo):
		h.counts.FullDisks++
	default:
		return false
	}
	if h.kernel.Tracing() {
		h.kernel.Emit(Record{Kind: FaultOn, Who: h.id.Addr(), Text: "a group commit failed"})
	}
	h.die()
	return true
}

// Damage is a way in which a disk loses what it had.
type Damage uint8

// The ways to lose what was durable. All but Wipe leave what the latest group commits appended to a file alone: damage there cannot be
// told from a write that was never made durable, so no protocol can survive it. A file that is only ever replaced has no such excuse. See file.settled.
const (
	Rot       Damage = iota + 1 // some bits of a file are flipped
	Sector                      // a sector of a file becomes unreadable
	Misdirect                   // a sector of a file is overwritten by one from elsewhere on the disk
	Wipe                        // all files are gone
)

// Keeps tells whether there is anything durable in files other than those named.
func (h *Host[M]) Keeps(besides []string) bool {
	for i := range h.disk.files {
		if f := &h.disk.files[i]; f.durable > 0 && !slices.Contains(besides, f.name) {
			return true
		}
	}
	return false
}

// Damage damages the disk of a host that is down. What exactly hangs on the key. It tells whether there was anything to
// damage, and in which file, if not in all.
func (h *Host[M]) Damage(d Damage, key uint64) (file string, struck bool) {
	if h.replica != nil {
		return "", false
	}
	s := stream.New(key, "damage", uint64(h.id))
	what := ""
	if d == Wipe {
		if len(h.disk.files) == 0 {
			return "", false
		}
		h.disk.wipe()
		h.counts.Wiped++
		what = "the disk is empty"
	} else {
		f := h.disk.anySettled(&s)
		if f == nil {
			return "", false
		}
		file = f.name
		at, n := 0, 0
		switch d {
		case Rot:
			at, n = f.rot(&s)
			h.counts.Rotten++
			what = "rotted"
		case Sector:
			at, n = f.loseSector(&s)
			h.counts.Unreadable++
			what = "are unreadable"
		case Misdirect:
			at, n = f.overwrite(&s, h.disk.anySettled(&s))
			what = "were overwritten by others"
		}
		if n == 0 {
			return "", false
		}
		if d == Misdirect {
			h.counts.Misdirected++
		}
		h.kernel.Fold(Damaged, uint64(at)<<32|uint64(n))
		what = fmt.Sprintf("%d bytes of %s %s, from byte %d on", n, f.name, what, at)
	}
	if h.kernel.Tracing() {
		h.kernel.Emit(Record{Kind: FaultOn, Who: h.id.Addr(), Text: what})
	}
	h.witness.Damaged(h.id, h.eachDurable)
	return file, true
}
