package timeline_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/scenarios/timeline"
)

// told makes a run of lines "event who[>peer] kind name ballot text", "-" for what is not there, and tells it. Who receives a message
// receives the one of that name that was sent to it last.
func told(t *testing.T, fingerprint, detail, run string) []string {
	return toldOf(t, 3, fingerprint, detail, run)
}

// toldOf is told, of that many replicas.
func toldOf(t *testing.T, nodes int, fingerprint, detail, run string) []string {
	one := timeline.Timeline{Verdict: "violation", Fingerprint: fingerprint, Detail: detail, Nodes: nodes, Clients: 1}
	sent := map[string]uint64{}
	for _, line := range strings.Split(strings.TrimSpace(run), "\n") {
		f := strings.Fields(strings.ReplaceAll(line, " - ", "  - "))
		require.GreaterOrEqual(t, len(f), 5, line)
		event, err := strconv.ParseUint(f[0], 10, 64)
		require.NoError(t, err)
		r := timeline.Record{Event: event, At: int64(event) * 1_000_000, Kind: f[2], Text: strings.Join(f[5:], " ")}
		r.Who, r.Peer, _ = strings.Cut(f[1], ">")
		for at, field := range map[int]*string{3: &r.Name, 4: &r.Ballot} {
			if f[at] != "-" {
				*field = f[at]
			}
		}
		if r.Name == "Accept" || r.Name == "voted" || r.Name == "chosen" || r.Kind == "VIOLATION" {
			r.Slot = 1
		}
		switch name := r.Name + " " + r.Ballot + " "; r.Kind {
		case "send":
			r.Message = uint64(len(one.Records) + 1)
			sent[name+r.Who+r.Peer] = r.Message
		case "recv", "lost":
			from, to := r.Who, r.Peer
			if r.Kind == "recv" {
				from, to = to, from
			}
			r.Message = sent[name+from+to]
			require.NotZero(t, r.Message, line)
		}
		one.Records = append(one.Records, r)
		one.End = r.At
	}
	return one.Tell()
}

// A vote below a promise is told with the promise, and with the crash in which it was forgotten, however little of the promise came out.
func TestStoryOfABrokenPromise(t *testing.T) {
	const vote = `
20 n1>n2 send Accept 1.1 Accept 1.1
21 n2>n1 recv Accept 1.1 Accept 1.1
22 n2 durable voted 1.1 voted in 1.1 for slot 1
22 n2 VIOLATION - 1.1 vote below a promise`
	for _, c := range []struct{ name, run, want string }{
		{"its own ballot, of which nobody heard", `
1 n2 log - - prepares ballot 1.2
3 n2 crash - - nothing on disk lost
5 n2 start - -`, `
1.000ms: n2 prepares ballot 1.2; n2 writes its promise
3.000ms: n2 crashes
5.000ms: n2 is back`},
		{"its own ballot, durable before a crash", `
1 n2 log - - prepares ballot 1.2
2 n2 durable promised 1.2 promised 1.2
3 n2 crash - - nothing on disk lost
5 n2 start - -`, `
1.000ms: n2 prepares ballot 1.2; n2 promises
3.000ms: n2 crashes
5.000ms: n2 is back`},
		{"another's, whose answer is lost", `
1 n3>n2 send Prepare 1.3 Prepare 1.3
2 n2>n3 recv Prepare 1.3 Prepare 1.3
3 n2 durable promised 1.3 promised 1.3
3 n2>n3 send Promise 1.3 Promise 1.3
3 n2>n3 lost Promise 1.3 Promise 1.3 (chance)
4 n2 crash - - nothing on disk lost
5 n2 start - -`, `
1.000ms: n3 prepares ballot 1.3; n2 promises; n2's promise is lost
4.000ms: n2 crashes
5.000ms: n2 is back`},
		{"another's, which the crash overtook", `
1 n3>n2 send Prepare 1.3 Prepare 1.3
2 n2>n3 recv Prepare 1.3 Prepare 1.3
4 n2 crash - - nothing on disk lost
5 n2 start - -`, `
1.000ms: n3 prepares ballot 1.3; n2 writes its promise
4.000ms: n2 crashes
5.000ms: n2 is back`},
		{"another's, which a crash takes first", `
1 n3>n2 send Prepare 1.3 Prepare 1.3
2 n2>n3 recv Prepare 1.3 Prepare 1.3
3 n2 crash - - 1 unsynced write lost
5 n2 start - -
6 n3>n2 send Prepare 1.3 Prepare 1.3
7 n2>n3 recv Prepare 1.3 Prepare 1.3
8 n2 durable promised 1.3 promised 1.3
9 n2 crash - - nothing on disk lost
10 n2 start - -`, `
1.000ms: n3 prepares ballot 1.3; n2 promises
9.000ms: n2 crashes
10.000ms: n2 is back`},
	} {
		t.Run(c.name, func(t *testing.T) {
			ballot := c.want[strings.Index(c.want, "ballot ")+7:][:3]
			detail := "n2 voted in ballot 1.1 for slot 1, having promised " + ballot
			story := told(t, "promise: vote below a promise", detail, c.run+vote)
			require.Equal(t, strings.TrimSpace(c.want)+`
20.000ms: n1 asks to accept a value in ballot 1.1; n2 accepts
22.000ms: violation of promise: `+detail, strings.Join(story, "\n"))
		})
	}
}

