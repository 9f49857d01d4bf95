// Package node is the contract between a protocol and whatever runs it: the simulator, or a process with real files
// and sockets. A protocol package imports this package and its small helpers below it, and nothing of the simulator, so the code
// under test is the code that could be shipped.
//
// A protocol is a value that implements [Node] for a message type M, which in turn implements [Message]. Whoever runs
// it owns the loop, and calls one handler at a time:
//
//	n := paxos.New(...)
//	n.Start(env)
//	for {
//		select {
//		case p := <-packets:           // a decoded message from a peer
//			n.Receive(env, p.from, &p.m)
//		case q := <-requests:          // a client
//			n.Request(env, q.from, &q.r)
//		case t := <-timers:            // a timer that was set and not stopped
//			n.Timer(env, t)
//		}
//		// Sends to Self are delivered here, in order.
//		// If the handler wrote to its Disk: start one group commit; when it is durable, let go the
//		// messages that SendDurable held back for it. If it fails: stop. Never retry an fsync.
//	}
//
// In production env is some files and sockets; driver_test.go holds a complete one. In the simulator everything env
// offers is drawn from a seed. Three rules keep a protocol deterministic there: no goroutines, no clock or randomness
// but env's, and no iteration over a map whose order can be seen.
package node
