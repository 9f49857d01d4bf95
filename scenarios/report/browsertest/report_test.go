package browsertest

import (
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"simrun/scenarios/report/sample"
	"simrun/scenarios/timeline"
)

// A run that fits on the screen:
//
//	1ms    n1 sends Prepare to n2 and n3, which is lost on the way to n3
//	2ms    n2 receives it; its state changes
//	3ms    n3 crashes, and starts again at 6ms
//	4ms    c1 calls put k1 7, and is answered at 8ms
//	9ms    violation
func small() *timeline.Timeline {
	const ms = 1_000_000
	r := func(event uint64, at int64, kind, who string) timeline.Record {
		return timeline.Record{Event: event, At: at, Kind: kind, Who: who, Lamport: event}
	}
	message := func(r timeline.Record, number uint64, peer string) timeline.Record {
		r.Message, r.Peer, r.Name, r.Text, r.Ballot = number, peer, "Prepare", "Prepare 3.1 from slot 5", "3.1"
		return r
	}
	said := func(r timeline.Record, name, text string) timeline.Record {
		r.Name, r.Text = name, text
		return r
	}
	return &timeline.Timeline{
		Scenario: "kv", Seed: 18446744073709551615, Verdict: "violation", Fingerprint: "agreement: two values chosen",
		Detail: "slot 5: <b>two</b> values", TraceHash: "e8bc4549571696a5", Events: 9, End: 9 * ms, Nodes: 3, Clients: 1,
		Config: []string{"nodes 3, clients 1", "drop </script><b>0</b>"},
		Story:  []string{"n1 prepares ballot 3.1 (event 2).", "n3 crashes at 3ms.", "Nobody knows why."},
		Records: []timeline.Record{
			r(1, 0, "start", "n1"), r(1, 0, "start", "n2"), r(1, 0, "start", "n3"),
			message(r(2, 1*ms, "send", "n1"), 1, "n2"), message(r(2, 1*ms, "send", "n1"), 2, "n3"), message(r(2, 1*ms, "lost", "n3"), 2, "n1"),
			message(r(3, 2*ms, "recv", "n2"), 1, "n1"), said(r(3, 2*ms, "observe", "n2"), "learned", "learned slot 5"),
			r(4, 3*ms, "crash", "n3"), said(r(5, 4*ms, "call", "c1"), "call", "#1 put k1 7"), r(6, 6*ms, "start", "n3"),
			said(r(7, 8*ms, "return", "c1"), "return", "#1 put k1 7 = ok"), said(r(9, 9*ms, "VIOLATION", ""), "", "two values"),
		},
		Ops: []timeline.Op{{Client: "c1", Text: "put k1 7", Out: "ok", Outcome: "ok", Call: 5, CallAt: 4 * ms, Return: 7, ReturnAt: 8 * ms, Slot: 5}},
		Faults: []timeline.Fault{
			{Kind: "crash", From: 3 * ms, Until: 6 * ms, Nodes: []string{"n3"}, Text: "crash n3"},
			{Index: 1, Kind: "partition", From: 5 * ms, Until: 9 * ms, Nodes: []string{"n1"}, Text: "5ms +4ms partition {n1 | n2 n3}"},
		},
		States: []timeline.State{
			{Event: 1, Who: "n2", Lines: []string{"promised 0.0", "accepted none"}},
			{Event: 3, Who: "n2", Lines: []string{"promised 3.1", "accepted none"}},
		},
		Series:  []timeline.Series{{Name: "operations finished", At: []int64{0, 5 * ms}, Values: []int64{0, 1}}},
		Witness: []int{0},
	}
}

// xy is the middle of where a record is drawn.
func xy(p *tab, record int) (float64, float64) {
	p.t.Helper()
	at := eval[[2]float64](p, "report.place(%d)", record)
	return at[0], at[1]
}

