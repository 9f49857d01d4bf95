package checker

import (
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/node/fact"
)

// step is something that a watch of five replicas, with quorums of three, is told.
type step func(w *Watch)

func ballot(round, id uint64) uint64 { return round<<16 | id }

func promise(n uint16, b uint64) step {
	return func(w *Watch) { w.Durable(n, &fact.Fact{Kind: fact.Promised, Ballot: b}) }
}

func votes(slot, b uint64, value string, ns ...uint16) step {
	return func(w *Watch) {
		for _, n := range ns {
			f := voteFor(slot, b, value)
			w.Durable(n, &f)
		}
	}
}

func voteFor(slot, b uint64, value string) fact.Fact {
	return fact.Fact{Kind: fact.Voted, Slot: slot, Ballot: b, Value: fact.Digest([]byte(value)), Bytes: []byte(value)}
}

// states tells what a message states, unless it is plain that it is durable.
func states(n uint16, f fact.Fact) step {
	return func(w *Watch) {
		if !w.Covered(n, &f) {
			w.Stated(n, &f)
		}
	}
}

func observes(n uint16, f fact.Fact) step { return func(w *Watch) { w.Observed(n, &f) } }

func learns(n uint16, slot uint64, value string) step {
	return observes(n, fact.Fact{Kind: fact.Learned, Slot: slot, Value: fact.Digest([]byte(value))})
}

func applies(n uint16, slot uint64, value string, state uint64) step {
	return observes(n, fact.Fact{Kind: fact.Applied, Slot: slot, Value: fact.Digest([]byte(value)), State: [2]uint64{state}})
}

func executes(n uint16, slot uint64, client uint32, seq uint64) step {
	return observes(n, fact.Fact{Kind: fact.Executed, Slot: slot, Client: client, Seq: seq})
}

func snapshot(n uint16, slot uint64) step {
	return func(w *Watch) { w.Durable(n, &fact.Fact{Kind: fact.Snapshot, Slot: slot}) }
}

func restores(n uint16, slot, state uint64) step {
	return observes(n, fact.Fact{Kind: fact.Snapshot, Slot: slot, State: [2]uint64{state}})
}

// longAgo has all slots up to this one chosen and forgotten.
func longAgo(slot uint64) step { return func(w *Watch) { w.base, w.last = slot, slot } }

func boots(n uint16) step { return func(w *Watch) { w.Booted(n) } }

func begins(n uint16, b uint64) step { return states(n, fact.Fact{Kind: fact.Began, Ballot: b}) }

func proposes(n uint16, slot, b uint64, value string) step {
	return states(n, fact.Fact{Kind: fact.Proposed, Slot: slot, Ballot: b, Value: fact.Digest([]byte(value))})
}

// learnsIn learns from votes in a ballot.
func learnsIn(n uint16, slot, b uint64, value string) step {
	return observes(n, fact.Fact{Kind: fact.Learned, Slot: slot, Ballot: b, Value: fact.Digest([]byte(value))})
}

// reloads tells a replica's disk anew.
func reloads(n uint16, facts ...step) step { return reloadsBut(n, Rest{}, facts...) }

// reloadsBut tells a part of a replica's disk anew.
func reloadsBut(n uint16, rest Rest, facts ...step) step {
	return func(w *Watch) {
		w.ReloadBut(n, rest)
		for _, f := range facts {
			f(w)
		}
		w.Reloaded(n)
	}
}

// damages tells what is left on a replica's disk after a fault.
func damages(n uint16, facts ...step) step {
	return func(w *Watch) {
		w.Damaged(n)
		for _, f := range facts {
			f(w)
		}
		w.Reloaded(n)
	}
}

func retires(n uint16) step { return func(w *Watch) { w.Retire(n) } }

func answered(seq, result uint64) step { return func(w *Watch) { w.Answered(1, seq, result) } }

func holds(h Holding) step { return func(w *Watch) { w.Holds(1, h) } }

func replied(slot uint64) step { return func(w *Watch) { w.Replied(1, 1, slot) } }