// A replica that is alone sends no messages that could tell what it does: what it logs and what becomes durable does, and its crash matters, though it came between the two.
func TestStoryOfOneReplica(t *testing.T) {
	detail := "n1 voted for c2#1 in ballot 2.1 for slot 1, and in ballot 1.1 c1#1 may still be chosen"
	require.Equal(t, strings.Split(`1.000ms: n1 prepares ballot 1.1
3.000ms: n1 crashes
3.000ms: n1 has accepted a value in ballot 1.1, and is a quorum by itself: it is chosen
5.000ms: n1 is back
6.000ms: n1 prepares ballot 2.1
7.000ms: violation of safe: `+detail, "\n"), toldOf(t, 1, "safe: vote for another value than may be chosen", detail, `
1 n1 log - - prepares ballot 1.1
3 n1 crash - - nothing on disk lost
3 n1 durable chosen 1.1 slot 1 is chosen in ballot 1.1: c1#1
5 n1 start - -
6 n1 log - - prepares ballot 2.1
7 n1 durable voted 2.1 voted in 2.1 for slot 1
7 n1 VIOLATION - 2.1 vote for another value than may be chosen`))
}

// A broken lease is told with the last grants of it, and with who stood for election meanwhile; votes in the ballots do not matter.
func TestStoryOfABrokenLease(t *testing.T) {
	detail := "n2 turned to ballot 2.3, and its grant of a lease to ballot 1.1 had 5 ns to go"
	require.Equal(t, strings.Split(`1.000ms: n1 stands for election in ballot 1.1; n2 promises
4.000ms: n1 leads in ballot 1.1
8.000ms: n2 grants a lease for 100ms in ballot 1.1
9.000ms: n2 crashes
10.000ms: n2 is back
11.000ms: n3 stands for election in ballot 2.3
13.000ms: n2 handles Prepare 2.3 from n3
13.000ms: violation of lease: `+detail, "\n"), told(t, "lease: promised another in its time", detail, `
1 n1 log - - stands for election in ballot 1.1
2 n1>n2 send Prepare 1.1 Prepare 1.1
3 n2>n1 recv Prepare 1.1 Prepare 1.1
3 n2 durable promised 1.1 promised 1.1
3 n2>n1 send Promise 1.1 Promise 1.1
4 n1>n2 recv Promise 1.1 Promise 1.1
4 n1 observe leading 1.1 leads in ballot 1.1
5 n1>n2 send Accept 1.1 Accept 1.1
6 n2>n1 recv Accept 1.1 Accept 1.1
6 n2 durable voted 1.1 voted in 1.1 for slot 1
7 n2 observe granted 1.1 grants a lease for 90ms
8 n2 observe granted 1.1 grants a lease for 100ms
9 n2 crash - - nothing on disk lost
10 n2 start - -
11 n3 log - - stands for election in ballot 2.3
12 n3>n2 send Prepare 2.3 Prepare 2.3
13 n2>n3 recv Prepare 2.3 Prepare 2.3
13 n2 VIOLATION - - promised another in its time`))
}

// A value without operations in it, such as the opening of a session, keeps its digest.
func TestStoryOfAValueWithoutAName(t *testing.T) {
	one := timeline.Timeline{Verdict: "violation", Fingerprint: "learned: value not chosen", Detail: "n1 learned e092555c, not 1092555c", Digests: map[string]string{"e092555c": "", "1092555c": "c1#1"}}
	require.Equal(t, []string{"0.000ms: violation of learned: n1 learned e092555c, not c1#1"}, one.Tell())
}

// What is sent again and again takes one sentence, until something else happens.
func TestStoryFoldsWhatIsRepeated(t *testing.T) {
	var run strings.Builder
	event := 0
	sends := func(from, to, name string) {
		event++ // an event each, as when a timer fires
		fmt.Fprintf(&run, "%d %s>%s send %s - %s 1\n", event, from, to, name, name)
	}
	for range 3 {
		sends("n1", "n2", "Update")
		sends("n1", "n3", "Update")
	}
	event++
	fmt.Fprintf(&run, "%d n1 crash - - nothing on disk lost\n", event)
	for range 2 {
		sends("n1", "n3", "Update")
	}
	sends("n1", "n3", "Bye")
	fmt.Fprintf(&run, "%d n1 VIOLATION - - gone\n", event+1)
	require.Equal(t, []string{
		"1.000ms: n1 sends Update 1 to n2, 3 times until 5.000ms",
		"2.000ms: n1 sends Update 1 to n3, 3 times until 6.000ms",
		"7.000ms: n1 crashes",
		"8.000ms: n1 sends Update 1 to n3, 2 times until 9.000ms",
		"10.000ms: n1 sends Bye 1 to n3",
		"11.000ms: violation of sample: gone",
	}, told(t, "sample: gone", "gone", run.String()))
}
