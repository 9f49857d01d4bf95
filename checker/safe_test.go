package checker

import (
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/node/fact"
)

// fires runs the steps in a watch, and wants the last of them to fire, or none.
func fires(t *testing.T, w *Watch, want string, steps ...step) {
	t.Helper()
	for i, s := range steps {
		if want != "" && i == len(steps)-1 {
			require.Nil(t, w.Violation(), "before the last step")
		}
		s(w)
	}
	if want == "" {
		require.Nil(t, w.Violation())
		return
	}
	require.NotNil(t, w.Violation())
	require.Equal(t, want, w.Violation().Verdict().Fingerprint)
}

func promises(b uint64, ns ...uint16) step {
	return func(w *Watch) {
		for _, n := range ns {
			promise(n, b)(w)
		}
	}
}

// A vote is safe if for every ballot below a phase-1 quorum voted for the same value, or will never vote in it.
func TestVotesSafe(t *testing.T) {
	b1, b2, b3 := ballot(1, 1), ballot(2, 2), ballot(3, 3)
	for _, c := range []struct {
		name  string
		fires string
		steps []step
	}{
		{"after a quorum's promises", "", []step{promises(b1, 1, 2, 3), votes(1, b1, "a", 1)}},
		{"its own vote is its promise", "", []step{promises(b1, 2, 3), votes(1, b1, "a", 1)}},
		{"before a quorum's promises", "safe: vote without a quorum of promises", []step{promises(b1, 1, 2), votes(1, b1, "a", 1)}},
		{"for what was voted before", "", []step{
			promises(b1, 1, 2, 3), votes(1, b1, "a", 1), promises(b2, 1, 2, 3), votes(1, b2, "a", 2),
		}},
		{"for another value than a minority's, which the quorum did not include", "", []step{
			promises(b1, 1, 2, 3), votes(1, b1, "a", 1), promises(b2, 3, 4, 5), votes(1, b2, "b", 4),
		}},
		{"for another value than one that may be chosen", "safe: vote for another value than may be chosen", []step{
			promises(b1, 1, 2, 3), votes(1, b1, "a", 1, 2), promises(b2, 1, 2, 3), votes(1, b2, "b", 3),
		}},
		{"for the value of the lower of two ballots", "safe: vote for another value than may be chosen", []step{
			promises(b1, 1, 2, 3), votes(1, b1, "a", 1), promises(b2, 3, 4, 5), votes(1, b2, "b", 3, 4),
			promises(b3, 1, 3, 4), votes(1, b3, "a", 1),
		}},
		{"slots are apart", "", []step{
			promises(b1, 1, 2, 3), votes(1, b1, "a", 1, 2, 3), promises(b2, 1, 2, 3), votes(2, b2, "b", 3),
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var w Watch
			w.Reset(WatchConfig{Nodes: 5, Phase1: 3, Phase2: 3})
			for i, value := range []string{"a", "b", "c"} {
				w.Submitted(1, uint64(i+1), fact.Digest([]byte(value)))
			}
			fires(t, &w, c.fires, c.steps...)
		})
	}
}

// rule takes values that begin with 0xff for memberships, of the voters in the bytes behind the next one, which says what they come after. The byte 0xfe makes quorums that
// need not meet.
var rule = ChangeRule{
	Alpha: 3,
	Find: func(value []byte, emit func([]byte)) {
		if len(value) > 0 && value[0] == 0xff {
			emit(value)
		}
	},
	Decode: func(b []byte) (m Members, ok bool) {
		m.After = uint64(b[1])
		for _, n := range b[2:] {
			if n == 0xfe {
				m.Phase1, m.Phase2 = 1, len(m.Voters)-1
				return m, true
			}
			m.Voters = append(m.Voters, uint16(n))
		}
		m.Phase2 = len(m.Voters)/2 + 1
		return m, true
	},
}

func members(after byte, ns ...byte) string { return string(append([]byte{0xff, after}, ns...)) }

func idles(n uint16, applied uint64) step {
	return observes(n, fact.Fact{Kind: fact.Idle, Ballot: ballot(1, uint64(n)), Slot: applied})
}

func configured(n uint16, start uint64, value string) step {
	return observes(n, fact.Fact{Kind: fact.Configured, Slot: start, Value: fact.Digest([]byte(value))})
}

