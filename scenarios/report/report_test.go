package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"simrun/scenarios/report/sample"
	"simrun/scenarios/timeline"
)

func write(t require.TestingT, run *timeline.Timeline) string {
	var b bytes.Buffer
	require.NoError(t, Write(&b, run))
	return b.String()
}

var dataElement = regexp.MustCompile(`(?s)<script type="application/json" id="data">(.*?)</script>`)

// dataOf reads the run back out of a page, as a browser would.
func dataOf(t require.TestingT, page string) (d data) {
	found := dataElement.FindAllStringSubmatch(page, -1)
	require.Len(t, found, 1)
	require.NoError(t, json.Unmarshal([]byte(found[0][1]), &d))
	return d
}

func TestSameBytes(t *testing.T) {
	require.Equal(t, write(t, sample.Safety(1000, 3)), write(t, sample.Safety(1000, 3)))
	require.NotEqual(t, write(t, sample.Safety(1000, 3)), write(t, sample.Safety(1000, 4)))
}

// The page asks for nothing: it names no other address, and forbids itself to load one.
func TestSelfContained(t *testing.T) {
	page := write(t, sample.Liveness(500, 1))
	require.NotRegexp(t, `(?i)https?:|wss?:|ftp:|//cdn`, page)
	require.NotRegexp(t, `(?i)\b(src|href|action|srcset)\s*=\s*["']?[^d"' ]`, page, "only data: URLs")
	require.NotRegexp(t, `(?i)url\(|@import|\bimport\s*\(|\bfetch\s*\(|XMLHttpRequest|WebSocket|sendBeacon|\bWorker\b`, page)
	require.Contains(t, page, `http-equiv="Content-Security-Policy" content="default-src 'none';`)
	require.NotContains(t, page, "{{")
}

// Texts of a run cannot end the element they stand in, nor be taken for places of the page to fill in.
func TestTextsAreTexts(t *testing.T) {
	nasty := rapid.SliceOfN(rapid.SampledFrom([]string{
		"</script>", "<!--", "<script>", "-->", "]]>", "{{script}}", "{{data}}", "\u2028", "\"", "'", "\\", "&lt;", "\x00", "é", "a", " ",
	}), 0, 6)
	rapid.Check(t, func(t *rapid.T) {
		text := func(name string) string { return strings.Join(nasty.Draw(t, name), "") }
		run := &timeline.Timeline{
			Scenario: text("scenario"), Verdict: text("verdict"), Detail: text("detail"), Config: []string{text("config")}, Story: []string{text("story")},
			Records: []timeline.Record{{Event: 1, Kind: text("kind"), Who: "n1", Name: text("name"), Text: text("text"), Ballot: text("ballot")}},
			Ops:     []timeline.Op{{Client: "c1", Text: text("operation"), Out: text("out"), Outcome: "ok"}},
			Faults:  []timeline.Fault{{Kind: text("fault"), Text: text("words")}},
			States:  []timeline.State{{Event: 1, Who: "n1", Lines: []string{text("line")}}},
			Series:  []timeline.Series{{Name: text("series")}},
		}
		page := write(t, run)
		require.Equal(t, 2, strings.Count(page, "</script"), "its own two")
		require.Equal(t, strings.Count(string(part("page.html")), "<!"), strings.Count(page, "<!")-strings.Count(joined(), "<!"))
		d := dataOf(t, page)
		require.Equal(t, run.Scenario, d.Scenario)
		require.Equal(t, run.Detail, d.Detail)
		require.Equal(t, run.Story, d.Story)
		require.Equal(t, run.Config, d.Config)
		require.Equal(t, run.Records[0].Text, d.Texts[d.Records.Text[0]])
		require.Equal(t, run.Ops[0].Text, d.Texts[d.Ops[0][2]])
		require.Equal(t, run.States[0].Lines[0], d.Texts[d.States[0].Lines[0]])
	})
}

// joined is what the page consists of beside its frame.
func joined() string {
	all := part("report.css")
	for _, name := range scripts {
		all += part(name)
	}
	return all
}

// What goes in as records comes out of the columns.
func TestColumns(t *testing.T) {
	who := rapid.SampledFrom([]string{"", "n1", "n2", "c1", "x9"})
	word := rapid.SampledFrom([]string{"", "send", "recv", "Prepare", "3.1", "learned slot 5"})
	rapid.Check(t, func(t *rapid.T) {
		run := &timeline.Timeline{Nodes: 2, Clients: 1}
		r := timeline.Record{}
		for range rapid.IntRange(0, 30).Draw(t, "records") {
			r.Event += rapid.Uint64Range(0, 1<<40).Draw(t, "event")
			r.At += rapid.Int64Range(0, 1<<40).Draw(t, "at")
			r.Kind, r.Name, r.Text, r.Ballot = word.Draw(t, "kind"), word.Draw(t, "name"), word.Draw(t, "text"), word.Draw(t, "ballot")
			r.Who, r.Peer = who.Draw(t, "who"), who.Draw(t, "peer")
			r.Slot, r.Lamport = rapid.Uint64().Draw(t, "slot"), rapid.Uint64Range(0, 1<<50).Draw(t, "lamport")
			r.Clock = rapid.SliceOfN(rapid.Uint64Range(0, 9), 0, 3).Draw(t, "clock")
			run.Records = append(run.Records, r)
		}
		d := dataOf(t, write(t, run))
		c := &d.Records
		require.Equal(t, []string{"n1", "n2", "c1"}, d.Lanes[:3])
		require.Len(t, c.Event, len(run.Records))
		event, at := int64(0), int64(0)
		lane := func(i int64) string {
			if i < 0 {
				return ""
			}
			return d.Lanes[i]
		}
		for i, r := range run.Records {
			event, at = event+c.Event[i], at+c.At[i]
			got := timeline.Record{
				Event: uint64(event), At: at, Kind: d.Texts[c.Kind[i]], Who: lane(c.Who[i]), Peer: lane(c.Peer[i]), Name: d.Texts[c.Name[i]],
				Text: d.Texts[c.Text[i]], Ballot: d.Texts[c.Ballot[i]], Lamport: uint64(c.Lamport[i]), Clock: r.Clock,
			}
			got.Slot, _ = strconv.ParseUint(d.Texts[c.Slot[i]], 10, 64)
			require.Equal(t, r, got)
			if len(r.Clock) > 0 {
				require.Equal(t, r.Clock, c.Clock[i])
			}
		}
	})
}

