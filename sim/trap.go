package sim

// TrapOn says what springs a Trap.
type TrapOn uint8

// What may spring a trap.
const (
	OnWrite TrapOn = iota + 1 // an operation on a file is issued
	OnSync                    // operations on a file become durable
	OnSend                    // a message leaves for another replica
)

// Trap stops a host at a certain step of what it does, exactly before or after it.
type Trap struct {
	ID      int // of the fault that set it
	On      TrapOn
	File    string // the file, with OnWrite and OnSync
	Message uint8  // the kind of message, with OnSend
	Nth     uint64 // the first such step from now on springs it, the second, ...; from 1
	After   bool   // the step is still done
}

// SetTrap sets a trap.
func (h *machine) SetTrap(t Trap) {
	h.traps = append(h.traps, t)
	h.wary = true
}

// RemoveTraps takes all traps with that ID away.
func (h *machine) RemoveTraps(id int) {
	n := 0
	for _, t := range h.traps {
		if t.ID != id {
			h.traps[n] = t
			n++
		}
	}
	h.traps = h.traps[:n]
	h.wary = n > 0 || h.dying
}

// sprung tells whether a trap springs at this step. Whoever is told so makes the host die. It is asked before
// the step, and answers for both cases: before means that the step must not be done.
func (h *machine) sprung(on TrapOn, file string, message uint8) (spring, before bool) {
	for i := 0; i < len(h.traps); i++ {
		t := &h.traps[i]
		if t.On != on || on != OnSend && t.File != file || on == OnSend && t.Message != message {
			continue
		}
		if t.Nth--; t.Nth > 0 {
			continue
		}
		spring, before = true, before || !t.After
		h.traps = append(h.traps[:i], h.traps[i+1:]...)
		i--
	}
	if spring {
		h.counts.Trapped++
	}
	return spring, before
}

// writes tells whether an operation on the file is to be carried out. Nothing is once the host is dying.
func (h *machine) writes(file string) bool {
	if h.dying {
		return false
	}
	spring, before := h.sprung(OnWrite, file, 0)
	h.doom(spring)
	return !before
}

// doom makes the host stop after the handler at hand, if a trap has sprung.
func (h *machine) doom(sprung bool) {
	h.dying = sprung
	h.due = h.due || sprung
}

// sends tells the same of a message to another replica.
func (h *Host[M]) sends(m *M) bool {
	if h.dying {
		return false
	}
	spring, before := h.sprung(OnSend, "", h.siteOf(m))
	h.doom(spring)
	return !before
}

// commits tells the same of a group commit, whose files are those with an operation up to the number given.
func (h *machine) commits(upTo uint64) bool {
	spring, before := false, false
	for i := range h.disk.files {
		f := &h.disk.files[i]
		if len(f.pending) == 0 || f.pending[0].number > upTo {
			continue
		}
		s, b := h.sprung(OnSync, f.name, 0)
		spring, before = spring || s, before || b
	}
	h.doom(spring)
	return !before
}