func TestWords(t *testing.T) {
	p := open(t, small(), look{})
	require.Equal(t, "kv seed 18446744073709551615", p.text("#run"), "a seed is not rounded")
	require.Equal(t, "violation agreement: two values chosen", p.text("h1"))
	require.Equal(t, "slot 5: <b>two</b> values", p.text("#detail"), "texts are texts")
	require.Equal(t, "nodes 3, clients 1\ndrop </script><b>0</b>", p.text("#config pre"))
	require.Equal(t, 3, eval[int](p, `document.querySelectorAll("#story li").length`))
	require.Contains(t, p.text("#witness"), "c1: put k1 7")
	table := p.text("#faults table")
	require.Contains(t, table, "3.000 ms")
	require.Contains(t, table, "partition\t{n1 | n2 n3}")
	require.Contains(t, p.text("#facts"), "e8bc4549571696a5")
	require.Equal(t, "kv seed 18446744073709551615: violation", eval[string](p, "document.title"))
}

// Both ends of a message are found, what is lost has none, and what was dropped is drawn from its sender wherever that is told.
func TestMessages(t *testing.T) {
	p := open(t, small(), look{})
	require.Equal(t, drawn{Frames: p.drawn().Frames, Messages: 2, Marks: 6, InView: 2, Calls: p.drawn().Calls, Selected: -1, Mode: "arrows"}, p.drawn())
	require.Equal(t, []int{3, 4}, eval[[]int](p, "[...report.messages.start]"))
	require.Equal(t, []int{6, -1}, eval[[]int](p, "[...report.messages.end]"))
	require.Equal(t, []int{0, 2}, eval[[]int](p, "[...report.messages.flag]"))
}

func TestStoryLeadsToTheDiagram(t *testing.T) {
	p := open(t, small(), look{})
	require.Equal(t, 2, eval[int](p, `document.querySelectorAll("#story li button").length`), "the last line names no moment")
	p.click("#story li:nth-child(1) button")
	from, until := p.span()
	require.Less(t, until-from, 9e6, "zoomed in")
	require.InDelta(t, 1e6, (from+until)/2, 6e5, "on the moment: as far as the beginning allows")
	require.Equal(t, 3, p.drawn().Selected)
	require.Equal(t, "diagram", eval[string](p, "document.activeElement.id"))
	p.press("0")
	p.click("#story li:nth-child(2) button")
	from, until = p.span()
	require.Less(t, from, 3e6)
	require.Greater(t, until, 3e6)
}

func TestHover(t *testing.T) {
	p := open(t, small(), look{})
	require.True(t, eval[bool](p, `document.querySelector("#tip").hidden`))
	x0, y0 := xy(p, 3)
	x1, y1 := xy(p, 6)
	p.moveTo((x0+x1)/2, (y0+y1)/2) // in the middle of the arrow
	tip := p.text("#tip")
	require.Contains(t, tip, "Prepare 3.1 from slot 5")
	require.Contains(t, tip, "1.000 ms → 2.000 ms, 1 ms")
	x, y := xy(p, 9)
	p.moveTo(x+30, y)
	require.Contains(t, p.text("#tip"), "put k1 7")
	_, y = xy(p, 0)
	p.moveTo(x, y+22) // between two lanes, where nothing is
	require.True(t, eval[bool](p, `document.querySelector("#tip").hidden`))
}

func TestClick(t *testing.T) {
	p := open(t, small(), look{})
	x, y := xy(p, 7)
	p.clickAt(x, y)
	panel := p.text("#selected")
	for _, words := range []string{"n2 learned slot 5", "2.000 ms", "Lamport clock", "State of n2, changed here", "0.0 3.1", "In the same event", "n2 receives Prepare from n1"} {
		require.Contains(t, panel, words)
	}
	p.click("#selected ul button") // what else happened then: the receipt
	panel = p.text("#selected")
	require.Contains(t, panel, "n2 receives Prepare from n1")
	require.Contains(t, panel, "1.000 ms", "when it was sent")
	p.clickAt(x, 5) // on nothing
	require.Equal(t, -1, p.drawn().Selected)
}

