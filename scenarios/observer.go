package scenarios

import (
	"simrun/checker"
	"simrun/node"
	"simrun/node/fact"
)

// Observer holds what replicas do against the invariants of their family of protocols, for one that is no log chosen slot by slot
// (see Spec.Facts). It is told what hosts do, as it happens: bytes as they become durable, which are what a replica did, and facts that replicas
// state, which must be covered by them. It remembers; it never looks at live replicas.
type Observer interface {
	// Reset makes the observer ready for a run. c stays as it is until the next Reset.
	Reset(c *Config)
	// Submitted: a client submitted the command with that fact.Digest. Its sequence numbers go up by one, from 1.
	Submitted(client uint32, seq, digest uint64)
	// Replied: the client was told that its command took effect at that slot; 0 is no claim.
	Replied(client uint32, seq, slot uint64)
	// Durable: appended became durable at the end of a file. The bytes are valid during the call.
	Durable(id node.ID, file string, appended []byte)
	// Rewritten: the durable contents of the replica's files changed other than by an append, and files hands out all of them; with damaged, a fault
	// of the disk destroyed some, of which a protocol that does not repair (Spec.Repairs) must not take part any more.
	Rewritten(id node.ID, damaged bool, files func(each func(file string, durable []byte)))
	// Observed: the replica states a fact.
	Observed(id node.ID, f fact.Fact)
	// Started: the replica boots, with an empty memory.
	Started(id node.ID)
	// Excused: nothing is expected of the replica any more, for a fault has it for good.
	Excused(id node.ID)
	// Applied returns the last slot that the replica applied since it booted, and the digest of its state then.
	Applied(id node.ID) (slot uint64, state [2]uint64)
	// Chosen returns how many slots are decided, as far as is known. It rises with the write that completes a quorum, if it can be told: faults
	// look for whose that was.
	Chosen() uint64
	// Highest returns the highest ballot in which a replica durably stands or stood for election, its own name in it; 0 if there was none.
	Highest() uint64
	// Converged tells whether all replicas of which anything is expected have applied all that is decided, and have one state.
	Converged() bool
	// Violation returns the first violation; nil if there was none.
	Violation() *checker.Violation
}

// excuse tells whoever watches that nothing is expected of a replica any more.
func (c *stage) excuse(id node.ID) {
	c.watch.Excuse(uint16(id))
	if c.own != nil {
		c.own.Excused(id)
	}
}

// applied returns how far a replica is, and its state there.
func (c *stage) applied(id node.ID) (slot uint64, state [2]uint64) {
	if c.own != nil {
		return c.own.Applied(id)
	}
	return c.watch.StateOf(uint16(id))
}

// chosen returns how many slots are decided.
func (c *stage) chosen() uint64 {
	if c.own != nil {
		return c.own.Chosen()
	}
	return c.watch.Chosen()
}

// highest returns the highest ballot.
func (c *stage) highest() uint64 {
	if c.own != nil {
		return c.own.Highest()
	}
	return c.watch.HighestBallot()
}

// converged tells whether the replicas are of one mind.
func (c *stage) converged() bool {
	if c.own != nil {
		return c.own.Converged()
	}
	return c.watch.Converged()
}

// violation returns what whoever watches has found.
func (c *stage) violation() *checker.Violation {
	if c.own != nil {
		if v := c.own.Violation(); v != nil {
			return v
		}
	}
	return c.watch.Violation()
}
