package sim

import (
	"errors"
	"fmt"

	"simrun/node"
	"simrun/node/fact"
)

// The methods in this file are what the replica sees of its host: a node.Env.

// Self returns the replica's ID.
func (h *machine) Self() node.ID { return h.id }

// Now returns the reading of the host's own clock.
func (h *machine) Now() node.Local { return h.config.Clock.Read(h.kernel.now) }

// Rand draws from the replica's own stream.
func (h *machine) Rand() uint64 { return h.random.Uint64() }

// Send gives m to the network, or to the replica itself once the handler at hand is done.
func (h *Host[M]) Send(to node.ID, m M) {
	h.leaving = m
	h.depart(to)
}

// depart sends what is in leaving.
func (h *Host[M]) depart(to node.ID) {
	if to == h.id {
		h.toSelf(&h.leaving)
		return
	}
	if h.wary && !h.sends(&h.leaving) {
		return
	}
	h.network.Send(h.id, to, &h.leaving)
}

// toSelf delivers m once the handler at hand is done.
func (h *Host[M]) toSelf(m *M) {
	h.self.push(h.id, 0, m)
	h.due = true
}

// SendDurable holds m back until every disk operation issued so far is durable.
func (h *Host[M]) SendDurable(to node.ID, m M) {
	h.leaving = m
	h.departDurable(to)
}

// departDurable sends what is in leaving as soon as every disk operation issued so far is durable.
func (h *Host[M]) departDurable(to node.ID) {
	if h.disk.issued > h.noticed {
		h.waiting.push(to, h.disk.issued, &h.leaving)
		return
	}
	h.depart(to)
}

// Reply gives r to the network.
func (h *machine) Reply(to node.Client, r node.Reply) {
	if h.dying {
		return
	}
	h.kernel.Fold(Answered, uint64(to)<<32^r.Seq<<8^uint64(r.Status))
	h.kernel.FoldBytes(Answered, r.Output)
	h.answers.Reply(h.id, to, r)
}

// Append adds b to the file.
func (h *machine) Append(file string, b []byte) {
	if h.wary && !h.writes(file) {
		return
	}
	h.kernel.FoldBytes(Appended, b)
	h.disk.append(file, b)
	h.wrote()
}

// Replace makes b the file's contents.
func (h *machine) Replace(file string, b []byte) {
	if h.wary && !h.writes(file) {
		return
	}
	h.kernel.FoldBytes(Replaced, b)
	h.disk.replace(file, b)
	h.wrote()
}

// Truncate cuts the file to size bytes.
func (h *machine) Truncate(file string, size int) {
	if h.wary && !h.writes(file) {
		return
	}
	h.kernel.Fold(Truncated, uint64(size))
	h.disk.truncate(file, size)
	h.wrote()
}

// wrote takes note that something is to be made durable: now, or when the group commit that is under way is complete.
func (h *machine) wrote() {
	if !h.syncing {
		h.due = true
	}
}

// Read returns a copy of the file, and an error if a part of it is unreadable. The copy lives until the end of the run: by then
// every replica, message and check that may hold a part of it is gone.
func (h *machine) Read(file string) ([]byte, error) {
	m := h.disk.open(file).last()
	b := h.read.Copy(m.bytes)
	if m.bad.to > 0 {
		h.counts.BadReads++
		return b, errUnreadable
	}
	return b, nil
}

var errUnreadable = errors.New("a sector cannot be read")

// Observe passes f on to the run's witness.
func (h *machine) Observe(f fact.Fact) {
	if !h.dying {
		h.stating = f
		h.witness.Observed(h.id, &h.stating)
	}
}

// Perturb asks the run's witness, where the unusual path is taken at all.
func (h *machine) Perturb(point uint16) bool {
	return h.config.Perturbs && h.witness.Perturb(h.id, point)
}

// Logf puts a line into the trace.
func (h *machine) Logf(format string, args ...uint64) {
	if !h.kernel.Tracing() || h.dying {
		return
	}
	words := make([]any, len(args))
	for i, a := range args {
		words[i] = a
	}
	h.kernel.Emit(Record{Kind: Logged, Who: h.id.Addr(), Text: fmt.Sprintf(format, words...)})
}

// String tells what a crash did, in words.
func (l loss) String() string {
	if l.lost == 0 && l.torn == 0 && l.holed == 0 {
		return "nothing on disk lost"
	}
	writes := "writes"
	if l.lost == 1 {
		writes = "write"
	}
	return fmt.Sprintf("%d unsynced %s lost, %d torn, %d with a hole", l.lost, writes, l.torn, l.holed)
}