func TestKeys(t *testing.T) {
	p := open(t, small(), look{})
	p.focus("#diagram")
	whole, _ := p.span()
	p.press("+", "+")
	from, until := p.span()
	require.Greater(t, from, whole)
	p.press(right)
	moved, movedUntil := p.span()
	require.Greater(t, moved, from)
	require.InDelta(t, until-from, movedUntil-moved, 1, "panned, not zoomed")
	p.press("0")

	p.press("n") // the first record of all
	require.Equal(t, 0, p.drawn().Selected)
	p.press(right) // n1's next
	require.Equal(t, 3, p.drawn().Selected)
	p.press(enter) // where the message went
	require.Equal(t, 6, p.drawn().Selected)
	p.press(enter)
	require.Equal(t, 3, p.drawn().Selected)
	p.press(down) // n2's nearest
	require.Contains(t, []int{1, 6, 7}, p.drawn().Selected)
	p.press(down, down) // n3's, c1's
	require.Equal(t, 9, p.drawn().Selected)
	p.press(right)
	require.Equal(t, 11, p.drawn().Selected)
	p.press(right) // there is no further one
	require.Equal(t, 11, p.drawn().Selected)
	p.press(escape)
	require.Equal(t, -1, p.drawn().Selected)
	p.press("/")
	require.Equal(t, "find", eval[string](p, "document.activeElement.id"))
}

func TestZoomAndDrag(t *testing.T) {
	p := open(t, small(), look{})
	x, y := xy(p, 8)
	under := eval[float64](p, "report.records.at[8]")
	p.moveTo(x, y+20)
	p.mouse(chromedp.MouseWheel, x, y+20, wheel(-600))
	from, until := p.span()
	require.Less(t, until-from, 6e6)
	again, _ := xy(p, 8)
	require.InDelta(t, x, again, 1.5, "what is under the mouse stays there")
	require.Greater(t, under, from)

	p.clickAt(x, y)
	x, y = xy(p, 8)
	p.mouse(chromedp.MouseMoved, x, y+20)
	p.mouse(chromedp.MousePressed, x, y+20, pressed)
	p.mouse(chromedp.MouseMoved, x-60, y+20, pressed)
	p.mouse(chromedp.MouseReleased, x-60, y+20, pressed)
	dragged, _ := xy(p, 8)
	require.InDelta(t, x-60, dragged, 1.5)
	require.Equal(t, 8, p.drawn().Selected, "a drag is not a click: that would have let go")

	p.click("#zoom-all")
	from, until = p.span()
	require.Zero(t, from)
	require.Greater(t, until, 9e6)
}

func TestFilter(t *testing.T) {
	p := open(t, sample.Safety(1000, 7), look{})
	all := p.drawn().Messages
	of := func(kind string) int {
		return eval[int](p, "[...report.messages.name].filter((n) => report.run.texts[n] === %q).length", kind)
	}
	p.click("#kinds label:nth-of-type(1)")
	require.Equal(t, all-of("Prepare"), p.drawn().Messages)
	p.click("#kinds label:nth-of-type(1)")
	require.Equal(t, all, p.drawn().Messages)

	p.click("#lanes label:nth-of-type(1)") // n1
	n1 := eval[int](p, "[...report.messages.from].filter((from, m) => from === 0 || report.messages.to[m] === 0).length")
	require.Equal(t, all-n1, p.drawn().Messages)
	p.click("#lanes label:nth-of-type(1)")

	p.write("#find", "accepted slot")
	require.Equal(t, of("Accepted"), p.drawn().Messages)
	require.Contains(t, p.text("#in-view"), "shown")
	p.write("#find", " zebra")
	require.Zero(t, p.drawn().Messages)
	p.press(escape)
	require.Equal(t, all, p.drawn().Messages)
}

// What led to a record: what came before it on its lane, and before the messages it had received.
func TestCauses(t *testing.T) {
	p := open(t, small(), look{})
	p.focus("#diagram")
	x, y := xy(p, 7)
	p.clickAt(x, y) // n2 has learned, after it received from n1
	p.press("c")
	require.Equal(t, 1, p.drawn().Messages, "not the one to n3")
	require.Contains(t, p.text("#in-view"), "5 of 13 shown", "n1 and n2 start, n1 sends, n2 receives and learns")
	require.Equal(t, "Only what led to event 3 ×", p.text("#causes"))
	p.click("#causes")
	require.Equal(t, 2, p.drawn().Messages)
	p.focus("#diagram")
	p.press(escape)
	p.clickAt(xOfMoment(p, 12), 8) // the violation: its event, and what was before it
	require.Equal(t, 12, p.drawn().Selected)
	p.press("c")
	require.Contains(t, p.text("#in-view"), "3 of 13 shown")
}

