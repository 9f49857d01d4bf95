// Package paxoslog is a log in the plainest way: every slot is a single decree of package paxos, both phases included, and whoever has a
// command proposes it for the first slot that it does not know to be taken, and for the next one if that went to another. There is no leader. It is what
// Multi-Paxos improves upon ("Paxos Made Simple", section 3), here to be compared with, and to show that a log needs no more than single decrees.
//
// The log is never cut, and a slot has a file and timers of its own, so it is for thousands of slots and not for millions.
package paxoslog
