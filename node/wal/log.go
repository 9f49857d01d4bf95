// Package wal is a log of checksummed records on a node.Disk.
//
// The hard part of a log is its end. After a crash the last records may be torn, or missing, or there with a hole
// before them, and all of that is fine as long as nobody was told that they were safe. But a damaged record that was once synced is
// corruption, and to cut the log there would be to forget promises. The two look alike. So each record carries, under its checksum, how far
// the log was known to be synced when it was written: damage at record k is corruption if an intact later
// record says that the log was synced through k, and an unsynced tail otherwise. An image of the whole log is put on the disk in one step:
// each record of it says that all of them are synced. (Protocol-Aware Recovery, Alagappan et
// al., FAST '18, section 3.3, draws the same line.) Damage within the last records that were synced, with nothing written
// after their sync became known, cannot be told from a tail.
//
// The file's name and the sequence number are under the checksum too, so that a record which strayed to another place is not taken for the one that belongs there.
package wal

import (
	"errors"
	"slices"

	"simrun/node"
)

// ErrCorrupt tells that records which were synced are damaged. The report says which.
var ErrCorrupt = errors.New("wal: corrupt log")

// Log is a log that is open for appending. It is plain data: the bytes are on the disk.
type Log struct {
	file    string
	id      ID
	next    uint64 // sequence number of the next record
	synced  uint64 // through which the log is known to be synced
	scratch []byte // the image so far; empty if none was begun, with memory for the next record
}

// Open reads the log, hands every intact record to each, and makes it ready for appending. An unsynced tail is cut off.
// Of a corrupt log nothing is cut off and ErrCorrupt is returned: the caller decides what to do about the missing
// records, and must not append before it has (with Rewriting). Payloads stay valid for ever.
func Open(d node.Disk, file string, each func(Record)) (Log, Report, error) {
	l := Log{file: file, id: IDOf(file), next: 1}
	b, err := d.Read(file) // what could not be read is zeros
	report := l.id.Scan(b, func(r Record) {
		l.next = r.Seq + 1
		each(r)
	})
	l.synced = l.next - 1 // what a replica finds at its start is durable
	switch {
	case err != nil:
		report.Damage = Corrupt
		return l, report, err
	case report.Damage == Corrupt:
		return l, report, ErrCorrupt
	case report.Damage == Tail:
		d.Truncate(file, report.Intact)
	}
	return l, report, nil
}

// Use has the log put its next records together in memory that is the caller's, as long as there is room for them. It must be called before the first.
func (l *Log) Use(memory []byte) { l.scratch = memory[:0] }

// Append adds a record and returns its sequence number. The payload is copied; it must not be longer than MaxPayload.
func (l *Log) Append(d node.Disk, kind uint8, payload []byte) (seq uint64) {
	return l.Commit(d, append(l.Begin(kind), payload...))
}

// Begin begins a record that need not be copied: its payload, no longer than MaxPayload, is appended to the bytes returned, which go to Commit or, of
// an image, to AddBegun. Nothing else may be called in between.
func (l *Log) Begin(kind uint8) []byte {
	h := header{kindAt: kind}
	return append(slices.Grow(l.scratch, ordinary), h[:]...)
}

// ordinary is room for a header and a payload that is not long, so that memory grows once for both.
const ordinary = 128

// Commit adds the record that was begun, and returns its sequence number.
func (l *Log) Commit(d node.Disk, begun []byte) (seq uint64) {
	seq = l.next
	l.next++
	label(begun, l.id, seq)
	testify(begun, l.synced)
	d.Append(l.file, begun)
	l.scratch = begun[:0]
	return seq
}

// Last returns the sequence number of the last record; 0 if there never was one.
func (l *Log) Last() uint64 { return l.next - 1 }

// Synced tells the log that all records through seq are durable, as a replica learns by a durable send to itself.
func (l *Log) Synced(seq uint64) { l.synced = max(l.synced, min(seq, l.next-1)) }

// Rewriting begins a new image of the whole log, which the following calls of Add or AddBegun fill and Replace puts on the disk.
// Nothing else may be called in between.
func (l *Log) Rewriting() { l.scratch = l.scratch[:0] }

// Add adds a record to the image. The payload is copied; it must not be longer than MaxPayload. Sequence numbers go on from those of the old log.
func (l *Log) Add(kind uint8, payload []byte) { l.AddBegun(append(l.Begin(kind), payload...)) }

// AddBegun adds the record that was begun to the image.
func (l *Log) AddBegun(begun []byte) {
	label(begun[len(l.scratch):], l.id, l.next)
	l.scratch = begun
	l.next++
}

// Replace puts the image in the place of the log, in one step. Where one of its records is on the disk all of them are, and they say so.
func (l *Log) Replace(d node.Disk) {
	for rest := l.scratch; len(rest) > 0; {
		record := labelled(rest)
		testify(record, l.next-1)
		rest = rest[len(record):]
	}
	d.Replace(l.file, l.scratch)
	l.scratch = l.scratch[:0]
}
