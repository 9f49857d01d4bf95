// Package browsertest opens reports in a real browser and uses them as a reader does: mouse, keys, both colour schemes, sizes up to
// hundreds of thousands of records. It is a module of its own, so that nobody who uses simrun inherits a browser driver.
//
// It needs chromium (or chrome) on the path and is skipped without.
package browsertest

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"simrun/scenarios/report"
	"simrun/scenarios/timeline"
)

var browser context.Context // nil: there is none

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox)
		allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
		defer stop()
		var end context.CancelFunc
		browser, end = chromedp.NewContext(allocator)
		defer end()
		if err := chromedp.Do(browser); err != nil {
			fmt.Fprintf(os.Stderr, "%s does not start: %v\n", path, err)
			return 1
		}
		break
	}
	return m.Run()
}

// tab is a report that is open.
type tab struct {
	t       *testing.T
	ctx     context.Context
	mu      sync.Mutex
	trouble []string // errors of the page, and anything it tried to load
}

type look struct {
	width, height int64
	scheme        string // light or dark
	motion        string // reduce, or no-preference
	scale         float64
}

// open writes a report, and opens it from its file.
func open(t *testing.T, run *timeline.Timeline, l look) *tab {
	t.Helper()
	file := filepath.Join(t.TempDir(), "report.html")
	w, err := os.Create(file)
	require.NoError(t, err)
	require.NoError(t, report.Write(w, run))
	require.NoError(t, w.Close())
	return openFile(t, file, l)
}

// openFile opens a report that is there. The path must be absolute.
func openFile(t *testing.T, file string, l look) *tab {
	t.Helper()
	if browser == nil {
		t.Skip("there is no chromium on the path")
	}
	if l.width == 0 {
		l.width, l.height = 1440, 900
	}
	if l.scale == 0 {
		l.scale = 1
	}
	if l.scheme == "" {
		l.scheme = "light"
	}
	if l.motion == "" {
		l.motion = "reduce"
	}
	ctx, closeTab := chromedp.NewContext(browser, chromedp.WithNewBrowserContext()) // with nothing kept from before
	t.Cleanup(closeTab)
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute) // for a browser that hangs
	t.Cleanup(cancel)
	p := &tab{t: t, ctx: ctx}
	require.NoError(t, chromedp.Listen(ctx, func(event any) {
		p.mu.Lock()
		defer p.mu.Unlock()
		switch e := event.(type) {
		case *runtime.EventExceptionThrown:
			p.trouble = append(p.trouble, (&chromedp.ExceptionError{ExceptionDetails: e.ExceptionDetails}).Error())
		case *network.EventRequestWillBeSent:
			if u := e.Request.URL; u != "file://"+file && !strings.HasPrefix(u, "data:") {
				p.trouble = append(p.trouble, "the page loads "+u)
			}
		}
	}))
	_, err := chromedp.Call(ctx, network.Enable, network.EnableParams{})
	require.NoError(t, err)
	_, err = chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: l.scheme}, {Name: "prefers-reduced-motion", Value: l.motion},
	}})
	require.NoError(t, err)
	p.do(chromedp.EmulateViewport(l.width, l.height, chromedp.EmulateScale(l.scale)), chromedp.Navigate("file://"+file))
	p.settle()
	t.Cleanup(func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		require.Empty(t, p.trouble)
	})
	return p
}

func (p *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	require.NoError(p.t, chromedp.Do(p.ctx, actions...))
}

// settle waits until what was asked for has been drawn.
func (p *tab) settle() {
	p.t.Helper()
	p.do(chromedp.Evaluate[chromedp.Void](`new Promise((done) =>
		requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(done))))`, chromedp.EvalAwaitPromise))
}

// eval returns what an expression of the page's script is.
func eval[T any](p *tab, format string, args ...any) T {
	p.t.Helper()
	text, err := chromedp.Run(p.ctx, chromedp.Evaluate[string]("JSON.stringify("+fmt.Sprintf(format, args...)+")"))
	require.NoError(p.t, err)
	var value T
	require.NoError(p.t, json.Unmarshal([]byte(text), &value), text)
	return value
}

func (p *tab) text(selector string) string {
	p.t.Helper()
	return eval[string](p, "document.querySelector(%q).innerText", selector)
}

func (p *tab) click(selector string) {
	p.t.Helper()
	p.do(chromedp.Click(chromedp.CSS(selector)))
	p.settle()
}

// press types keys into whatever has the focus.
func (p *tab) press(keys ...string) {
	p.t.Helper()
	for _, key := range keys {
		p.do(chromedp.KeyEvent(key))
		p.settle()
	}
}

const (
	left, right, up, down = kb.ArrowLeft, kb.ArrowRight, kb.ArrowUp, kb.ArrowDown
	enter, escape         = kb.Enter, kb.Escape
)

// at is where a point of the diagram is on the screen.
func (p *tab) at(x, y float64) (float64, float64) {
	p.t.Helper()
	origin := eval[[2]float64](p, `(() => { document.querySelector("#space-time").scrollIntoView({ behavior: "instant" });
		const r = document.querySelector("#diagram").getBoundingClientRect(); return [r.left, r.top] })()`)
	p.settle()
	return origin[0] + x, origin[1] + y
}

func (p *tab) mouse(kind input.DispatchMouseEventType, x, y float64, more ...chromedp.MouseOption) {
	p.t.Helper()
	x, y = p.at(x, y)
	p.do(chromedp.MouseEvent(kind, x, y, more...))
	p.settle()
}

func pressed(e *input.DispatchMouseEventParams) {
	e.Button, e.Buttons, e.ClickCount = input.MouseButtonLeft, 1, 1
}

// wheel turns the wheel; the protocol insists on both directions.
func wheel(by float64) chromedp.MouseOption {
	return func(e *input.DispatchMouseEventParams) { e.DeltaX, e.DeltaY = 1e-3, by }
}

func (p *tab) moveTo(x, y float64) { p.t.Helper(); p.mouse(chromedp.MouseMoved, x, y) }

func (p *tab) clickAt(x, y float64) {
	p.t.Helper()
	p.mouse(chromedp.MouseMoved, x, y)
	p.mouse(chromedp.MousePressed, x, y, pressed)
	p.mouse(chromedp.MouseReleased, x, y, pressed)
}

// focus puts the keyboard into an element.
func (p *tab) focus(selector string) {
	p.t.Helper()
	p.do(chromedp.Focus(chromedp.CSS(selector)))
}

// write types into a field.
func (p *tab) write(selector, text string) {
	p.t.Helper()
	p.do(chromedp.SendKeys(chromedp.CSS(selector), text))
	p.settle()
}

// span is the simulated time in view, in nanoseconds.
func (p *tab) span() (from, until float64) {
	p.t.Helper()
	v := eval[[2]float64](p, "[report.view.t0, report.view.t1]")
	return v[0], v[1]
}

// drawn is what the last frame drew.
type drawn struct {
	Frames, Messages, Marks, InView, Calls, Selected int
	Mode                                             string
}

func (p *tab) drawn() drawn {
	p.t.Helper()
	return eval[drawn](p, `{ ...report.drawn, messages: report.drawn.messages.length, marks: report.drawn.marks.length }`)
}
