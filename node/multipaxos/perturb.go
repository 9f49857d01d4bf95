package multipaxos

// The points at which a testbed may ask for the unusual legal path, through Env.Perturb.
const (
	PerturbBatch      uint16 = iota + 1 // a batch of one command
	PerturbCheckpoint                   // a checkpoint before its time
	PerturbChunk                        // an image in parts of a few bytes
	PerturbHeartbeat                    // a round of heartbeats out of turn
	NumPerturbs
)
