package browsertest

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"simrun/scenarios/report/sample"
	"simrun/scenarios/timeline"
)

var screenshots = flag.String("screenshots", "", "write pictures of reports into this folder")

// The pictures in docs/ are made by
//
//	go test -run Screenshots -screenshots ../../../docs
func TestScreenshots(t *testing.T) {
	if *screenshots == "" {
		t.Skip("only with -screenshots")
	}
	for _, c := range []struct {
		name, scheme string
		run          *timeline.Timeline
		use          func(p *tab)
	}{
		{"safety", "light", sample.Safety(1000, 7), func(p *tab) { p.click("#story li:nth-child(4) button") }},
		{"safety", "dark", sample.Safety(1000, 7), func(p *tab) { p.click("#story li:nth-child(4) button") }},
		{"liveness", "light", sample.Liveness(1000, 7), func(p *tab) {}},
		{"liveness", "dark", sample.Liveness(1000, 7), func(p *tab) {}},
	} {
		p := open(t, c.run, look{scheme: c.scheme, width: 1440, height: 900, scale: 1})
		c.use(p)
		p.do(chromedp.Evaluate[chromedp.Void]("scrollTo(0, 0)"))
		p.settle()
		whole := true
		end := eval[float64](p, `document.querySelector("#space-time").getBoundingClientRect().bottom + 24`)
		picture, err := chromedp.Call(p.ctx, page.CaptureScreenshot, page.CaptureScreenshotParams{
			CaptureBeyondViewport: &whole, Clip: &page.Viewport{Width: 1440, Height: end, Scale: 1},
		})
		require.NoError(t, err)
		name := "report-" + c.name + ".png"
		if c.scheme == "dark" {
			name = "report-" + c.name + "-dark.png"
		}
		require.NoError(t, os.WriteFile(filepath.Join(*screenshots, name), picture.Data, 0o644))
	}
}