// xOfMoment is where a record that is on no lane is drawn.
func xOfMoment(p *tab, record int) float64 {
	p.t.Helper()
	return eval[float64](p, "64 + (report.records.at[%d] - report.view.t0) / (report.view.t1 - report.view.t0) * report.view.width", record)
}

// Times are told to the microsecond, whatever their size.
func TestTimes(t *testing.T) {
	run := small()
	run.Faults = nil
	for _, at := range []int64{0, 999, 1_500, 2_000_000, 2_345_678, 1_000_000_000, 2_836_743_210, 63_000_100_000} {
		run.Faults = append(run.Faults, timeline.Fault{Kind: "crash", From: at, Until: at + 1})
	}
	p := open(t, run, look{})
	require.Equal(t, []string{"0", "999 ns", "1.500 µs", "2.000 ms", "2.346 ms", "1.000 s", "2.836743 s", "63.0001 s"},
		eval[[]string](p, `[...document.querySelectorAll("#faults td:nth-child(2)")].map((e) => e.innerText)`))
}

func TestFindByField(t *testing.T) {
	run := sample.Safety(1000, 7)
	want := map[string]int{}
	for _, r := range run.Records {
		if r.Kind == "send" || r.Kind == "copy" {
			if r.Slot == 3 {
				want["slot:3"]++
			}
			if r.Ballot == "2.3" {
				want["ballot:2.3"]++
			}
		}
	}
	p := open(t, run, look{})
	for _, query := range []string{"slot:3", "ballot:2.3"} {
		p.write("#find", query)
		require.Equal(t, want[query], p.drawn().Messages, query)
		p.press(escape)
	}
}

// The address names the selected event, and opens the page there.
func TestAddress(t *testing.T) {
	p := open(t, small(), look{})
	p.focus("#diagram")
	p.press("n", right)
	require.Equal(t, "#e2", eval[string](p, "location.hash"))
	p.do(chromedp.Reload())
	p.settle()
	require.Equal(t, 3, p.drawn().Selected)
	_, until := p.span()
	require.Less(t, until, 4e6, "zoomed in")
	p.press(escape)
	require.Empty(t, eval[string](p, "location.hash"))
}

// Two fingers that part zoom in, around what is between them.
func TestPinch(t *testing.T) {
	p := open(t, small(), look{})
	touch := func(kind input.DispatchTouchEventType, xs ...float64) {
		var points []*input.TouchPoint
		for i, x := range xs {
			x, y := p.at(x, 200)
			id := float64(i)
			points = append(points, &input.TouchPoint{X: x, Y: y, ID: &id})
		}
		_, err := chromedp.Call(p.ctx, input.DispatchTouchEvent, input.DispatchTouchEventParams{Type: kind, TouchPoints: points})
		require.NoError(t, err)
		p.settle()
	}
	touch(input.DispatchTouchEventTypeTouchStart, 400, 500)
	touch(input.DispatchTouchEventTypeTouchMove, 350, 550)
	touch(input.DispatchTouchEventTypeTouchMove, 300, 600)
	touch(input.DispatchTouchEventTypeTouchEnd)
	from, until := p.span()
	require.InDelta(t, 9.09e6/3, until-from, 9.09e6/12, "three times as far apart")
}

func TestDark(t *testing.T) {
	background := `getComputedStyle(document.body).backgroundColor`
	p := open(t, small(), look{scheme: "light"})
	light := eval[string](p, "%s", background)
	p.click("#theme")
	dark := eval[string](p, "%s", background)
	require.NotEqual(t, light, dark)
	p.click("#theme")
	require.Equal(t, light, eval[string](p, "%s", background))
	p = open(t, small(), look{scheme: "dark"})
	require.Equal(t, dark, eval[string](p, "%s", background), "the system's wish is honoured")
}