// Each slot is decided by the membership that governs it, and all replicas must believe in the same.
func TestMemberships(t *testing.T) {
	b := ballot(1, 1)
	four := members(0, 1, 2, 3, 4, 5, 6)
	for _, c := range []struct {
		name  string
		fires string
		steps []step
	}{
		{"a quorum of the old one", "", []step{votes(1, b, four, 1, 2), votes(2, b, "", 1, 2), learns(1, 2, "")}},
		{"the new one needs more", "learned: value not chosen", []step{
			votes(1, b, four, 1, 2), votes(3, b, "", 1, 2), votes(4, b, "", 1, 2, 3), learns(1, 4, ""),
		}},
		{"and gets it", "", []step{
			votes(1, b, four, 1, 2), votes(3, b, "", 1, 2), votes(4, b, "", 1, 2, 3, 6), learns(1, 4, ""),
		}},
		{"who is no voter does not count", "learned: value not chosen", []step{votes(1, b, "", 1, 6, 5), learns(1, 1, "")}},
		{"all know it", "", []step{votes(1, b, four, 1, 2), configured(3, 4, four)}},
		{"another", "configuration: another membership than was chosen", []step{votes(1, b, four, 1, 2), configured(3, 4, members(0, 1))}},
		{"at another slot", "configuration: another membership than was chosen", []step{votes(1, b, four, 1, 2), configured(3, 3, four)}},
		{"slots are chosen out of order", "", []step{votes(2, b, four, 1, 2), votes(1, b, "", 1, 2), configured(3, 5, four)}},
		{"a second change before the first is in force is refused", "configuration: another membership than was chosen", []step{
			votes(1, b, four, 1, 2), votes(2, b, members(0, 1), 1, 2), configured(3, 5, members(0, 1)),
		}},
		{"and is not afterwards", "", []step{
			votes(1, b, four, 1, 2), votes(2, b, members(0, 1), 1, 2), votes(3, b, members(4, 2), 1, 2), configured(3, 6, members(4, 2)),
		}},
		{"a change of another than the last is refused", "configuration: another membership than was chosen", []step{
			votes(1, b, four, 1, 2), votes(2, b, "", 1, 2), votes(3, b, members(0, 2), 1, 2), configured(3, 6, members(0, 2)),
		}},
		{"who is no voter any more finishes what it has begun", "", []step{votes(1, b, members(0, 2, 3), 1, 2), idles(1, 2)}},
		{"and leads no longer", "configuration: led by a former member", []step{votes(1, b, members(0, 2, 3), 1, 2), idles(1, 3)}},
		{"unlike the others", "", []step{votes(1, b, members(0, 2, 3), 1, 2), idles(2, 3)}},
		{"quorums that need not meet", "configuration: quorums need not meet", []step{votes(1, b, members(0, 1, 2, 3, 0xfe), 1, 2)}},
		{"a vote ahead of the window", "configuration: vote before its membership was chosen", []step{
			votes(4, b, "", 1), votes(1, b, four, 1, 2),
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var w Watch
			w.Reset(WatchConfig{
				Nodes: 6, Phase2: 2, Founders: Members{Voters: []uint16{1, 2, 3}}, Change: &rule,
				Commands: func([]byte, func(uint32, uint64, []byte)) {},
			})
			fires(t, &w, c.fires, c.steps...)
		})
	}
}

func leased(n uint16, b uint64, from, until int64) step {
	return func(w *Watch) {
		w.Leased(n, fact.Fact{Kind: fact.Leased, Ballot: b}, from, until)
	}
}

func leasedAt(n uint16, b, applied uint64) step {
	return func(w *Watch) {
		w.Leased(n, fact.Fact{Kind: fact.Leased, Ballot: b, Slot: applied}, 10, 20)
	}
}

