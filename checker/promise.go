package checker

import (
	"fmt"
	"slices"
)

// promised takes note of a durable promise.
func (w *Watch) promised(n uint16, ballot uint64) {
	if r := &w.nodes[n].reload; r.active {
		r.promised = max(r.promised, ballot)
		return
	}
	w.promisedAtLeast(n, ballot)
}

func (w *Watch) promisedAtLeast(n uint16, ballot uint64) {
	l := &w.nodes[n]
	if l.reload.active {
		l.reload.promised = max(l.reload.promised, ballot)
		return
	}
	if ballot > l.promised {
		w.turned(n, ballot)
		l.promised = ballot
	}
	w.highest = max(w.highest, ballot)
}

// reload gathers what a replica's disk states when it is read anew.
type reload struct {
	active   bool
	promised uint64
	votes    []vote
	mixed    bool // votes do not go up by slot and ballot
	kept     bool // no vote can be missing
}

type vote struct{ slot, ballot uint64 }

// tell adds a vote. Most logs have them in order.
func (r *reload) tell(v vote) {
	if n := len(r.votes); n > 0 && compareVotes(v, r.votes[n-1]) < 0 {
		r.mixed = true
	}
	r.votes = append(r.votes, v)
}

func compareVotes(a, b vote) int {
	if x := compare(a.slot, b.slot); x != 0 {
		return x
	}
	return compare(a.ballot, b.ballot)
}

// Reload announces that all durable facts of a replica will be told anew, by Durable, until Reloaded: its disk changed other than
// by an append.
func (w *Watch) Reload(n uint16) {
	w.ReloadBut(n, Rest{})
}

// Rest is what stands on a replica's disk where only a part of it changed.
type Rest struct {
	Promised uint64 // the highest promise outside of that part
	AllVotes bool   // all votes, and values known to be chosen, are outside of it, too
}

// ReloadBut is a Reload of the part of a replica's disk that changed. What the rest said still stands, and is not told again.
func (w *Watch) ReloadBut(n uint16, rest Rest) {
	r := &w.nodes[n].reload
	r.active, r.promised, r.votes, r.mixed, r.kept = true, rest.Promised, r.votes[:0], false, rest.AllVotes
}

// Reloaded holds what was told since Reload against what was durable before. The promise must not have fallen. For
// every slot above the snapshot, the vote in the highest ballot, which is the one that must be reported to a new leader,
// must still be there; in its place may be one in a higher ballot.
func (w *Watch) Reloaded(n uint16) {
	l := &w.nodes[n]
	r := &l.reload
	r.active = false
	if r.promised < l.promised {
		w.violate(n, 0, "promise", "durable promise fell", fmt.Sprintf(
			"n%d had promised %s durably, and has %s on disk now", n, name(l.promised), name(r.promised)))
		return
	}
	if l.damage.reading && r.promised < l.damage.ballot {
		l.damage.lost = true
	}
	w.promisedAtLeast(n, r.promised)
	if !r.kept {
		w.keeps(n)
	}
	l.damage.reading = false
}

// keeps holds the votes that were told since Reload against those that were durable before.
func (w *Watch) keeps(n uint16) {
	l := &w.nodes[n]
	r := &l.reload
	if r.mixed {
		slices.SortFunc(r.votes, compareVotes)
	}
	i := 0 // votes for slots up to s come before it
	for s := max(l.floor, w.base) + 1; s <= w.base+uint64(len(w.slots)); s++ {
		want := w.slot(s).lastVote(n)
		if want == 0 {
			continue
		}
		for i < len(r.votes) && r.votes[i].slot <= s {
			i++
		}
		if i == 0 || r.votes[i-1].slot != s || r.votes[i-1].ballot < want {
			if l.damage.forgives(s, want) {
				l.damage.lost = l.damage.lost || l.damage.reading
				continue
			}
			w.violate(n, s, "kept", "durable vote forgotten", fmt.Sprintf(
				"n%d had voted in ballot %s for slot %d durably, and its disk says so no more", n, name(want), s))
			return
		}
	}
}

// lastVote returns the highest ballot in which the replica voted for the slot; 0 if it did not.
func (s *slotLedger) lastVote(n uint16) (ballot uint64) {
	for i := range s.ballots {
		if v := s.vote(i); v.voters.has(n) {
			ballot = max(ballot, v.ballot)
		}
	}
	return ballot
}