// Spans are seen: a fault on its lanes and on no other, being down, and in red the operation that cannot be explained.
func TestShades(t *testing.T) {
	p := open(t, small(), look{})
	pixel := func(x, y float64) string {
		return eval[string](p, `document.querySelector("#diagram").getContext("2d").getImageData(%v, %v, 1, 1).data.join(" ")`, x, y)
	}
	mid, y1 := xy(p, 11) // at 8 ms, c1
	_, n1 := xy(p, 0)
	_, n2 := xy(p, 1)
	_, n3 := xy(p, 2)
	nothing := pixel(mid-20, n2+14)
	require.Equal(t, "0 0 0 0", nothing)
	require.NotEqual(t, nothing, pixel(mid-20, n1+14), "partitioned")
	require.Equal(t, nothing, pixel(mid-20, n3+14), "up again")
	down, _ := xy(p, 9) // 4 ms, where there is a line of the grid
	down += 3
	hatched := 0
	for dx := range 16 {
		if pixel(down+float64(dx), n3+14) != nothing {
			hatched++
		}
	}
	require.Greater(t, hatched, 2)
	require.Equal(t, nothing, pixel(down, n1+14), "before the partition")
	require.Equal(t, "194 42 70 255", pixel(mid-20, y1+7), "the witness")
	legend := p.text("#shades")
	require.Contains(t, legend, "operation that no order explains")
	require.NotContains(t, legend, "lease")
}

// A replica that claims a lease holds it for as long as it says, longer if it says so again, and no longer than it is up.
func TestLease(t *testing.T) {
	const ms = 1_000_000
	leased := func(at int64, who, text string) timeline.Record {
		return timeline.Record{Event: uint64(at), At: at * ms, Kind: "observe", Who: who, Name: "leased", Text: text}
	}
	run := small()
	run.End = 60 * ms
	run.Records = []timeline.Record{
		leased(1, "n1", "may rely on its lease for 5ms"), leased(4, "n1", "may rely on its lease for 5ms"), leased(20, "n1", "may rely on its lease for 2.5ms"),
		leased(30, "n2", "may rely on its lease for 20ms"), {Event: 35, At: 35 * ms, Kind: "crash", Who: "n2"}, leased(40, "n3", "leased"),
	}
	p := open(t, run, look{})
	require.Equal(t, [][3]float64{{0, 1, 9}, {0, 20, 22.5}, {1, 30, 35}, {2, 40, 40}},
		eval[[][3]float64](p, "report.leases.map((s) => [s.lane, s.from / 1e6, s.until / 1e6])"))
	require.Contains(t, p.text("#shades"), "holds a lease")
}

// Every text has enough contrast with what is behind it, in both schemes: 4.5 as WCAG 2 asks for.
func TestContrast(t *testing.T) {
	for _, scheme := range []string{"light", "dark"} {
		p := open(t, small(), look{scheme: scheme})
		low := eval[[]string](p, `(() => {
			const style = getComputedStyle(document.documentElement), c = document.createElement("canvas").getContext("2d");
			const luminance = (name) => {
				c.fillStyle = style.getPropertyValue("--" + name);
				const [r, g, b] = [1, 3, 5].map((i) => parseInt(c.fillStyle.slice(i, i + 2), 16) / 255)
					.map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
				return 0.2126 * r + 0.7152 * g + 0.0722 * b;
			};
			const low = [];
			for (const behind of ["page", "panel"]) {
				for (const text of ["ink", "muted", "red", "accent", "leader", "family-0", "family-1", "family-2", "family-3", "family-4"]) {
					const [a, b] = [luminance(text), luminance(behind)].sort((x, y) => y - x);
					if ((a + 0.05) / (b + 0.05) < 4.5) low.push(text + " on " + behind + ": " + ((a + 0.05) / (b + 0.05)).toFixed(2));
				}
			}
			return low;
		})()`)
		require.Empty(t, low, scheme)
	}
}

// Everything that can be used has a name that a screen reader can say.
func TestNames(t *testing.T) {
	p := open(t, sample.Safety(1000, 7), look{})
	nameless := eval[[]string](p, `[...document.querySelectorAll("button, input, canvas, section, aside, [role=group]")].filter((e) =>
		!(e.getAttribute("aria-label") || document.getElementById(e.getAttribute("aria-labelledby") ?? "")?.innerText || e.textContent.trim() || e.hidden || e.labels?.[0]?.innerText))
		.map((e) => e.outerHTML)`)
	require.Empty(t, nameless)
}

// Moves are shown in frames, and for readers who do not want that at once.
func TestMotion(t *testing.T) {
	frames := func(motion string) int {
		p := open(t, small(), look{motion: motion})
		p.press("+", "+", "+")
		before := p.drawn().Frames
		p.press("0")
		for range 10 {
			p.settle()
		}
		from, _ := p.span()
		require.Zero(t, from, motion)
		return p.drawn().Frames - before
	}
	require.Equal(t, 1, frames("reduce"))
	require.Greater(t, frames("no-preference"), 3)
}