// A grant binds who gave it until its clock says that it is over, and a lease is as good as the grants of a quorum.
func TestGrants(t *testing.T) {
	b1, b2 := ballot(1, 1), ballot(2, 2)
	now := int64(0)
	at := func(time int64, s step) step { return func(w *Watch) { now = time; s(w) } }
	grants := func(n uint16, b uint64, until int64) step {
		return func(w *Watch) { w.Granted(n, &fact.Fact{Kind: fact.Granted, Ballot: b, Seq: 1}, until) }
	}
	released := func(n uint16, b uint64) step {
		return func(w *Watch) { w.Granted(n, &fact.Fact{Kind: fact.Granted, Ballot: b}, now) }
	}
	told := func(n uint16, b uint64) step { return states(n, fact.Fact{Kind: fact.Granted, Ballot: b}) }
	for _, c := range []struct {
		name  string
		fires string
		steps []step
	}{
		{"another is promised in its time", "lease: promised another in its time", []step{grants(2, b1, 20), told(2, b1), at(19, promise(2, b2))}},
		{"after it", "", []step{grants(2, b1, 20), told(2, b1), at(20, promise(2, b2))}},
		{"its own ballot may be promised", "", []step{grants(2, b1, 20), told(2, b1), promise(2, b1)}},
		{"a vote is a promise", "lease: promised another in its time", []step{grants(2, b1, 20), told(2, b1), votes(1, b2, "", 2)}},
		{"a restart does not end it", "lease: promised another in its time", []step{grants(2, b1, 20), told(2, b1), boots(2), at(19, promise(2, b2))}},
		{"a lower ballot is nobody's harm", "", []step{grants(2, b2, 20), told(2, b2), promise(2, b1)}},
		{"unless nobody has heard of it", "", []step{grants(2, b1, 20), boots(2), promise(2, b2)}},
		{"nor has of its last extension", "", []step{grants(2, b1, 20), told(2, b1), grants(2, b1, 30), boots(2), at(20, promise(2, b2))}},
		{"what was heard of before counts", "lease: promised another in its time", []step{grants(2, b1, 20), told(2, b1), grants(2, b1, 30), boots(2), at(19, promise(2, b2))}},
		{"an extension counts too once it is told", "lease: promised another in its time", []step{grants(2, b1, 20), told(2, b1), grants(2, b1, 30), told(2, b1), boots(2), at(29, promise(2, b2))}},
		{"and without a restart before", "lease: promised another in its time", []step{grants(2, b1, 20), told(2, b1), grants(2, b1, 30), at(29, promise(2, b2))}},
		{"it is given back", "", []step{grants(2, b1, 20), told(2, b1), released(2, b1), promise(2, b2)}},
		{"by its holder only", "lease: promised another in its time", []step{grants(2, b2, 20), told(2, b2), released(2, b1), promise(2, ballot(3, 3))}},
		{"to a second leader in its time", "lease: granted to two", []step{grants(2, b2, 20), told(2, b2), grants(2, b1, 25)}},
		{"a quorum has granted it", "", []step{grants(1, b1, 20), grants(2, b1, 20), grants(3, b1, 19), grants(4, b1, 20), leased(1, b1, 0, 20)}},
		{"not for so long", "lease: relied on beyond its grants", []step{grants(1, b1, 20), grants(2, b1, 20), grants(3, b1, 19), leased(1, b1, 0, 20)}},
		{"to another", "lease: relied on beyond its grants", []step{grants(1, b1, 20), grants(2, b1, 20), grants(3, b2, 20), leased(1, b1, 0, 20)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			now = 0
			var w Watch
			w.Reset(WatchConfig{
				Nodes: 5, Phase2: 3, Now: func() int64 { return now },
				When:     func(_ uint16, reading int64) int64 { return max(reading, now) },
				Commands: func([]byte, func(uint32, uint64, []byte)) {},
			})
			fires(t, &w, c.fires, c.steps...)
		})
	}
}

// A vote counts in the ballot that it was cast in, once it is durable.
func TestCountedVotes(t *testing.T) {
	b1, b2 := ballot(1, 1), ballot(2, 1)
	counts := func(from uint64, b uint64) step {
		return observes(1, fact.Fact{Kind: fact.Counted, Slot: 1, Ballot: b, Seq: from})
	}
	for _, c := range []struct {
		name  string
		fires string
		steps []step
	}{
		{"cast", "", []step{votes(1, b1, "", 2), counts(2, b1)}},
		{"by another", "learned: a vote that was not cast", []step{votes(1, b1, "", 2), counts(3, b1)}},
		{"in an earlier ballot", "learned: a vote that was not cast", []step{votes(1, b1, "", 2), promise(1, b2), promise(3, b2), votes(1, b2, "", 1), counts(2, b2)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var w Watch
			w.Reset(WatchConfig{Nodes: 3, Phase2: 2, Commands: func([]byte, func(uint32, uint64, []byte)) {}})
			fires(t, &w, c.fires, c.steps...)
		})
	}
}