// Every invariant fires on what breaks it, and on nothing that comes near.
func TestInvariants(t *testing.T) {
	b1, b2, b3 := ballot(1, 1), ballot(2, 2), ballot(3, 3)
	for _, c := range []struct {
		name  string
		fires string // check and shape, none for a legal run
		steps []step
	}{
		{"one value chosen twice", "", []step{votes(1, b1, "a", 1, 2, 3), votes(1, b2, "a", 3, 4, 5)}},
		{"a minority's votes for another value", "", []step{votes(1, b1, "b", 1, 2), votes(1, b2, "a", 3, 4, 5)}},
		{"votes in several ballots make no quorum", "", []step{votes(1, b1, "a", 1), votes(1, b2, "a", 2), votes(1, b3, "a", 3), votes(1, ballot(4, 4), "b", 3, 4, 5)}},
		{"one replica's votes count once", "", []step{votes(1, b1, "a", 1, 1, 1, 2), votes(1, b2, "b", 3, 4, 5)}},
		{"two values chosen", "agreement: two values chosen", []step{votes(1, b1, "a", 1, 2, 3), votes(1, b2, "b", 3, 4, 5)}},
		{"two values chosen by overlapping voters", "agreement: two values chosen", []step{votes(1, b1, "a", 1, 2, 3), votes(1, b2, "b", 1, 2, 3)}},
		{"different slots", "", []step{votes(1, b1, "a", 1, 2, 3), votes(2, b1, "b", 1, 2, 3)}},

		{"two values in one ballot", "ballot: two values in one ballot", []step{votes(1, b1, "a", 1), votes(1, b1, "b", 2)}},

		{"a vote at the promise", "", []step{promise(1, b2), votes(1, b2, "a", 1)}},
		{"a vote below the promise", "promise: vote below a promise", []step{promise(1, b2), votes(1, b1, "a", 1)}},
		{"a vote promises", "promise: vote below a promise", []step{votes(1, b2, "a", 1), votes(2, b1, "a", 1)}},
		{"another's promise does not bind", "", []step{promise(2, b2), votes(1, b1, "a", 1)}},

		{"a disk with all it had", "", []step{promise(1, b2), votes(1, b2, "a", 1), reloads(1, promise(1, b2), votes(1, b2, "a", 1))}},
		{"a disk with a higher promise", "", []step{promise(1, b2), reloads(1, promise(1, b3))}},
		{"a disk with a lower promise", "promise: durable promise fell", []step{promise(1, b2), reloads(1, promise(1, b1))}},
		{"a disk without the promise", "promise: durable promise fell", []step{promise(1, b2), reloads(1)}},
		{"a disk without a vote", "kept: durable vote forgotten", []step{votes(1, b2, "a", 1), reloads(1, promise(1, b2))}},
		{"a disk with an older vote", "kept: durable vote forgotten", []step{votes(1, b1, "a", 1), votes(1, b2, "a", 1), reloads(1, promise(1, b2), votes(1, b1, "a", 1))}},
		{"a disk with only the newer vote", "", []step{votes(1, b1, "a", 1), votes(1, b2, "a", 1), reloads(1, votes(1, b2, "a", 1))}},
		{"a disk without a vote below its snapshot", "", []step{votes(1, b1, "a", 1, 2, 3), reloads(1, promise(1, b1), snapshot(1, 1))}},
		{"a disk without a vote above its snapshot", "kept: durable vote forgotten", []step{votes(1, b1, "a", 1, 2, 3), votes(2, b1, "b", 1), reloads(1, promise(1, b1), snapshot(1, 1))}},
		{"a disk with its votes in another order", "", []step{
			votes(1, b1, "a", 1), votes(2, b1, "b", 1), votes(1, b2, "a", 1), votes(2, b2, "b", 1),
			reloads(1, votes(2, b2, "b", 1), votes(1, b2, "a", 1), votes(1, b1, "a", 1), votes(2, b1, "b", 1)),
		}},
		{"a disk with its votes in another order and without one", "kept: durable vote forgotten", []step{
			votes(1, b1, "a", 1), votes(2, b1, "b", 1), votes(3, b1, "c", 1), reloads(1, votes(3, b1, "c", 1), votes(1, b1, "a", 1)),
		}},
		{"a file with a lower promise than another", "", []step{promise(1, b2), reloadsBut(1, Rest{Promised: b2, AllVotes: true}, promise(1, b1))}},
		{"a file with a lower promise than there was", "promise: durable promise fell", []step{promise(1, b3), reloadsBut(1, Rest{Promised: b1, AllVotes: true}, promise(1, b2))}},
		{"a file beside one with votes", "", []step{votes(1, b1, "a", 1), reloadsBut(1, Rest{Promised: b1, AllVotes: true})}},
		{"a file without its vote", "kept: durable vote forgotten", []step{votes(1, b1, "a", 1), reloadsBut(1, Rest{Promised: b1})}},
		{"a file that has a vote since", "agreement: two values chosen", []step{votes(1, b1, "a", 1, 2), reloadsBut(3, Rest{AllVotes: true}, votes(1, b1, "a", 3)), votes(1, b2, "b", 3, 4, 5)}},
		{"what survived a crash counts", "agreement: two values chosen", []step{votes(1, b1, "a", 1, 2), reloads(3, votes(1, b1, "a", 3)), votes(1, b2, "b", 3, 4, 5)}},

		{"a fault takes a vote", "", []step{votes(1, b1, "a", 1), damages(1, promise(1, b1))}},
		{"a fault takes all", "", []step{promise(1, b2), votes(1, b2, "a", 1), damages(1)}},
		{"what a fault took stays away", "", []step{promise(1, b2), votes(1, b2, "a", 1), damages(1), reloads(1)}},
		{"a fault takes a vote, and the replica forgets a later one", "kept: durable vote forgotten", []step{votes(1, b1, "a", 1), damages(1, promise(1, b1)), votes(1, b2, "a", 1), reloads(1, promise(1, b2))}},
		{"a fault takes a vote, and the replica forgets another", "kept: durable vote forgotten", []step{votes(1, b1, "a", 1), damages(1, promise(1, b1)), votes(2, b1, "b", 1), reloads(1, promise(1, b1))}},
		{"a fault takes a promise, and the replica forgets a later one", "promise: durable promise fell", []step{promise(1, b2), damages(1), promise(1, b3), reloads(1, promise(1, b2))}},
		{"a promise that a fault took is stated", "stated: promise not durable", []step{promise(1, b2), damages(1, promise(1, b1)), states(1, fact.Fact{Kind: fact.Promised, Ballot: b2})}},
		{"a vote that a fault took still chose", "agreement: two values chosen", []step{votes(1, b1, "a", 1, 2, 3), damages(1), votes(1, b2, "b", 1, 4, 5)}},
		{"a replica takes part after a loss", "damage: takes part after losing promises or votes", []step{promise(1, b1), votes(1, b1, "a", 1), damages(1, promise(1, b1)), retires(1), states(1, fact.Fact{Kind: fact.Promised, Ballot: b1})}},
		{"a replica takes part after losing its promise", "damage: takes part after losing promises or votes", []step{promise(1, b2), damages(1, promise(1, b1)), retires(1), states(1, fact.Fact{Kind: fact.Promised, Ballot: b1})}},
		{"a replica takes part after a repair", "", []step{votes(1, b1, "a", 1), damages(1), promise(1, b2), states(1, fact.Fact{Kind: fact.Promised, Ballot: b2})}},
		{"a replica takes part after a fault that took nothing", "", []step{votes(1, b1, "a", 1), damages(1, votes(1, b1, "a", 1)), retires(1), states(1, fact.Fact{Kind: fact.Promised, Ballot: b1})}},
		{"a later reading is no loss", "", []step{votes(1, b1, "a", 1), damages(1, votes(1, b1, "a", 1)), reloads(1, promise(1, b1)), retires(1), states(1, fact.Fact{Kind: fact.Promised, Ballot: b1})}},
		{"another's loss excuses nobody", "kept: durable vote forgotten", []step{votes(1, b1, "a", 1, 2), damages(1), reloads(2, promise(2, b1))}},

		{"a promise on disk is stated", "", []step{promise(1, b2), states(1, fact.Fact{Kind: fact.Promised, Ballot: b2}), states(1, fact.Fact{Kind: fact.Promised, Ballot: b1})}},
		{"a promise not on disk is stated", "stated: promise not durable", []step{promise(1, b1), states(1, fact.Fact{Kind: fact.Promised, Ballot: b2})}},
		{"another's promise is stated", "stated: promise not durable", []step{promise(2, b2), states(1, fact.Fact{Kind: fact.Promised, Ballot: b2})}},
		{"a vote on disk is stated", "", []step{votes(1, b1, "a", 1), states(1, voteFor(1, b1, "a"))}},
		{"a vote not on disk is stated", "stated: vote not durable", []step{votes(1, b1, "a", 2), states(1, voteFor(1, b1, "a"))}},
		{"a vote of another ballot is stated", "stated: vote not durable", []step{votes(1, b1, "a", 1), states(1, voteFor(1, b2, "a"))}},
		{"a vote is misreported", "stated: vote misreported", []step{votes(1, b1, "a", 1), states(1, voteFor(1, b1, "b"))}},
		{"a vote below the snapshot is stated", "", []step{votes(1, b1, "a", 1, 2, 3), snapshot(4, 1), states(4, voteFor(1, b1, "a"))}},

		{"the chosen value is learned", "", []step{votes(1, b1, "a", 1, 2, 3), learns(5, 1, "a")}},
		{"a value is learned too early", "learned: value not chosen", []step{votes(1, b1, "a", 1, 2), learns(5, 1, "a")}},
		{"another value is learned", "learned: another value was chosen", []step{votes(1, b1, "a", 1, 2, 3), learns(5, 1, "b")}},

		{"a value is learned from the votes that chose it", "", []step{votes(1, b1, "a", 1, 2, 3), learnsIn(5, 1, b1, "a")}},
		{"a value is learned from votes that chose it again", "", []step{votes(1, b1, "a", 1, 2, 3), votes(1, b2, "a", 3, 4, 5), learnsIn(5, 1, b2, "a")}},
		{"a value is learned from too few votes", "learned: ballot without a quorum of votes", []step{votes(1, b1, "a", 1, 2, 3), votes(1, b2, "a", 4, 5), learnsIn(5, 1, b2, "a")}},
		{"a value is learned from a ballot without votes", "learned: ballot without a quorum of votes", []step{votes(1, b1, "a", 1, 2, 3), learnsIn(5, 1, b2, "a")}},

		{"a promise with an older vote", "", []step{promise(1, b2), states(1, fact.Fact{Kind: fact.Promised, Ballot: b2, Seq: b1})}},
		{"a promise given again after a vote", "", []step{promise(1, b2), states(1, fact.Fact{Kind: fact.Promised, Ballot: b2, Seq: b2})}},
		{"a promise below a vote", "stated: promise below a vote", []step{promise(1, b2), states(1, fact.Fact{Kind: fact.Promised, Ballot: b1, Seq: b2})}},

		{"a ballot begun by a request that comes again", "", []step{begins(1, b1), begins(1, b2), begins(1, b2), begins(1, b1)}},
		{"a higher ballot after a restart", "", []step{begins(1, b1), boots(1), begins(1, b2), boots(1), begins(1, b3)}},
		{"a ballot begun again after a restart", "ballot: ballot begun again after a restart", []step{begins(1, b2), boots(1), begins(1, b2)}},
		{"a lower ballot after two restarts", "ballot: ballot begun again after a restart", []step{begins(1, b2), boots(1), boots(1), begins(1, b1)}},
		{"another's ballot and restart", "", []step{begins(1, b2), boots(2), begins(2, b2), boots(3), begins(1, b2)}},
		{"a ballot begun again after a fault took the promise", "", []step{begins(1, b2), damages(1), boots(1), begins(1, b2)}},

		{"a value proposed twice", "", []step{proposes(1, 1, b1, "a"), proposes(1, 1, b1, "a"), votes(1, b1, "a", 1, 2, 3), proposes(1, 1, b1, "a")}},
		{"two values proposed in two ballots and slots", "", []step{proposes(1, 1, b1, "a"), proposes(1, 2, b1, "b"), proposes(2, 1, b2, "b")}},
		{"two values proposed in one ballot", "ballot: two values proposed in one ballot", []step{proposes(1, 1, b1, "a"), proposes(1, 1, b1, "b")}},
		{"another value proposed than voted for", "ballot: two values in one ballot", []step{votes(1, b1, "a", 1), proposes(1, 1, b1, "b")}},

		{"equal states", "", []step{votes(1, b1, "a", 1, 2, 3), applies(1, 1, "a", 7), applies(2, 1, "a", 7)}},
		{"states differ", "applied: states differ", []step{votes(1, b1, "a", 1, 2, 3), applies(1, 1, "a", 7), applies(2, 1, "a", 8)}},
		{"applied too early", "applied: value not chosen", []step{votes(1, b1, "a", 1, 2), applies(1, 1, "a", 7)}},
		{"another value applied", "applied: another value was chosen", []step{votes(1, b1, "a", 1, 2, 3), applies(1, 1, "b", 7)}},
		{"a slot left out", "applied: slot left out", []step{votes(1, b1, "a", 1, 2, 3), votes(2, b1, "b", 1, 2, 3), votes(3, b1, "c", 1, 2, 3), applies(1, 1, "a", 7), applies(1, 3, "c", 9)}},
		{"a slot applied twice", "applied: slot applied again", []step{votes(1, b1, "a", 1, 2, 3), applies(1, 1, "a", 7), applies(1, 1, "a", 7)}},
		{"a slot applied again after a boot", "", []step{votes(1, b1, "a", 1, 2, 3), applies(1, 1, "a", 7), boots(1), applies(1, 1, "a", 7)}},
		{"on from a snapshot", "", []step{votes(1, b1, "a", 1, 2, 3), votes(2, b1, "b", 1, 2, 3), applies(1, 1, "a", 7), restores(2, 1, 7), applies(2, 2, "b", 8)}},
		{"a snapshot with another state", "applied: states differ", []step{votes(1, b1, "a", 1, 2, 3), applies(1, 1, "a", 7), restores(2, 1, 8)}},
		{"back to a snapshot", "applied: went back to a snapshot", []step{votes(1, b1, "a", 1, 2, 3), votes(2, b1, "b", 1, 2, 3), applies(1, 1, "a", 7), applies(1, 2, "b", 8), restores(1, 1, 7)}},
		{"a snapshot of what is not chosen", "applied: snapshot not chosen", []step{restores(1, 1, 7)}},
		{"a durable snapshot of what is not chosen", "bounds: snapshot beyond what is chosen", []step{snapshot(1, 1)}},
		{"an absurd slot", "bounds: absurd slot", []step{learns(1, 1<<60, "a")}},
		{"a slot far beyond what is chosen", "bounds: absurd slot", []step{votes(maxAhead+1, b1, "a", 1)}},
		{"far into a log", "", []step{longAgo(1 << 40), votes(1<<40+1000, b1, "a", 1)}},
		{"farther than that", "bounds: absurd slot", []step{longAgo(1 << 40), votes(1<<40+maxAhead+1, b1, "a", 1)}},

		{"a command at one slot on all replicas", "", []step{executes(1, 4, 1, 1), executes(2, 4, 1, 1)}},
		{"a command at two slots", "once: command executed twice", []step{executes(1, 4, 1, 1), executes(2, 5, 1, 1)}},
		{"a command that nobody submitted is executed", "validity: command nobody submitted", []step{executes(1, 4, 9, 1)}},

		{"one result, told twice", "", []step{answered(1, 7), answered(2, 8), answered(1, 7)}},
		{"two results of one command", "once: two results of one command", []step{answered(1, 7), answered(2, 8), answered(1, 8)}},
		{"a result of what was never submitted", "", []step{answered(99, 7), answered(0, 7)}},

		{"holding no more than is chosen", "", []step{votes(1, b1, "a", 1, 2, 3), votes(2, b1, "b", 1, 2, 3), holds(Holding{0, 1, 1, 2, 8, 2})}},
		{"a log that begins behind the snapshot", "bounds: log begins behind the snapshot", []step{votes(1, b1, "a", 1, 2, 3), holds(Holding{1, 0, 1, 1, 0, 0})}},
		{"a snapshot beyond what is applied", "bounds: snapshot beyond what is applied", []step{votes(1, b1, "a", 1, 2, 3), holds(Holding{0, 1, 0, 1, 0, 0})}},
		{"applied beyond what is known", "bounds: applied beyond what is known", []step{votes(1, b1, "a", 1, 2, 3), holds(Holding{0, 0, 1, 0, 0, 0})}},
		{"known beyond what is chosen", "bounds: known beyond what is chosen", []step{votes(1, b1, "a", 1, 2, 3), holds(Holding{0, 0, 1, 2, 0, 0})}},
		{"a log too long", "bounds: log too long", []step{holds(Holding{Log: 9})}},
		{"too many sessions", "bounds: too many sessions", []step{holds(Holding{Sessions: 3})}},

		{"a value nobody submitted", "validity: value nobody submitted", []step{votes(1, b1, "made up", 1, 2, 3)}},
		{"a value nobody submitted is not chosen", "", []step{votes(1, b1, "made up", 1, 2)}},
		{"a no-op", "", []step{votes(1, b1, "", 1, 2, 3)}},

		{"acknowledged when chosen", "", []step{votes(1, b1, "a", 1, 2, 3), replied(1)}},
		{"acknowledged too early", "durable: acknowledged before it was chosen", []step{votes(1, b1, "a", 1, 2), replied(1)}},
		{"acknowledged at a slot that nobody knows", "durable: acknowledged before it was chosen", []step{replied(77)}},
		{"acknowledged without a slot", "", []step{replied(0)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var w Watch
			for range 2 { // the second time in used memory
				w.Reset(WatchConfig{Nodes: 5, Phase2: 3, MaxLog: 8, MaxSessions: 2}) // votes are safe whoever promised: see TestVotesSafe
				for i, value := range []string{"a", "b", "c"} {
					w.Submitted(1, uint64(i+1), fact.Digest([]byte(value)))
				}
				for i, s := range c.steps {
					if c.fires != "" && i < len(c.steps)-1 {
						require.Nil(t, w.Violation(), "before step %d", i)
					}
					s(&w)
				}
				if c.fires == "" {
					require.Nil(t, w.Violation())
					continue
				}
				require.NotNil(t, w.Violation())
				require.Equal(t, c.fires, w.Violation().Verdict().Fingerprint)
				require.NotEmpty(t, w.Violation().Detail)
			}
		})
	}
}

