package caspaxos

import (
	"slices"

	"simrun/node"
)

// cell is what an acceptor knows of one register. All of it but seen is on disk.
type cell struct {
	key      []byte
	promised node.Ballot // accepts nothing below this
	accepted node.Ballot // in which row was accepted; 0 if none was
	row      []byte      // encoded, immutable
	seen     node.Ballot // the highest ballot of the register that came by
}

// cells is all registers, found by their keys.
type cells struct {
	byKey map[string]*cell
	keys  []string // in order
}

// of returns the cell of a key, and makes an empty one if there is none. The key is immutable.
func (s *cells) of(key []byte) *cell {
	if c := s.byKey[string(key)]; c != nil {
		return c
	}
	if s.byKey == nil {
		s.byKey = make(map[string]*cell)
	}
	c := &cell{key: key}
	name := string(key)
	s.byKey[name] = c
	at, _ := slices.BinarySearch(s.keys, name)
	s.keys = slices.Insert(s.keys, at, name)
	return c
}

// onPrepare handles phase 1a. A promise is given again when asked again.
func (r *Replica) onPrepare(env node.Env[Message], from node.ID, c *cell, b node.Ballot) {
	if b < c.promised {
		r.reject(env, from, c, b)
		return
	}
	if b > c.promised {
		c.promised = b
		r.logPromise(env, c)
	}
	env.SendDurable(from, Message{Kind: Promise, Key: c.key, Ballot: b, Accepted: c.accepted, Row: c.row})
}

// onAccept handles phase 2a.
func (r *Replica) onAccept(env node.Env[Message], from node.ID, c *cell, b node.Ballot, row []byte) {
	if b < c.promised {
		r.reject(env, from, c, b)
		return
	}
	if b > c.accepted {
		c.promised, c.accepted, c.row = b, b, row
		r.logCell(env, c)
	}
	env.SendDurable(from, Message{Kind: Accepted, Key: c.key, Ballot: b})
}

// reject tells a proposer what it is up against. Even that waits for the disk: the promise it names must be kept.
func (r *Replica) reject(env node.Env[Message], from node.ID, c *cell, b node.Ballot) {
	env.SendDurable(from, Message{Kind: Reject, Key: c.key, Ballot: b, Promised: c.promised})
}
