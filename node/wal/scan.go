package wal

import "fmt"

// Damage says what is wrong with a log.
type Damage uint8

const (
	// Clean: every byte belongs to an intact record.
	Clean Damage = iota
	// Tail: the end was never synced, and a crash lost, tore or holed it. Dropping it loses nothing that anybody was
	// told of.
	Tail
	// Corrupt: records that were synced are damaged or missing.
	Corrupt
)

// String names the damage.
func (d Damage) String() string { return [...]string{"clean", "unsynced tail", "corrupt"}[d] }

// Report is what a scan found.
type Report struct {
	Damage  Damage
	Records int    // intact ones
	Intact  int    // bytes from the start that hold only intact records in sequence
	Dropped int    // bytes behind them
	First   uint64 // if Corrupt: sequence numbers of the first record that is missing
	Last    uint64 // and of the last
}

// String describes the report in one line.
func (r Report) String() string {
	switch r.Damage {
	case Tail:
		return fmt.Sprintf("%d records, then %d bytes of an unsynced tail", r.Records, r.Dropped)
	case Corrupt:
		return fmt.Sprintf("corrupt: records %d to %d are missing, %d are intact", r.First, r.Last, r.Records)
	}
	return fmt.Sprintf("%d records, clean", r.Records)
}

// Scan hands the intact records in b to each, in order, and says what it found. b is a log from its start, or from the
// start of any record in it. It changes nothing.
//
// Records behind a damage are looked at, but handed out only if the damage is corruption: then they are as good as
// ever. Behind an unsynced tail there may be leftovers of writes that were never synced; they count for nothing.
func Scan(file string, b []byte, each func(Record)) Report { return IDOf(file).Scan(b, each) }

// Scan does what the function of that name does.
func (id ID) Scan(b []byte, each func(Record)) (report Report) {
	next, synced, at := uint64(1), uint64(0), 0 // sequence number of the next record, and through which the log was synced, by those seen
	for at < len(b) {
		n := intact(b[at:], id)
		if n == 0 {
			break
		}
		r := decode(b[at : at+n])
		if r.Seq != next && at > 0 {
			break
		}
		at += n
		report.Records++
		next, synced = r.Seq+1, max(synced, r.synced)
		each(r)
	}
	report.Intact, report.Dropped = at, len(b)-at
	if report.Dropped > 0 {
		report.assess(id, b[at:], next, synced, each)
	}
	return report
}

// assess says what is wrong with b, which begins where the record of sequence number next should. Those before it tell through which the log was synced.
func (r *Report) assess(id ID, b []byte, next, synced uint64, each func(Record)) {
	r.Damage = Tail
	resume, later := search(b, id, next)
	if max(synced, later) < next {
		return
	}
	r.Damage, r.First, r.Last = Corrupt, next, synced
	if resume.Seq > 0 {
		r.Last = resume.Seq - 1
	}
	for record, rest := seek(b, id, next); record.Seq > 0; record, rest = seek(rest, id, record.Seq+1) {
		each(record)
		r.Records++
	}
}

// seek looks for the first intact record from sequence number next on, and returns it and what is behind it; a record of number 0 if there is none.
func seek(b []byte, id ID, next uint64) (r Record, rest []byte) {
	for ; len(b) > 0; b = b[1:] {
		if n := intact(b, id); n > 0 {
			if r = decode(b[:n]); r.Seq >= next {
				return r, b[n:]
			}
		}
	}
	return Record{}, nil
}

// search looks behind a damage for intact records from sequence number next on. It returns the first, and how far
// the log was synced according to any of them.
func search(b []byte, id ID, next uint64) (first Record, synced uint64) {
	first, rest := seek(b, id, next)
	for r := first; r.Seq > 0; r, rest = seek(rest, id, next) {
		synced = max(synced, r.synced)
	}
	return first, synced
}
