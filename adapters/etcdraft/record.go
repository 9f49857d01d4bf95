package etcdraft

import (
	"encoding/binary"

	pb "go.etcd.io/raft/v3/raftpb"

	"simrun/node/wal"
)

// File is the name of the write-ahead log.
const File = "raft"

// Kinds of records. Each has the hard state as it is with what the record adds, so that a crash cannot leave one without the other.
const (
	recordSave     = iota + 1 // term, vote, commit, entries: these follow what was there, or take the place of what was there from the first index on
	recordSnapshot            // term, vote, commit, snapshot: takes the place of everything before
)

// saved is a record taken apart.
type saved struct {
	hard     pb.HardState
	entries  []pb.Entry
	snapshot pb.Snapshot // index 0: none
}

func appendHard(dst []byte, h *pb.HardState) []byte {
	return binary.AppendUvarint(binary.AppendUvarint(binary.AppendUvarint(dst, h.Term), h.Vote), h.Commit)
}

func appendSave(dst []byte, h *pb.HardState, entries []pb.Entry) []byte {
	dst = binary.AppendUvarint(appendHard(dst, h), uint64(len(entries)))
	for i := range entries {
		b, err := entries[i].Marshal()
		if err != nil {
			panic("etcdraft: the library made an entry that it cannot encode: " + err.Error())
		}
		dst = appendBytes(dst, b)
	}
	return dst
}

func appendSnapshot(dst []byte, h *pb.HardState, s *pb.Snapshot) []byte {
	b, err := s.Marshal()
	if err != nil {
		panic("etcdraft: the library made a snapshot that it cannot encode: " + err.Error())
	}
	return appendBytes(appendHard(dst, h), b)
}

// decodeRecord reads a record. ok is false for one that this package has not written.
func decodeRecord(w wal.Record) (s saved, ok bool) {
	in := reader{rest: w.Payload}
	s.hard = pb.HardState{Term: in.uvarint(), Vote: in.uvarint(), Commit: in.uvarint()}
	switch w.Kind {
	case recordSave:
		for n := in.uvarint(); n > 0 && !in.bad; n-- {
			var e pb.Entry
			if e.Unmarshal(in.bytes()) != nil {
				return s, false
			}
			s.entries = append(s.entries, e)
		}
	case recordSnapshot:
		if s.snapshot.Unmarshal(in.bytes()) != nil || s.snapshot.Metadata.Index == 0 {
			return s, false
		}
	default:
		return s, false
	}
	return s, !in.bad && len(in.rest) == 0
}