// With a batch of commands in a value, each must have been submitted, and as it is.
func TestValidityOfBatches(t *testing.T) {
	// A value is a string of commands of one byte, all of client 1, numbered by their place.
	split := func(value []byte, each func(uint32, uint64, []byte)) {
		for i := range value {
			each(1, uint64(i+1), value[i:i+1])
		}
	}
	for value, legal := range map[string]bool{"": true, "x": true, "xy": true, "xz": false, "xyz": false} {
		var w Watch
		w.Reset(WatchConfig{Nodes: 3, Phase2: 2, Commands: split})
		w.Submitted(1, 1, fact.Digest([]byte("x")))
		w.Submitted(1, 2, fact.Digest([]byte("y")))
		votes(1, ballot(1, 1), value, 1, 2)(&w)
		require.Equal(t, legal, w.Violation() == nil, "%q", value)
	}
}

// Slots that are in every snapshot are forgotten, and what is said of them later raises no alarm; what is not in every
// snapshot is remembered.
func TestSettle(t *testing.T) {
	var w Watch
	w.Reset(WatchConfig{Nodes: 3, Phase2: 2})
	w.Submitted(1, 1, fact.Digest([]byte("a")))
	b := ballot(1, 1)
	for s := uint64(1); s <= 50_000; s++ {
		votes(s, b, "a", 1, 2)(&w)
		if s%500 == 0 {
			for n := uint16(1); n <= 3; n++ {
				snapshot(n, s)(&w)
			}
		}
	}
	require.Nil(t, w.Violation())
	require.Less(t, len(w.slots), 5000)
	require.Equal(t, uint64(50_000), w.Chosen())

	states(3, voteFor(10, b, "z"))(&w)
	learns(3, 10, "z")(&w)
	replied(10)(&w)
	votes(10, ballot(1, 1), "z", 3)(&w)
	require.Nil(t, w.Violation())

	learns(3, 49_900, "b")(&w)
	require.Equal(t, "learned: another value was chosen", w.Violation().Verdict().Fingerprint)
}

