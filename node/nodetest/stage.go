// Package nodetest drives one replica by hand, for transcripts in a protocol's tests: the test plays the network, the clock and
// the disk, and reads what the replica did about each thing that happened to it.
//
//	s := nodetest.New[Message](1)
//	s.Boot(paxos.New(1, config))
//	s.Receive(2, Message{Kind: Prepare, Ballot: node.NewBallot(1, 2)})
//	s.Take() // "once durable, to n2: Promise 1.2"
//	s.Sync()
//	s.Take() // "to n2: Promise 1.2"
package nodetest

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"simrun/node"
	"simrun/node/fact"
)

// Stage is the node.Env of one replica. It has a disk that forgets at a crash what was not synced, timers that fire
// when the test says so, and no randomness: Rand answers Random.
type Stage[M any, PM node.Message[M]] struct {
	Random uint64     // what Rand answers
	Clock  node.Local // what Now answers
	Odd    bool       // what Perturb answers

	id      node.ID
	replica node.Node[M]
	durable map[string][]byte
	files   map[string][]byte // with what is not durable yet
	dirty   bool
	waiting []letter[M]
	self    []M
	armed   map[node.TimerID]node.Local
	out     strings.Builder
}

type letter[M any] struct {
	to node.ID
	m  M
}

// New returns a stage for the replica id, with an empty disk.
func New[M any, PM node.Message[M]](id node.ID) *Stage[M, PM] {
	return &Stage[M, PM]{id: id, durable: map[string][]byte{}, files: map[string][]byte{}, armed: map[node.TimerID]node.Local{}}
}

func (s *Stage[M, PM]) say(format string, args ...any) { fmt.Fprintf(&s.out, format+"\n", args...) }

// Take returns what the replica did since the last Take, a line each.
func (s *Stage[M, PM]) Take() string {
	defer s.out.Reset()
	return s.out.String()
}

// Boot crashes the replica that runs, if one does, and starts another on the same disk. What was not synced is lost.
func (s *Stage[M, PM]) Boot(replica node.Node[M]) {
	s.waiting, s.self, s.dirty = nil, nil, false
	clear(s.armed)
	clear(s.files)
	for name, b := range s.durable {
		s.files[name] = bytes.Clone(b)
	}
	s.replica = replica
	replica.Start(s)
	s.deliverSelf()
}

// Receive hands the replica a message.
func (s *Stage[M, PM]) Receive(from node.ID, m M) {
	s.replica.Receive(s, from, &m)
	s.deliverSelf()
}

// Request hands the replica a client's request.
func (s *Stage[M, PM]) Request(from node.Client, r node.Request) {
	s.replica.Request(s, from, &r)
	s.deliverSelf()
}

// Fire makes a timer fire. It says so if the timer was not armed.
func (s *Stage[M, PM]) Fire(t node.TimerID) {
	if _, armed := s.armed[t]; !armed {
		s.say("timer %d is not armed", t)
		return
	}
	delete(s.armed, t)
	s.replica.Timer(s, t)
	s.deliverSelf()
}

// Sync makes everything that was written so far durable, and lets go what waited for it.
func (s *Stage[M, PM]) Sync() {
	for name, b := range s.files {
		s.durable[name] = bytes.Clone(b)
	}
	s.dirty = false
	waiting := s.waiting
	s.waiting = nil
	for _, w := range waiting {
		s.Send(w.to, w.m)
	}
	s.deliverSelf()
}

// Armed returns when a timer will fire; false if it is not armed.
func (s *Stage[M, PM]) Armed(t node.TimerID) (at node.Local, armed bool) {
	at, armed = s.armed[t]
	return at, armed
}

// Durable returns what is durable of a file, for the test to look at or to damage.
func (s *Stage[M, PM]) Durable(file string) []byte { return s.durable[file] }

// SetDurable makes b what is durable of a file: a write that a crash kept or lost by itself, or damage.
func (s *Stage[M, PM]) SetDurable(file string, b []byte) { s.durable[file] = bytes.Clone(b) }

func (s *Stage[M, PM]) deliverSelf() {
	for len(s.self) > 0 {
		m := s.self[0]
		s.self = s.self[1:]
		s.replica.Receive(s, s.id, &m)
	}
}

// The rest is node.Env.

// Self returns the replica's ID.
func (s *Stage[M, PM]) Self() node.ID { return s.id }

// Now returns Clock.
func (s *Stage[M, PM]) Now() node.Local { return s.Clock }

// Rand returns Random.
func (s *Stage[M, PM]) Rand() uint64 { return s.Random }

// SetTimer arms a timer, which fires when the test says so.
func (s *Stage[M, PM]) SetTimer(t node.TimerID, after node.Local) { s.armed[t] = s.Clock + after }

// StopTimer disarms a timer.
func (s *Stage[M, PM]) StopTimer(t node.TimerID) { delete(s.armed, t) }

// Send writes down the message; to the replica itself it is delivered after the handler.
func (s *Stage[M, PM]) Send(to node.ID, m M) {
	if to == s.id {
		s.self = append(s.self, m)
		return
	}
	s.say("to %v: %s", to.Addr(), PM(&m).String())
}

// SendDurable writes down that the message waits for Sync, or sends it if nothing is to be synced.
func (s *Stage[M, PM]) SendDurable(to node.ID, m M) {
	if !s.dirty {
		s.Send(to, m)
		return
	}
	if to != s.id {
		s.say("once durable, to %v: %s", to.Addr(), PM(&m).String())
	}
	s.waiting = append(s.waiting, letter[M]{to, m})
}

// Reply writes down the reply.
func (s *Stage[M, PM]) Reply(to node.Client, r node.Reply) {
	switch r.Status {
	case node.OK:
		s.say("to %v: #%d %x", to.Addr(), r.Seq, r.Output)
	default:
		s.say("to %v: #%d %v", to.Addr(), r.Seq, r.Status)
	}
}

// Observe writes down what was learned.
func (s *Stage[M, PM]) Observe(f fact.Fact) {
	if f.Kind == fact.Learned {
		s.say("learns slot %d", f.Slot)
	}
}

// Perturb returns Odd.
func (s *Stage[M, PM]) Perturb(uint16) bool { return s.Odd }

// Logf writes down the line.
func (s *Stage[M, PM]) Logf(format string, args ...uint64) {
	words := make([]any, len(args))
	for i := range args {
		words[i] = args[i]
	}
	s.say(format, words...)
}

// Append adds to a file.
func (s *Stage[M, PM]) Append(file string, b []byte) {
	s.files[file], s.dirty = append(s.files[file], b...), true
}

// Replace sets a file's contents.
func (s *Stage[M, PM]) Replace(file string, b []byte) {
	s.files[file], s.dirty = bytes.Clone(b), true
}

// Truncate cuts a file.
func (s *Stage[M, PM]) Truncate(file string, size int) {
	if size < len(s.files[file]) {
		s.files[file], s.dirty = slices.Clone(s.files[file][:size]), true
	}
}

// Read returns a file's contents.
func (s *Stage[M, PM]) Read(file string) ([]byte, error) { return bytes.Clone(s.files[file]), nil }
