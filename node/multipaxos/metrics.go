package multipaxos

// Metrics counts what a replica has done since it started. They are no part of its state.
type Metrics struct {
	Candidacies uint64 // ballots that it opened
	Elections   uint64 // of these, won
	Preemptions uint64 // times it gave way to a higher ballot
	Resigned    uint64 // times it stepped down for want of a quorum
	Commits     uint64 // slots that became chosen while it led
	Commands    uint64 // commands executed
	Overloaded  uint64 // requests refused for want of room
	Checkpoints uint64 // written
	Installed   uint64 // images taken from others
	Evicted     uint64 // sessions dropped
	Messages    uint64 // sent to others
	Bytes       uint64 // of values and images in these
	QueueMax    int    // requests that waited at once
	LogMax      uint64 // slots that the log held at once

	// Of now, not since the start.
	Queue    int    // requests that wait
	Log      uint64 // slots in the log
	Sessions int
	Sent     [numKinds]uint64 // Messages, by Kind
}

func (m *Metrics) count(sent *Message) {
	m.Messages++
	m.Bytes += uint64(len(sent.Value))
	m.Sent[sent.Kind]++
}

// Extent is what slots a replica holds: its log begins behind Floor, its snapshot and its state go up to theirs, and it knows that slots up to Known are
// chosen.
type Extent struct{ Floor, Snapshot, Applied, Known uint64 }

// Extent returns what slots the replica holds.
func (r *Replica) Extent() Extent {
	return Extent{Floor: r.log.floor, Snapshot: max(r.checkpoint, r.log.floor), Applied: r.applied, Known: max(r.known, r.applied)}
}

// Metrics returns the figures.
func (r *Replica) Metrics() Metrics {
	m := r.metrics
	m.Queue, m.Log, m.Sessions = r.queue.len()+r.reads.len(), r.log.last-r.log.floor, len(r.sessions.ids)
	return m
}
