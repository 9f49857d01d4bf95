package cli

import "simrun/scenarios/mutants"

// checks are the checks that runs are judged by, as their violations are named, for the table that tells which of them finds what.
var checks = []mutants.Check{
	{Name: "agreement", Doc: "two values are chosen for a slot"},
	{Name: "ballot", Doc: "two values are voted for in one ballot"},
	{Name: "safe", Doc: "a vote contradicts what may be chosen already, or has no quorum of promises behind it"},
	{Name: "promise", Doc: "a durable promise falls, or a vote lies below one"},
	{Name: "kept", Doc: "a durable vote is gone"},
	{Name: "stated", Doc: "a message states a promise or vote that is not on the disk"},
	{Name: "learned", Doc: "a replica takes for chosen what is not"},
	{Name: "durable", Doc: "an operation is answered before it is chosen"},
	{Name: "applied", Doc: "slots are applied out of order, or replicas come to different states"},
	{Name: "once", Doc: "a command is executed twice, or has two results"},
	{Name: "validity", Doc: "what is chosen was submitted by nobody"},
	{Name: "configuration", Doc: "memberships whose quorums need not meet, or that come into force too soon"},
	{Name: "lease", Doc: "two leases at once, or one that a higher ballot breaks"},
	{Name: "damage", Doc: "a replica whose disk lost promises or votes takes part as if nothing had happened"},
	{Name: "bounds", Doc: "a replica keeps more than it may, or knows more than there is"},
	{Name: "log", Doc: "the order of the log is not one that explains what clients saw"},
	{Name: "linearizability", Doc: "no order explains what clients saw"},
	{Name: "lock", Doc: "a lock has two holders, or none of those who wrote"},
	{Name: "transaction", Doc: "a transaction across groups is half done"},
	{Name: "bank", Doc: "an account is overdrawn"},
	{Name: "inventory", Doc: "a piece is sold twice"},
	{Name: "room", Doc: "a room is booked twice"},
	{Name: "reply", Doc: "an answer cannot be read"},
	{Name: "panic", Doc: "a handler panics"},
	{Name: "livelock", Doc: "events without end in one instant"},
	{Name: "watchdog", Doc: "a handler does not return"},
	{Name: "liveness: no progress", Doc: "after everything is healed a client is not answered"},
	{Name: "liveness: no convergence", Doc: "after everything is healed replicas do not come to one state"},
	{Name: "liveness: no rest", Doc: "after everything is healed leaders or ballots do not come to rest"},
	{Name: "liveness: silence", Doc: "nothing is left to happen, and clients wait"},
	{Name: "checker", Doc: "two exact checkers of histories disagree", Guard: true},
	{Name: "byzantine", Doc: "one slot has two decisions by a liar", Guard: true},
}