// With 10,000 records a frame draws no more than can be told apart, wherever the view is, and using it asks for no more than a frame each time.
func TestTenThousand(t *testing.T) {
	p := open(t, sample.Safety(10_000, 7), look{})
	d := p.drawn()
	require.Equal(t, "density", d.Mode)
	require.Less(t, d.Calls, 600)
	require.Contains(t, p.text("#in-view"), "density")
	p.focus("#diagram")
	for range 12 {
		frames := p.drawn().Frames
		p.press("+")
		d = p.drawn()
		require.Equal(t, 1, d.Frames-frames)
		require.LessOrEqual(t, d.Messages, 1500)
		require.LessOrEqual(t, d.Marks, 1600)
		require.Less(t, d.Calls, 600)
	}
	require.Equal(t, "arrows", d.Mode)
	p.press("n", right, right, right, enter)
	require.GreaterOrEqual(t, p.drawn().Selected, 0)
}

func TestTwoHundredThousand(t *testing.T) {
	run := sample.Safety(200_000, 7)
	p := open(t, run, look{})
	require.Equal(t, len(run.Records), eval[int](p, "report.records.n"))
	d := p.drawn()
	require.Equal(t, "density", d.Mode)
	require.Less(t, d.Calls, 4000)
	p.press("e") // the end
	d = p.drawn()
	require.Equal(t, "arrows", d.Mode)
	require.Positive(t, d.Messages)
	require.Less(t, d.Messages, 300)
	p.write("#find", "put k1 99")
	require.Positive(t, p.drawn().Messages)
}

// Runs at the edges: nothing happened, hosts that nobody announced, messages of which one end is missing, numbers beyond what a float holds.
func TestOddRuns(t *testing.T) {
	p := open(t, &timeline.Timeline{Scenario: "none", Verdict: "pass"}, look{})
	require.Equal(t, "pass", p.text("h1"))
	p.press("+", "-", "0", "e", "n", enter)

	odd := small()
	odd.Cut = "the first 12,000 records were left out"
	odd.Records = []timeline.Record{
		{Event: 5, At: 5, Kind: "recv", Who: "n1", Peer: "n2", Message: 1 << 63, Name: "Accept", Slot: 1<<64 - 1, Text: strings.Repeat("long ", 200)},
		{Event: 6, At: 6, Kind: "send", Who: "n2", Peer: "spare", Message: 7, Name: "Hello"},
		{Event: 6, At: 6, Kind: "copy", Who: "n2", Peer: "spare", Message: 7, Name: "Hello"},
		{Event: 7, At: 7, Kind: "recv", Who: "spare", Peer: "n2", Message: 7, Name: "Hello"},
		{Event: 8, At: 8, Kind: "recv", Who: "spare", Peer: "n2", Message: 7, Name: "Hello"},
		{Event: 9, At: 9, Kind: "send", Who: "n1", Peer: "n1", Message: 9, Name: "Note"},
		{Event: 9, At: 9, Kind: "send", Message: 10, Name: "Astray"},
		{Event: 9, At: 9, Kind: "teleport", Who: "n1", Clock: []uint64{1, 2}},
	}
	p = open(t, odd, look{})
	require.Contains(t, p.text("#cut"), "12,000")
	require.Equal(t, 5, eval[int](p, "report.messages.n"))
	require.Equal(t, []int{0, 3, 4, -1, -1}, eval[[]int](p, "[...report.messages.end]"), "a copy that shares its original's number is the second to arrive")
	p.focus("#diagram")
	p.press("n")
	require.Contains(t, p.text("#selected"), "18446744073709551615")
	p.press("n", "n", "n", "n", "n", "n")
	require.Contains(t, p.text("#selected"), "⟨1 2⟩")
}

// On a narrow screen nothing sticks out to the side.
func TestNarrow(t *testing.T) {
	p := open(t, sample.Safety(1000, 7), look{width: 420, height: 900})
	require.LessOrEqual(t, eval[int](p, "document.documentElement.scrollWidth"), 420)
	require.Greater(t, eval[int](p, `document.querySelector("#diagram").clientWidth`), 360, "the diagram has the whole width")
}
