package caspaxos

import (
	"encoding/hex"
	"strconv"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"github.com/stretchr/testify/require"

	"simrun/node"
	"simrun/node/machine"
	"simrun/node/nodetest"
)

// The files in testdata are transcripts of replica n1 at work: each step is something that happens to it, followed by all that it does about
// it. Keys and values are hexadecimal. The commands are
//
//	group nodes=3                                    a replica with an empty disk boots
//	get|put|insert|update client=1 seq=1 key=aa [value=01 if=02]    from a client; insert is if there is no value
//	prepare|promise|accept|accepted|reject from=2 key=aa [ballot=1.2 accepted=1.2 promised=1.2 value=01 by=2 nth=1]
//	                                                 a row has a value, and remembers the nth command of client by, which was an insert or put of it
//	configure client=9 seq=1 version=2 prepare=123 accept=1234 quorums=23
//	timer                                            it fires
//	sync                                             what was written so far becomes durable
//	restart                                          it crashes, what was not durable is lost, and it boots
//	rot at=N                                         a bit flips in its durable log
//	state                                            in words
func TestTranscripts(t *testing.T) {
	datadriven.Walk(t, "testdata/transcripts", func(t *testing.T, path string) {
		p := &player{}
		datadriven.RunTest(t, path, p.play)
	})
}

type player struct {
	config Config
	stage  *nodetest.Stage[Message, *Message]
	r      *Replica
}

func (p *player) boot() {
	p.r = New(p.config)
	p.stage.Boot(p.r)
}

func (p *player) play(t *testing.T, d *datadriven.TestData) string {
	args := map[string]string{}
	for _, a := range d.CmdArgs {
		args[a.Key] = strings.Join(a.Vals, "")
	}
	number := func(name string) uint64 {
		n, err := strconv.ParseUint(args[name], 10, 64)
		require.NoError(t, err, name)
		return n
	}
	octets := func(name string) []byte {
		b, err := hex.DecodeString(args[name])
		require.NoError(t, err, name)
		return b
	}
	ask := func(op node.Op, command []byte) {
		p.stage.Request(node.Client(number("client")), node.Request{Op: op, Seq: number("seq"), Command: command})
	}
	kinds := map[string]Kind{"prepare": Prepare, "promise": Promise, "accept": Accept, "accepted": Accepted, "reject": Reject}
	switch d.Cmd {
	case "group":
		p.config = DefaultConfig()
		var nodes []node.ID
		for i := range number("nodes") {
			nodes = append(nodes, node.ID(i+1))
		}
		p.config = DefaultConfig(nodes...)
		p.stage = nodetest.New[Message](1)
		p.boot()
	case "get":
		ask(node.Command, machine.AppendGet(nil, octets("key")))
	case "put":
		ask(node.Command, machine.AppendPut(nil, octets("key"), octets("value")))
	case "insert":
		ask(node.Command, machine.AppendCAS(nil, octets("key"), nil, octets("value")))
	case "update":
		ask(node.Command, machine.AppendCAS(nil, octets("key"), octets("if"), octets("value")))
	case "configure":
		m := Membership{Version: number("version"), Quorum1: int(args["quorums"][0] - '0'), Quorum2: int(args["quorums"][1] - '0')}
		for _, c := range args["prepare"] {
			m.Prepare = append(m.Prepare, node.ID(c-'0'))
		}
		for _, c := range args["accept"] {
			m.Accept = append(m.Accept, node.ID(c-'0'))
		}
		ask(node.Configure, m.Append(nil))
	case "timer":
		p.stage.Clock += 1000 * node.Millisecond
		p.stage.Fire(timerRounds)
	case "sync":
		p.stage.Sync()
	case "restart":
		p.boot()
	case "rot":
		p.stage.Durable(File)[number("at")] ^= 1
	case "state":
		return strings.Join(p.r.Describe(), "\n") + "\n"
	default:
		m := Message{Kind: kinds[d.Cmd], Key: octets("key"), Ballot: ballot(t, args["ballot"]), Accepted: ballot(t, args["accepted"]), Promised: ballot(t, args["promised"])}
		require.NotZero(t, m.Kind, d.Cmd)
		if args["value"] != "" {
			x := row{found: true, value: octets("value")}
			if args["by"] != "" {
				_, output := machine.ChangeRow(machine.AppendPut(nil, m.Key, x.value), nil, false)
				x.last = []applied{{node.Client(number("by")), number("nth"), output}}
			}
			m.Row = x.append(nil)
		}
		p.stage.Receive(node.ID(number("from")), m)
	}
	if said := p.stage.Take(); said != "" {
		return said
	}
	return "nothing\n"
}

func ballot(t *testing.T, text string) node.Ballot {
	if text == "" {
		return 0
	}
	round, id, _ := strings.Cut(text, ".")
	n, err := strconv.ParseUint(round, 10, 48)
	require.NoError(t, err)
	of, err := strconv.ParseUint(id, 10, 16)
	require.NoError(t, err)
	return node.NewBallot(n, node.ID(of))
}