func TestConverged(t *testing.T) {
	var w Watch
	w.Reset(WatchConfig{Nodes: 2, Phase2: 2})
	w.Submitted(1, 1, fact.Digest([]byte("a")))
	require.True(t, w.Converged(), "nothing happened anywhere")
	votes(1, ballot(1, 1), "a", 1, 2)(&w)
	require.False(t, w.Converged(), "nobody has applied what is chosen")
	applies(1, 1, "a", 7)(&w)
	require.False(t, w.Converged())
	applies(2, 1, "a", 7)(&w)
	require.True(t, w.Converged())
	boots(2)(&w)
	require.False(t, w.Converged())
}

func TestWatchDoesNotAllocate(t *testing.T) {
	var w Watch
	w.Reset(WatchConfig{Nodes: 5, Phase2: 3})
	w.Submitted(1, 1, fact.Digest([]byte("a")))
	w.slot(10_000)
	s := uint64(0)
	f := voteFor(1, ballot(1, 1), "a")
	require.Zero(t, testing.AllocsPerRun(5000, func() {
		s++
		f.Slot = s
		for n := uint16(1); n <= 5; n++ {
			w.Durable(n, &f)
			w.Stated(n, &f)
		}
	}))
}

func BenchmarkDurable(b *testing.B) {
	var w Watch
	w.Reset(WatchConfig{Nodes: 5, Phase2: 3})
	w.Submitted(1, 1, fact.Digest([]byte("a")))
	f := voteFor(1, ballot(1, 1), "a")
	i := uint64(0)
	for b.Loop() {
		f.Slot = i/5 + 1
		n := uint16(i%5) + 1
		w.Durable(n, &f)
		if f.Slot%1000 == 0 {
			w.Durable(n, &fact.Fact{Kind: fact.Snapshot, Slot: f.Slot - 500})
		}
		i++
	}
	require.Nil(b, w.Violation())
}

// A replica that is lost for good does not keep the others from having come to the same.
func TestExcused(t *testing.T) {
	b := ballot(1, 1)
	var w Watch
	w.Reset(WatchConfig{Nodes: 3, Phase1: 2, Phase2: 2})
	w.Submitted(1, 1, fact.Digest([]byte("a")))
	for _, do := range []step{votes(1, b, "a", 1, 2), applies(2, 1, "a", 7)} {
		do(&w)
	}
	require.False(t, w.Converged())
	w.Excuse(1)
	require.False(t, w.Converged())
	w.Excuse(3)
	require.True(t, w.Converged())
	votes(2, b, "a", 1, 2)(&w)
	require.False(t, w.Converged(), "another slot is chosen")
	w.Reset(WatchConfig{Nodes: 3, Phase1: 2, Phase2: 2})
	applies(2, 0, "", 7)(&w)
	require.False(t, w.Converged(), "nobody is excused in the next run")
}
