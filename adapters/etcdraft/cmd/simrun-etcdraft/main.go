// Program simrun-etcdraft is simrun for go.etcd.io/raft: it has all of its commands, for the scenario "etcd-raft".
package main

import (
	"simrun/adapters/etcdraft"
	"simrun/cli"
	_ "simrun/scenarios/gallery" // protocols to compare with
)

func main() { cli.Main(etcdraft.Scenario()) }
