package paxos

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
	"github.com/stretchr/testify/require"

	"simrun/node"
	"simrun/node/nodetest"
)

// The files in testdata are transcripts of replica n1 at work: each step is something that happens to it, followed by
// all that it does about it. Values are hexadecimal. The commands are
//
//	group nodes=3 [phase1= phase2=]         a replica with an empty disk boots
//	prepare|promise|accept|accepted|reject|chosen|query from=2 [ballot=1.2 accepted=1.2 promised=1.2 value=aa]
//	propose client=1 seq=1 value=aa         from a client
//	read client=1 seq=1
//	timer proposer|poll                     it fires
//	armed proposer|poll                     says after what time it will
//	sync                                    what was written so far becomes durable
//	restart                                 it crashes, what was not durable is lost, and it boots
//	random percent=50                       what it draws from now on: half the span
//	rot at=N                                a bit flips in its durable log
//	torn by=N                               the last bytes of its log are not on the disk
//	state                                   what the acceptor has promised and accepted
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
	p.r = New(1, p.config)
	p.stage.Boot(p.r)
}

func (p *player) play(t *testing.T, d *datadriven.TestData) string {
	args := map[string]string{}
	for _, a := range d.CmdArgs {
		args[a.Key] = strings.Join(a.Vals, "")
	}
	switch d.Cmd {
	case "group":
		if err := p.group(t, args); err != nil {
			return err.Error() + "\n"
		}
	case "propose":
		client, seq := number(t, args["client"]), number(t, args["seq"])
		p.stage.Request(node.Client(client), node.Request{Op: node.Command, Seq: seq, Command: value(t, args["value"])})
	case "read":
		p.stage.Request(node.Client(number(t, args["client"])), node.Request{Op: node.Read, Seq: number(t, args["seq"])})
	case "timer":
		p.stage.Fire(timer(t, d.CmdArgs[0].Key))
	case "sync":
		p.stage.Sync()
	case "restart":
		p.boot()
	case "random":
		p.stage.Random = number(t, args["percent"]) << 32 / 100 << 32
	case "armed":
		return p.armed(t, d.CmdArgs[0].Key)
	case "rot":
		p.stage.Durable(file)[number(t, args["at"])] ^= 1
	case "torn":
		b := p.stage.Durable(file)
		p.stage.SetDurable(file, b[:len(b)-int(number(t, args["by"]))])
	case "state":
		a := p.r.acceptor
		return fmt.Sprintf("promised %v, accepted %x in %v\n", a.promised, a.value, a.accepted)
	default:
		p.stage.Receive(node.ID(number(t, args["from"])), message(t, d.Cmd, args))
	}
	if out := p.stage.Take(); out != "" {
		return out
	}
	return "nothing\n"
}

func (p *player) armed(t *testing.T, name string) string {
	at, armed := p.stage.Armed(timer(t, name))
	if !armed {
		return "not armed\n"
	}
	return fmt.Sprintln(time.Duration(at))
}

func (p *player) group(t *testing.T, args map[string]string) error {
	var ids []node.ID
	for i := range number(t, args["nodes"]) {
		ids = append(ids, node.ID(i+1))
	}
	p.config = Majority(ids...)
	if args["phase1"] != "" {
		p.config.Phase1, p.config.Phase2 = int(number(t, args["phase1"])), int(number(t, args["phase2"]))
	}
	if err := p.config.Validate(); err != nil {
		return err
	}
	p.stage = nodetest.New[Message](1)
	p.boot()
	return nil
}

func message(t *testing.T, kind string, args map[string]string) Message {
	for k := Prepare; k < synced; k++ {
		if strings.ToLower(kindNames[k]) == kind {
			return Message{
				Kind: k, Ballot: ballot(t, args["ballot"]), Accepted: ballot(t, args["accepted"]),
				Promised: ballot(t, args["promised"]), Value: value(t, args["value"]),
			}
		}
	}
	t.Fatalf("no command %q", kind)
	return Message{}
}

func timer(t *testing.T, name string) node.TimerID {
	switch name {
	case "proposer":
		return timerProposer
	case "poll":
		return timerPoll
	}
	t.Fatalf("no timer %q", name)
	return 0
}

func number(t *testing.T, s string) uint64 {
	n, err := strconv.ParseUint(s, 10, 64)
	require.NoError(t, err)
	return n
}

func ballot(t *testing.T, s string) node.Ballot {
	if s == "" {
		return 0
	}
	round, id, ok := strings.Cut(s, ".")
	require.True(t, ok)
	return node.NewBallot(number(t, round), node.ID(number(t, id)))
}

func value(t *testing.T, s string) []byte {
	if s == "" {
		return nil
	}
	var b []byte
	_, err := fmt.Sscanf(s, "%x", &b)
	require.NoError(t, err)
	return b
}
