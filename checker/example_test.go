package checker_test

import (
	"fmt"

	"simrun/checker"
	"simrun/node/fact"
)

// One client writes 7 and another reads it; then the second reads again, and gets what was there before.
func ExampleChecker_Check() {
	var h checker.History
	write := h.Call(1, checker.Put, 0, 7, 0, 1) // by client 1, of the key 0, at event 1
	first := h.Call(2, checker.Get, 0, 0, 0, 2)
	h.Return(first, 3, checker.OK, 7)
	h.Return(write, 4, checker.Unknown, 0) // its client gave up: it may take effect at any time
	second := h.Call(2, checker.Get, 0, 0, 0, 5)
	h.Return(second, 6, checker.OK, 0)

	var c checker.Checker
	r := c.Check(&h, checker.KV, checker.Options{})
	fmt.Println(r.Verdict().Kind, "by", r.Method)
	fmt.Println(r.Reason)
	for i := range r.Witness {
		fmt.Println(r.Shown().Describe(&r.Witness[i]))
	}
	// Output:
	// violation by unique values
	// c2 get k0 = 0 [5,6] is stale: c2 get k0 = 7 [2,3] had returned before it was called, and saw 7, a later value
	// c1 put k0 7 (unknown) [1,...]
	// c2 get k0 = 7 [2,3]
	// c2 get k0 = 0 [5,6]
}

// A replica that has promised ballot 2.2, durably, votes in ballot 1.1.
func ExampleWatch() {
	var w checker.Watch
	w.Reset(checker.WatchConfig{Nodes: 3, Phase1: 2, Phase2: 2})
	w.Submitted(1, 1, fact.Digest([]byte("a")))
	w.Durable(1, &fact.Fact{Kind: fact.Promised, Ballot: 2<<16 | 2})
	w.Durable(1, &fact.Fact{Kind: fact.Voted, Slot: 1, Ballot: 1<<16 | 1, Value: fact.Digest([]byte("a")), Bytes: []byte("a")})
	fmt.Println(w.Violation().Verdict())
	// Output:
	// violation: promise: vote below a promise: n1 voted in ballot 1.1 for slot 1, having promised 2.2
}

// The fencing tokens of a lock must rise.
func ExampleLocks() {
	var l checker.Locks
	l.Granted(10, 0, 1, 33) // at slot 10, the lock 0, to client 1, with token 33
	l.Freed(11, 0, 33)
	l.Granted(12, 0, 2, 33)
	fmt.Println(l.Violation().Detail)
	// Output:
	// client 2 got lock 0 at slot 12 with token 33, and token 33 was granted before
}
