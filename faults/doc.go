// Package faults is what goes wrong in a run: a [Plan], which is plain data, the generator that draws it from a seed
// ([Draw]), and its injection through the small [Target] interface ([Injector]). It knows neither the network nor the
// hosts.
//
// A fault on links is a [Rule] that is put in force when the fault begins and taken off by the same number when it ends,
// so that healing is exact. A crash is counted: a replica comes back when the last fault that keeps it down has ended.
//
// What lasts at a machine, such as a pause or a slow disk, adds up to its [Condition]. A fault that destroys durable data happens
// to few replicas: see Shape.Tolerates. A fault may name a [Role] instead of replicas: it then happens to whoever leads, stands for
// election or has just completed a quorum when it begins.
//
// Every kind of fault is one entry of the table in kinds.go, network.go (links) and machines.go (processes, disks, clocks): which
// fields it uses, what it refuses, what it does, and how it is drawn. Each kind is drawn from a stream of its own, so that another kind
// leaves the rest of a seed's plan as it was. What all kinds share are a few moments of the run about which faults crowd, so that many
// begin while others begin or end.
package faults
