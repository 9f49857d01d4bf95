package browsertest

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

var (
	screenshots = flag.String("screenshots", "", "write pictures of the reports named by -safety and -liveness into this folder")
	safety      = flag.String("safety", "", "the report of a run in which something happened that must not")
	liveness    = flag.String("liveness", "", "the report of a run that came to a standstill")
)

// The pictures in docs/ are made by pictures.sh, of shrunk runs of planted bugs.
func TestScreenshots(t *testing.T) {
	if *screenshots == "" {
		t.Skip("only with -screenshots")
	}
	for _, c := range []struct {
		name, report string
		use          func(p *tab)
	}{
		// The read that was answered from the past.
		{"safety", *safety, func(p *tab) {
			p.do(chromedp.Evaluate[chromedp.Void](`[...document.querySelectorAll("#story button")].at(-1).click()`))
		}},
		// The sentence about the message that was never made up for.
		{"liveness", *liveness, func(p *tab) {
			p.do(chromedp.Evaluate[chromedp.Void](`[...document.querySelectorAll("#story button")].find((b) => b.innerText.endsWith("is lost")).click()`))
		}},
	} {
		for _, scheme := range []string{"light", "dark"} {
			file, err := filepath.Abs(c.report)
			require.NoError(t, err)
			p := openFile(t, file, look{scheme: scheme, width: 1440, height: 900, scale: 1})
			c.use(p)
			p.do(chromedp.Evaluate[chromedp.Void]("document.activeElement.blur(); scrollTo(0, 0)"))
			p.settle()
			whole := true
			end := eval[float64](p, `document.querySelector("#space-time").getBoundingClientRect().bottom + 24`)
			picture, err := chromedp.Call(p.ctx, page.CaptureScreenshot, page.CaptureScreenshotParams{
				CaptureBeyondViewport: &whole, Clip: &page.Viewport{Width: 1440, Height: end, Scale: 1},
			})
			require.NoError(t, err)
			name := "report-" + c.name + ".png"
			if scheme == "dark" {
				name = "report-" + c.name + "-dark.png"
			}
			require.NoError(t, os.WriteFile(filepath.Join(*screenshots, name), picture.Data, 0o644))
		}
	}
}
