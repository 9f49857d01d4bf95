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
func Scan(file string, b []byte, each func(Record)) Report {
	id := fileID(file)
	var report Report
	next, known := uint64(0), false // sequence number of the next record, once one was seen
	synced := uint64(0)             // according to those seen
	at := 0
	for at < len(b) {
		r, n := decode(b[at:], id)
		if n == 0 || known && r.Seq != next {
			break
		}
		each(r)
		report.Records++
		next, known = r.Seq+1, true
		synced = max(synced, r.synced)
		at += n
	}
	report.Intact, report.Dropped = at, len(b)-at
	if at == len(b) {
		return report
	}
	report.Damage = Tail
	if !known {
		next = 1
	}
	resume, later := search(b[at:], id, next)
	if max(synced, later) < next {
		return report
	}
	report.Damage, report.First, report.Last = Corrupt, next, synced
	if resume.Seq > 0 {
		report.Last = resume.Seq - 1
	}
	for p := at; p < len(b); {
		r, n := decode(b[p:], id)
		if n == 0 || r.Seq < next {
			p++
			continue
		}
		each(r)
		report.Records++
		next = r.Seq + 1
		p += n
	}
	return report
}

// search looks behind a damage for intact records from sequence number next on. It returns the first, and how far
// the log was synced according to any of them.
func search(b []byte, id uint32, next uint64) (first Record, synced uint64) {
	for p := 0; p < len(b); {
		r, n := decode(b[p:], id)
		if n == 0 || r.Seq < next {
			p++
			continue
		}
		if first.Seq == 0 {
			first = r
		}
		synced = max(synced, r.synced)
		p += n
	}
	return first, synced
}
