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
	"simrun/node/machine"
	"simrun/node/multipaxos"
	"simrun/node/paxos"
)

// driver runs a replica over real files and real sockets, in about a hundred lines: what the contract asks of whoever
// runs a protocol is no more than this.
type driver[M any, PM node.Message[M]] struct {
	id      node.ID
	dir     string
	socket  *net.UDPConn
	peers   map[node.ID]*net.UDPAddr
	replica node.Node[M]
	began   time.Time

	packets  chan []byte
	requests chan call
	timers   chan timeout
	quit     chan struct{}
	gone     chan struct{}

	dirty   map[string]*os.File // written since the last commit
	held    []letter[M]         // sent by SendDurable since then
	self    []M
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
type letter[M any] struct {
	to node.ID
	m  M
}

// run is the loop of the package documentation.
func (d *driver[M, PM]) run() {
	defer close(d.gone)
	d.began = time.Now()
	d.syncFolder() // what a replica finds at its start is durable
	d.replica.Start(d)
	d.finish()
	for d.failed == nil {
		select {
		case p := <-d.packets:
			var m M
			if from, body, ok := unframe(p); ok && PM(&m).Decode(body) == nil {
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
func (d *driver[M, PM]) finish() {
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

func (d *driver[M, PM]) Self() node.ID            { return d.id }
func (d *driver[M, PM]) Now() node.Local          { return node.Local(time.Since(d.began)) }
func (d *driver[M, PM]) Rand() uint64             { return rand.Uint64() }
func (d *driver[M, PM]) Observe(fact.Fact)        {}
func (d *driver[M, PM]) Perturb(uint16) bool      { return false }
func (d *driver[M, PM]) Logf(string, ...uint64)   {}
func (d *driver[M, PM]) StopTimer(t node.TimerID) { d.epochs[t]++ }
func (d *driver[M, PM]) path(file string) string  { return filepath.Join(d.dir, file) }
func (d *driver[M, PM]) fail(err error)           { d.failed = err }
func (d *driver[M, PM]) Read(f string) ([]byte, error) {
	b, err := os.ReadFile(d.path(f))
	if os.IsNotExist(err) {
		return nil, nil
	}
	return b, err
}

func (d *driver[M, PM]) SetTimer(t node.TimerID, after node.Local) {
	d.epochs[t]++
	setting := timeout{t, d.epochs[t]}
	time.AfterFunc(time.Duration(after), func() {
		select {
		case d.timers <- setting:
		case <-d.gone:
		}
	})
}

func (d *driver[M, PM]) Send(to node.ID, m M) {
	if to == d.id {
		d.self = append(d.self, m)
		return
	}
	_, _ = d.socket.WriteToUDP(frame(d.id, PM(&m).Append(nil)), d.peers[to]) // a lost packet is a lost packet
}

func (d *driver[M, PM]) SendDurable(to node.ID, m M) {
	if len(d.dirty) == 0 {
		d.Send(to, m)
		return
	}
	d.held = append(d.held, letter[M]{to, m})
}

func (d *driver[M, PM]) Reply(to node.Client, r node.Reply) {
	r.Output = bytes.Clone(r.Output)
	if c := d.waiting[to]; c != nil {
		c <- r
		delete(d.waiting, to)
	}
}

func (d *driver[M, PM]) file(name string) *os.File {
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

func (d *driver[M, PM]) Append(name string, b []byte) {
	if f := d.file(name); f != nil {
		if _, err := f.Write(b); err != nil {
			d.fail(err)
		}
	}
}

func (d *driver[M, PM]) Truncate(name string, size int) {
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
func (d *driver[M, PM]) Replace(name string, b []byte) {
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

func (d *driver[M, PM]) syncFolder() {
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

func (d *driver[M, PM]) listen() {
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

func (d *driver[M, PM]) stop() {
	close(d.quit)
	<-d.gone
	d.socket.Close()
}

// start boots a replica that finds its files in dir.
func start[M any, PM node.Message[M]](t *testing.T, id node.ID, replica node.Node[M], dir string, addrs map[node.ID]*net.UDPAddr) *driver[M, PM] {
	t.Helper()
	socket, err := net.ListenUDP("udp", addrs[id])
	require.NoError(t, err)
	addrs[id] = socket.LocalAddr().(*net.UDPAddr)
	d := &driver[M, PM]{
		id: id, dir: dir, socket: socket, peers: addrs, replica: replica,
		packets: make(chan []byte), requests: make(chan call), timers: make(chan timeout), quit: make(chan struct{}), gone: make(chan struct{}),
		dirty: map[string]*os.File{}, epochs: map[node.TimerID]int{}, waiting: map[node.Client]chan node.Reply{},
	}
	go d.listen()
	return d
}

// ask returns the answer of a replica, if one comes before it is time to ask another.
func (d *driver[M, PM]) ask(client node.Client, q node.Request, patience time.Duration) (r node.Reply, ok bool) {
	reply := make(chan node.Reply, 1)
	d.requests <- call{client, q, reply}
	select {
	case r = <-reply:
		return r, true
	case <-time.After(patience):
		return r, false
	}
}

func (d *driver[M, PM]) propose(t *testing.T, client node.Client, seq uint64, value string) string {
	t.Helper()
	r, ok := d.ask(client, node.Request{Op: node.Command, Seq: seq, Command: []byte(value)}, 30*time.Second)
	require.True(t, ok, "no answer")
	require.Equal(t, node.OK, r.Status)
	return string(r.Output)
}

// loopback is where replicas listen: on ports that are free.
func loopback(ids []node.ID) map[node.ID]*net.UDPAddr {
	addrs := map[node.ID]*net.UDPAddr{}
	for _, id := range ids {
		addrs[id] = &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)}
	}
	return addrs
}

// Three replicas decide a value over loopback; one that is stopped and started again finds it in its files, also when the
// others are gone.
func TestRealFilesAndSockets(t *testing.T) {
	c := paxos.Majority(1, 2, 3)
	require.NoError(t, c.Validate())
	addrs := loopback(c.Nodes)
	dirs := map[node.ID]string{}
	drivers := map[node.ID]*driver[paxos.Message, *paxos.Message]{}
	for _, id := range c.Nodes {
		dirs[id] = t.TempDir()
		drivers[id] = start[paxos.Message](t, id, paxos.New(id, c), dirs[id], addrs)
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

	again := start[paxos.Message](t, 2, paxos.New(2, c), dirs[2], addrs)
	go again.run()
	require.Equal(t, chosen, again.propose(t, 3, 1, "from three"))
	again.stop()

	var promised uint64
	log, err := os.ReadFile(filepath.Join(dirs[2], "paxos"))
	require.NoError(t, err)
	paxos.DurableFacts("paxos", log, func(f fact.Fact) { promised = max(promised, f.Ballot) })
	require.NotZero(t, promised, "its promise is on disk")
}

type logDriver = driver[multipaxos.Message, *multipaxos.Message]

// asks repeats a request, as clients do, until the replica that leads has done it.
func asks(t *testing.T, drivers map[node.ID]*logDriver, q node.Request) node.Reply {
	t.Helper()
	target := node.ID(1)
	for began := time.Now(); time.Since(began) < 30*time.Second; {
		r, ok := node.Reply{}, false
		if d := drivers[target]; d != nil {
			r, ok = d.ask(1, q, time.Second)
		}
		switch {
		case ok && r.Seq == q.Seq && r.Status == node.OK:
			return r
		case ok && r.Status == node.Redirect && drivers[r.Leader] != nil:
			target = r.Leader
		default:
			target = target%3 + 1
		}
	}
	t.Fatal("no answer")
	return node.Reply{}
}

// Three replicas keep a store over loopback; when all were stopped, two of them go on with what is in their files.
func TestLogInRealFiles(t *testing.T) {
	c := multipaxos.DefaultConfig([]node.ID{1, 2, 3}, func() machine.Machine { return new(machine.KV) })
	c.CheckpointEvery, c.Retain = 5, 2 // files are replaced, too
	require.NoError(t, c.Validate())
	addrs := loopback(c.Nodes)
	dirs := map[node.ID]string{1: t.TempDir(), 2: t.TempDir(), 3: t.TempDir()}
	boot := func(ids ...node.ID) map[node.ID]*logDriver {
		drivers := map[node.ID]*logDriver{}
		for _, id := range ids {
			drivers[id] = start[multipaxos.Message](t, id, multipaxos.New(id, c), dirs[id], addrs)
		}
		for _, d := range drivers {
			go d.run()
		}
		return drivers
	}
	halt := func(drivers map[node.ID]*logDriver) {
		for _, d := range drivers {
			d.stop()
			require.NoError(t, d.failed)
		}
	}

	drivers := boot(1, 2, 3)
	session := asks(t, drivers, node.Request{Op: node.Register, Seq: 1}).Session
	const keys = 20
	for i := range byte(keys) {
		put := machine.AppendPut(nil, []byte{i}, []byte{'v', i})
		asks(t, drivers, node.Request{Op: node.Command, Session: session, Seq: 2 + uint64(i), Command: put})
	}
	halt(drivers)

	drivers = boot(2, 3)
	for i := range byte(keys) {
		r := asks(t, drivers, node.Request{Op: node.Read, Session: session, Seq: 2 + keys + uint64(i), Command: machine.AppendGet(nil, []byte{i})})
		value, found, err := machine.Output(r.Output)
		require.NoError(t, err)
		require.True(t, found)
		require.Equal(t, []byte{'v', i}, value)
	}
	halt(drivers)
}
