package node_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"simrun/node"
	"simrun/node/fact"
	"simrun/node/paxos"
)

// driver runs a replica over real files and real sockets, in about a hundred lines: what the contract asks of whoever
// runs a protocol is no more than this.
type driver struct {
	id      node.ID
	dir     string
	socket  *net.UDPConn
	peers   map[node.ID]*net.UDPAddr
	replica node.Node[paxos.Message]
	began   time.Time

	packets  chan []byte
	requests chan call
	timers   chan timeout
	quit     chan struct{}
	gone     chan struct{}

	dirty   map[string]*os.File // written since the last commit
	held    []letter            // sent by SendDurable since then
	self    []paxos.Message
	epochs  map[node.TimerID]int // tells a timer's last setting from earlier ones
	waiting map[node.Client]chan node.Reply
	failed  error
}

type call struct {
	from  node.Client
	r     node.Request
	reply chan node.Reply
}
type timeout struct {
	t     node.TimerID
	epoch int
}
type letter struct {
	to node.ID
	m  paxos.Message
}

// run is the loop of the package documentation.
func (d *driver) run() {
	defer close(d.gone)
	d.began = time.Now()
	d.syncFolder() // what a replica finds at its start is durable
	d.replica.Start(d)
	d.finish()
	for d.failed == nil {
		select {
		case p := <-d.packets:
			var m paxos.Message
			if from, body, ok := unframe(p); ok && m.Decode(body) == nil {
				d.replica.Receive(d, from, &m)
			}
		case c := <-d.requests:
			d.waiting[c.from] = c.reply
			d.replica.Request(d, c.from, &c.r)
		case t := <-d.timers:
			if d.epochs[t.t] == t.epoch {
				d.replica.Timer(d, t.t)
			}
		case <-d.quit:
			return
		}
		d.finish()
	}
}

// finish delivers what the replica sent to itself and commits what it wrote, until there is neither. The commit is
// done in line; a driver that cares for speed does it beside the next handlers.
func (d *driver) finish() {
	for d.failed == nil && (len(d.self) > 0 || len(d.dirty) > 0) {
		for len(d.self) > 0 {
			m := d.self[0]
			d.self = d.self[1:]
			d.replica.Receive(d, d.id, &m)
		}
		for name, f := range d.dirty {
			if d.failed == nil {
				d.failed = f.Sync() // never retried
			}
			f.Close()
			delete(d.dirty, name)
		}
		held := d.held
		d.held = nil
		for _, l := range held {
			if d.failed == nil {
				d.Send(l.to, l.m)
			}
		}
	}
}

func (d *driver) Self() node.ID            { return d.id }
func (d *driver) Now() node.Local          { return node.Local(time.Since(d.began)) }
func (d *driver) Rand() uint64             { return rand.Uint64() }
func (d *driver) Observe(fact.Fact)        {}
func (d *driver) Perturb(uint16) bool      { return false }
func (d *driver) Logf(string, ...uint64)   {}
func (d *driver) StopTimer(t node.TimerID) { d.epochs[t]++ }
func (d *driver) path(file string) string  { return filepath.Join(d.dir, file) }
func (d *driver) fail(err error)           { d.failed = err }
func (d *driver) Read(f string) ([]byte, error) {
	b, err := os.ReadFile(d.path(f))
	if os.IsNotExist(err) {
		return nil, nil
	}
	return b, err
}

func (d *driver) SetTimer(t node.TimerID, after node.Local) {
	d.epochs[t]++
	setting := timeout{t, d.epochs[t]}
	time.AfterFunc(time.Duration(after), func() {
		select {
		case d.timers <- setting:
		case <-d.gone:
		}
	})
}

func (d *driver) Send(to node.ID, m paxos.Message) {
	if to == d.id {
		d.self = append(d.self, m)
		return
	}
	_, _ = d.socket.WriteToUDP(frame(d.id, m.Append(nil)), d.peers[to]) // a lost packet is a lost packet
}

func (d *driver) SendDurable(to node.ID, m paxos.Message) {
	if len(d.dirty) == 0 {
		d.Send(to, m)
		return
	}
	d.held = append(d.held, letter{to, m})
}

func (d *driver) Reply(to node.Client, r node.Reply) {
	r.Output = bytes.Clone(r.Output)
	if c := d.waiting[to]; c != nil {
		c <- r
		delete(d.waiting, to)
	}
}

func (d *driver) file(name string) *os.File {
	if f := d.dirty[name]; f != nil {
		return f
	}
	f, err := os.OpenFile(d.path(name), os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		d.fail(err)
		return nil
	}
	d.dirty[name] = f
	return f
}

func (d *driver) Append(name string, b []byte) {
	if f := d.file(name); f != nil {
		if _, err := f.Write(b); err != nil {
			d.fail(err)
		}
	}
}

