// Program simrun-etcdraft is simrun for go.etcd.io/raft: it has all of its commands, for the scenario "etcd-raft".
package main

import (
	"simrun/adapters/etcdraft"
	"simrun/cli"
)

func main() { cli.Main(etcdraft.Scenario()) }
