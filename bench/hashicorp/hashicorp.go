// Package hashicorp runs github.com/hashicorp/raft over its in-memory transport and stores, in real time: how long a commit takes when nothing
// is simulated.
package hashicorp

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/hashicorp/raft"
)

// counter is a state machine that counts.
type counter struct{ n uint64 }

func (c *counter) Apply(*raft.Log) any                 { c.n++; return c.n }
func (c *counter) Snapshot() (raft.FSMSnapshot, error) { return c, nil }
func (c *counter) Restore(r io.ReadCloser) error       { return r.Close() }
func (c *counter) Persist(s raft.SnapshotSink) error   { return s.Close() }
func (c *counter) Release()                            {}

// Run starts a cluster, has clients apply that many commands of 32 bytes, each waiting for its answer before the next, and calls measure around that.
func Run(nodes, clients, commands int, measure func(func())) error {
	var servers []raft.Server
	var transports []*raft.InmemTransport
	for i := range nodes {
		address, transport := raft.NewInmemTransport(raft.ServerAddress(fmt.Sprintf("n%d", i+1)))
		servers = append(servers, raft.Server{ID: raft.ServerID(address), Address: address})
		transports = append(transports, transport)
	}
	for _, a := range transports {
		for _, b := range transports {
			a.Connect(b.LocalAddr(), b)
		}
	}
	var members []*raft.Raft
	for i := range nodes {
		c := raft.DefaultConfig()
		c.LocalID, c.LogOutput = servers[i].ID, io.Discard
		store := raft.NewInmemStore()
		r, err := raft.NewRaft(c, &counter{}, store, store, raft.NewInmemSnapshotStore(), transports[i])
		if err != nil {
			return err
		}
		defer r.Shutdown()
		members = append(members, r)
	}
	if err := members[0].BootstrapCluster(raft.Configuration{Servers: servers}).Error(); err != nil {
		return err
	}
	var leader *raft.Raft
	for leader == nil {
		time.Sleep(10 * time.Millisecond)
		for _, r := range members {
			if r.State() == raft.Leader {
				leader = r
			}
		}
	}
	failed := make([]error, clients)
	measure(func() {
		var work sync.WaitGroup
		for i := range clients {
			work.Go(func() {
				for range commands / clients {
					if err := leader.Apply(make([]byte, 32), 0).Error(); err != nil {
						failed[i] = err
					}
				}
			})
		}
		work.Wait()
	})
	return errors.Join(failed...)
}