// A read is answered from a state that has in it all that was applied anywhere when it was asked for.
func TestReads(t *testing.T) {
	b := ballot(1, 1)
	asks := func(seq uint64) step { return func(w *Watch) { w.Submitted(1, seq, 7) } }
	served := func(n uint16, seq, slot uint64) step {
		return observes(n, fact.Fact{Kind: fact.Served, Client: 1, Seq: seq, Slot: slot})
	}
	applied := observes(2, fact.Fact{Kind: fact.Applied, Slot: 1, Value: fact.Digest(nil)})
	for _, c := range []struct {
		name  string
		fires string
		steps []step
	}{
		{"of the past", "read: from a state of the past", []step{votes(1, b, "", 1, 2), applied, asks(1), served(1, 1, 0)}},
		{"of now", "", []step{votes(1, b, "", 1, 2), applied, asks(1), served(1, 1, 1)}},
		{"what came while it was asked for need not be in it", "", []step{votes(1, b, "", 1, 2), asks(1), applied, served(1, 1, 0)}},
		{"nobody waits for the answer any more", "", []step{votes(1, b, "", 1, 2), asks(1), applied, asks(2), served(1, 1, 0)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var w Watch
			w.Reset(WatchConfig{Nodes: 3, Phase2: 2, Commands: func([]byte, func(uint32, uint64, []byte)) {}})
			fires(t, &w, c.fires, c.steps...)
		})
	}
}

func TestLeases(t *testing.T) {
	b1, b2 := ballot(1, 1), ballot(2, 2)
	now := int64(0)
	at := func(time int64, s step) step { return func(w *Watch) { now = time; s(w) } }
	for _, c := range []struct {
		name  string
		fires string
		steps []step
	}{
		{"one after the other", "", []step{leased(1, b1, 10, 20), leased(2, b2, 20, 30)}},
		{"the same goes on", "", []step{leased(1, b1, 10, 20), leased(1, b1, 15, 25)}},
		{"two at once", "lease: two at once", []step{leased(1, b1, 10, 20), leased(2, b2, 19, 30)}},
		{"given back", "", []step{leased(1, b1, 10, 20), func(w *Watch) { w.Released(b1) }, leased(2, b2, 15, 30)}},
		{"lost in a crash", "", []step{leased(1, b1, 10, 20), boots(1), leased(2, b2, 15, 30)}},
		{"broken", "lease: broken by a higher ballot", []step{leased(1, b1, 10, 20), at(19, votes(1, b2, "", 2, 3, 4))}},
		{"over", "", []step{leased(1, b1, 10, 20), at(20, votes(1, b2, "", 2, 3, 4))}},
		{"its own ballot goes on", "", []step{leased(1, b1, 10, 20), at(15, votes(1, b1, "", 2, 3, 4))}},
		{"too late", "lease: relied on after a higher ballot", []step{votes(1, b2, "", 2, 3, 4), leased(1, b1, 10, 20)}},
		{"what was chosen is applied", "", []step{votes(1, b2, "", 2, 3, 4), leasedAt(1, b1, 1)}},
		{"but not all of it", "lease: relied on after a higher ballot", []step{votes(2, b1, "", 2, 3, 4), votes(1, b2, "", 2, 3, 4), votes(3, b2, "", 2, 3, 4), leasedAt(1, b1, 2)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var w Watch
			now = 0
			w.Reset(WatchConfig{Nodes: 5, Phase2: 3, Now: func() int64 { return now }})
			fires(t, &w, c.fires, c.steps...)
		})
	}
}

// A crash leaves a vote on disk that nobody had heard of, and damage beside it has the whole disk read anew: the promise that is on it counts for the vote that
// is. A vote in a ballot that too few have promised is none the better for it.
func TestVoteSeenFirstAfterDamage(t *testing.T) {
	b := ballot(3, 1)
	for _, c := range []struct {
		wants string
		voted uint64
	}{{"", b}, {"safe: vote without a quorum of promises", ballot(4, 1)}} {
		w := new(Watch)
		w.Reset(WatchConfig{Nodes: 4, Phase1: 3, Phase2: 2})
		fires(t, w, c.wants, promises(b, 1, 2), damages(3, promise(3, c.voted), votes(1, c.voted, "a", 3)))
	}
}
