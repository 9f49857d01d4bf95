// Package netsim is the simulated network: links between replicas, and between clients and replicas, that delay,
// lose, repeat, reorder, damage, hold back and squeeze what they carry, and partitions that block it. It is generic over the protocol's
// message type and knows nothing of protocols.
//
// A message sent lies in a slab until its arrival, which is an event of the kernel. What becomes of it is decided when it
// is sent, in five steps:
//
//   - its name is hashed: the seed, the link, the kind and key that [node.Message].Site gives, and how often a message of that name was
//     sent before. From the hash come independent numbers, one for each decision (fate.go).
//   - the good-weather [Config] and the rules in force ([Rule]) say how likely each mishap is on that link.
//   - the numbers are held against the chances.
//   - an [Exception] for the very message has the last word (except.go).
//   - the message crosses the link as it is at the moment (link.go): bandwidth that others use up, a queue that is full, and, where links are
//     connections ([FIFO]), a connection that is broken, or that this message breaks.
//
// In calm weather, with no rule in force and nothing of that configured nor excepted, only the first step is taken.
//
// Messages go by value, unless the network encodes them or damages their bytes: then they lie in a frame with a checksum (frame.go). Every
// rule has a tag, under which the network counts the messages that it had a part in the fate of.
//
// Because the numbers hang on the name and on nothing else, taking one fault or one operation out of a run leaves the
// fate of every other message as it was. That is what lets a failing run be reduced step by step.
package netsim
