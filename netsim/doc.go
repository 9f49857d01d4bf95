// Package netsim is the simulated network: links between replicas, and between clients and replicas, that delay,
// lose, repeat and reorder what they carry, and partitions that block it. It is generic over the protocol's message
// type and knows nothing of protocols.
//
// A message sent lies in a slab until its arrival, which is an event of the kernel. What becomes of it is decided when it
// is sent, in four steps:
//
//   - its name is hashed: the seed, the link, the kind and key that [node.Message].Site gives, and how often a message of that name was
//     sent before. From the hash come independent numbers, one for each decision (fate.go).
//   - the good-weather [Config] and the rules in force ([Rule]) say how likely each mishap is on that link.
//   - the numbers are held against the chances.
//   - an [Exception] for the very message has the last word (except.go).
//
// Because the numbers hang on the name and on nothing else, taking one fault or one operation out of a run leaves the
// fate of every other message as it was. That is what lets a failing run be reduced step by step.
package netsim
