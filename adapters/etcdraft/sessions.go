package etcdraft

import (
	"bytes"
	"encoding/binary"
	"slices"

	"simrun/node/fact"
)

// session is what is remembered of a client, so that each of its commands is executed once and a retry gets the same answer.
type session struct {
	id     uint64 // index of the entry that opened it
	used   uint64 // index of the entry that it executed last
	seq    uint64 // of the last command; 0: none yet
	output []byte // its result
	share  uint64 // of the session in the digest of all
}

// sessions are all sessions, by id, and a digest of them. They are replicated state.
type sessions struct {
	list    []session
	digest  uint64
	scratch []byte
}

// find returns the session, or nil.
func (t *sessions) find(id uint64) *session {
	i, ok := slices.BinarySearchFunc(t.list, id, func(s session, id uint64) int { return compare(s.id, id) })
	if !ok {
		return nil
	}
	return &t.list[i]
}

// open adds a session with an id above all others. If there are limit of them, the one that was idle for longest goes.
func (t *sessions) open(id uint64, limit int) {
	for len(t.list) >= max(limit, 1) {
		oldest := 0
		for i := range t.list {
			if t.list[i].used < t.list[oldest].used {
				oldest = i
			}
		}
		t.digest -= t.list[oldest].share
		t.list = slices.Delete(t.list, oldest, oldest+1)
	}
	t.list = append(t.list, session{id: id, used: id})
	t.note(&t.list[len(t.list)-1])
}

// note keeps the digest up to date after a change.
func (t *sessions) note(s *session) {
	t.scratch = s.appendTo(t.scratch[:0])
	t.digest -= s.share
	s.share = fact.Digest(t.scratch)
	t.digest += s.share
}

func (s *session) appendTo(dst []byte) []byte {
	dst = binary.AppendUvarint(binary.AppendUvarint(dst, s.id), s.used)
	return appendBytes(binary.AppendUvarint(dst, s.seq), s.output)
}

func (t *sessions) appendTo(dst []byte) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(t.list)))
	for i := range t.list {
		dst = t.list[i].appendTo(dst)
	}
	return dst
}

func readSessions(in *reader) (t sessions) {
	for n := in.uvarint(); n > 0 && !in.bad; n-- {
		s := session{id: in.uvarint(), used: in.uvarint(), seq: in.uvarint()}
		s.output = bytes.Clone(in.bytes())
		t.list = append(t.list, s)
		t.note(&t.list[len(t.list)-1])
	}
	return t
}

func compare(a, b uint64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