func (d *driver) Truncate(name string, size int) {
	if f := d.file(name); f != nil {
		if info, err := f.Stat(); err != nil {
			d.fail(err)
		} else if int64(size) < info.Size() {
			if err := f.Truncate(int64(size)); err != nil {
				d.fail(err)
			}
		}
	}
}

// Replace writes beside the file, syncs, and renames: after a crash there is the old file or the new.
func (d *driver) Replace(name string, b []byte) {
	if f := d.dirty[name]; f != nil {
		f.Close()
		delete(d.dirty, name)
	}
	tmp := d.path(name) + ".new"
	f, err := os.Create(tmp)
	if err == nil {
		_, err = f.Write(b)
	}
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		err = os.Rename(tmp, d.path(name))
	}
	if err != nil {
		d.fail(err)
		return
	}
	f.Close()
	if dir, err := os.Open(d.dir); err == nil {
		d.dirty[name+" (folder)"] = dir // syncing it makes the rename durable
	}
}

// frame puts the sender and a checksum before a message.
func frame(from node.ID, body []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(body)^uint32(from))
	return append(binary.BigEndian.AppendUint16(b, uint16(from)), body...)
}

func unframe(b []byte) (from node.ID, body []byte, ok bool) {
	if len(b) < 6 {
		return 0, nil, false
	}
	from, body = node.ID(binary.BigEndian.Uint16(b[4:])), b[6:]
	return from, body, binary.BigEndian.Uint32(b) == crc32.ChecksumIEEE(body)^uint32(from)
}

func (d *driver) syncFolder() {
	files, err := os.ReadDir(d.dir)
	if err != nil {
		d.fail(err)
		return
	}
	for _, f := range files {
		d.file(f.Name())
	}
	d.finish()
}

func (d *driver) listen() {
	for {
		b := make([]byte, 1<<16) // a new one each time: what is decoded from it may be kept
		n, _, err := d.socket.ReadFromUDP(b)
		if err != nil {
			return
		}
		select {
		case d.packets <- b[:n]:
		case <-d.gone:
			return
		}
	}
}

func (d *driver) stop() {
	close(d.quit)
	<-d.gone
	d.socket.Close()
}

// start boots a replica that finds its files in dir.
func start(t *testing.T, id node.ID, c paxos.Config, dir string, addrs map[node.ID]*net.UDPAddr) *driver {
	t.Helper()
	socket, err := net.ListenUDP("udp", addrs[id])
	require.NoError(t, err)
	addrs[id] = socket.LocalAddr().(*net.UDPAddr)
	d := &driver{
		id: id, dir: dir, socket: socket, peers: addrs, replica: paxos.New(id, c),
		packets: make(chan []byte), requests: make(chan call), timers: make(chan timeout), quit: make(chan struct{}), gone: make(chan struct{}),
		dirty: map[string]*os.File{}, epochs: map[node.TimerID]int{}, waiting: map[node.Client]chan node.Reply{},
	}
	go d.listen()
	return d
}

func (d *driver) propose(t *testing.T, client node.Client, seq uint64, value string) string {
	t.Helper()
	reply := make(chan node.Reply, 1)
	d.requests <- call{client, node.Request{Op: node.Command, Seq: seq, Command: []byte(value)}, reply}
	select {
	case r := <-reply:
		require.Equal(t, node.OK, r.Status)
		return string(r.Output)
	case <-time.After(30 * time.Second):
		t.Fatal("no answer")
		return ""
	}
}

// Three replicas decide a value over loopback; one that is stopped and started again finds it in its files, also when the
// others are gone.
func TestRealFilesAndSockets(t *testing.T) {
	c := paxos.Majority(1, 2, 3)
	require.NoError(t, c.Validate())
	addrs := map[node.ID]*net.UDPAddr{}
	for _, id := range c.Nodes {
		addrs[id] = &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)}
	}
	dirs := map[node.ID]string{}
	drivers := map[node.ID]*driver{}
	for _, id := range c.Nodes {
		dirs[id] = t.TempDir()
		drivers[id] = start(t, id, c, dirs[id], addrs)
	}
	for _, d := range drivers {
		go d.run()
	}
	chosen := drivers[1].propose(t, 1, 1, "from one")
	require.Equal(t, chosen, drivers[2].propose(t, 2, 1, "from two"))
	for _, d := range drivers {
		d.stop()
		require.NoError(t, d.failed)
	}

	again := start(t, 2, c, dirs[2], addrs)
	go again.run()
	require.Equal(t, chosen, again.propose(t, 3, 1, "from three"))
	again.stop()

	var promised uint64
	log, err := os.ReadFile(filepath.Join(dirs[2], "paxos"))
	require.NoError(t, err)
	paxos.DurableFacts("paxos", log, func(f fact.Fact) { promised = max(promised, f.Ballot) })
	require.NotZero(t, promised, "its promise is on disk")
}
