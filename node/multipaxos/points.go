package multipaxos

import "simrun/node/fact"

// The points of the protocol that tests should come to: what is rare, and easily got wrong. Replicas state them as fact.Reached. They go from 0
// to NumPoints-1.
const (
	PointTornTail      uint64 = iota // a boot cut a torn tail off the log
	PointRepair                      // a boot found the log damaged
	PointVowLost                     // a boot found the second copy of the promise damaged, and the log as well
	PointRepaired                    // what was lost was made up for, and the replica takes part again
	PointAdopted                     // a new leader took values over from promises
	PointHole                        // and filled a hole between them with a no-op
	PointBehind                      // a candidate had to catch up with who promised
	PointGone                        // and the votes it asked for were gone, because they were for chosen slots
	PointLeaseBars                   // a lease that was granted kept a replica from voting or standing
	PointSettled                     // a proposal came for a slot that was chosen long ago
	PointResent                      // proposals were repeated because of missing votes
	PointNoQuorum                    // a leader heard of no quorum and stepped down
	PointEra                         // a leader had to do phase 1 anew for a membership of its making
	PointOut                         // a leader was not in the membership that it had made, and made room
	PointDismissed                   // a removed replica fell silent for good
	PointHandedOver                  // a leader made room for a successor that it was asked for
	PointGaveUp                      // and gave that up
	PointImage                       // an image was installed
	PointImageResumed                // the parts of an image were asked for again where they had broken off
	PointImageReplaced               // a later image took the place of one that was half here
	PointEvicted                     // a session was dropped to make room
	PointFlowControl                 // a request was refused because too many waited
	PointReadRound                   // a read was answered after a round of heartbeats
	PointReadsBack                   // reads that waited were handed back, because their leader stepped down
	NumPoints
)

// PointNames has a name for each.
var PointNames = [NumPoints]string{
	PointTornTail: "a torn tail is cut off", PointRepair: "a damaged log is recognised", PointVowLost: "a damaged log and promise make a replica fall silent",
	PointRepaired: "a damaged replica is repaired by the others", PointAdopted: "a leader takes over values from promises",
	PointHole: "a leader fills a hole with a no-op", PointBehind: "a candidate catches up before it leads",
	PointGone: "a candidate asks for votes that are gone", PointLeaseBars: "a lease keeps a replica from voting for another",
	PointSettled: "a proposal comes for a slot long chosen", PointResent: "proposals are sent again", PointNoQuorum: "a leader without a quorum steps down",
	PointEra: "a leader does phase 1 for a new membership", PointOut: "a leader that was removed makes room", PointDismissed: "a removed replica falls silent",
	PointHandedOver: "a leader hands over", PointGaveUp: "a leader gives up handing over", PointImage: "an image is installed",
	PointImageResumed: "an image is resumed", PointImageReplaced: "a later image takes the place of one half here",
	PointEvicted: "a session is dropped for want of room", PointFlowControl: "a leader refuses because too much waits",
	PointReadRound: "a read waits for a round of heartbeats", PointReadsBack: "reads that wait are handed back",
}

func reached(env Env, point uint64) { env.Observe(fact.Fact{Kind: fact.Reached, Seq: point}) }