// A run as the page gets it, in full: messages are counted anew, numbers beyond 2^53 are texts, what is out of range is left out.
func TestData(t *testing.T) {
	run := &timeline.Timeline{
		Scenario: "kv", Seed: 1<<64 - 1, Verdict: "pass", Nodes: 1, Clients: 1, Events: 2, End: 30,
		Records: []timeline.Record{
			{Event: 1, At: 10, Kind: "send", Who: "n1", Peer: "c1", Message: 1 << 60, Name: "Reply", Slot: 1<<64 - 1, Lamport: 1},
			{Event: 2, At: 30, Kind: "recv", Who: "c1", Peer: "n1", Message: 1 << 60, Name: "Reply", Lamport: 2},
		},
		Ops:     []timeline.Op{{Client: "c1", Process: 3, Text: "get k1", Outcome: "open", Call: 1, CallAt: 5}},
		Faults:  []timeline.Fault{{Index: 2, Kind: "crash", From: 1, Until: 2, Nodes: []string{"n1"}, Text: "crash n1"}},
		States:  []timeline.State{{Event: 1, Who: "n1", Lines: []string{"role leader"}}},
		Series:  []timeline.Series{{Name: "finished", At: []int64{0, 10, 20}, Values: []int64{1, 2}}},
		Witness: []int{0, 1, -1},
	}
	encoded, err := encode(run)
	require.NoError(t, err)
	require.JSONEq(t, `{
		"scenario": "kv", "seed": "18446744073709551615", "profile": "", "build": "", "verdict": "pass", "fingerprint": "", "detail": "",
		"traceHash": "", "events": 2, "end": 30, "nodes": 1, "cut": "", "config": [], "story": [], "witness": [0],
		"lanes": ["n1", "c1"],
		"texts": ["", "send", "Reply", "18446744073709551615", "recv", "get k1", "open", "role leader"],
		"records": {
			"event": [1, 1], "at": [10, 20], "kind": [1, 4], "who": [0, 1], "peer": [1, 0], "message": [1, 1], "name": [2, 2],
			"text": [0, 0], "slot": [3, 0], "ballot": [0, 0], "lamport": [1, 2], "clock": []
		},
		"ops": [[1, 3, 5, 0, 6, 1, 5, 0, 0, 0]],
		"faults": [{"kind": "crash", "from": 1, "until": 2, "lanes": [0], "text": "crash n1", "index": 2}],
		"states": [{"event": 1, "lane": 0, "lines": [7]}],
		"series": [{"name": "finished", "at": [0, 10], "values": [1, 2]}]
	}`, string(encoded))
}

// Of a run that came to a standstill, the operations that nobody answered are those in question.
func TestOperationsInQuestion(t *testing.T) {
	run := sample.Safety(1000, 7)
	run.Witness, run.Fingerprint = nil, "liveness: no progress"
	var open []int
	for i, o := range run.Ops {
		if o.Outcome == "open" {
			open = append(open, i)
		}
	}
	require.NotEmpty(t, open)
	d := decode(t, run)
	require.Equal(t, open, d.Witness)
	run.Fingerprint = "agreement: two values chosen"
	require.Empty(t, decode(t, run).Witness)
}

func decode(t *testing.T, run *timeline.Timeline) (d data) {
	t.Helper()
	encoded, err := encode(run)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(encoded, &d))
	return d
}

// A page of a long run stays small enough to be mailed: less than 90 bytes a record, operations and states included.
func TestSize(t *testing.T) {
	run := sample.Safety(10_000, 7)
	size := len(write(t, run)) - len(write(t, &timeline.Timeline{}))
	require.Less(t, size/len(run.Records), 90)
}

type broken struct{ after int }

func (b *broken) Write(p []byte) (int, error) {
	if b.after -= len(p); b.after < 0 {
		return 0, errors.New("disk full")
	}
	return len(p), nil
}

func TestWriteFails(t *testing.T) {
	run := sample.Safety(500, 1)
	for _, after := range []int{0, 100, 50_000} {
		require.ErrorContains(t, Write(&broken{after}, run), "disk full")
	}
}

// Every file of the page is used.
func TestParts(t *testing.T) {
	files, err := page.ReadDir("page")
	require.NoError(t, err)
	require.Len(t, files, len(scripts)+2)
	for _, name := range append([]string{"page.html", "report.css"}, scripts...) {
		require.NotEmpty(t, part(name))
	}
}
