package speed

import (
	"fmt"
	"io"
	"math"
	"strings"
)

// Plot is lines over two logarithmic axes.
type Plot struct {
	Title, X, Y string
	Lines       []Line
}

// Line is one series of points, all above zero.
type Line struct {
	Name   string
	Points [][2]float64
}

// The picture, in pixels.
const (
	width, height            = 720, 380
	left, right, top, bottom = 80, 150, 40, 50
)

var colours = []string{"#1b6ca8", "#c0392b", "#2e8b57", "#8e44ad"}

// WriteSVG draws the plot.
func (p *Plot) WriteSVG(w io.Writer) error {
	x, y := p.axis(0), p.axis(1)
	px := func(v float64) float64 { return left + x.share(v)*(width-left-right) }
	py := func(v float64) float64 { return height - bottom - y.share(v)*(height-top-bottom) }
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">`+"\n", width, height)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="white"/><text x="%d" y="22" font-size="15">%s</text>`+"\n", width, height, left, p.Title)
	for e := x.from; e <= x.to; e++ {
		v := math.Pow10(e)
		fmt.Fprintf(&b, `<line x1="%.1f" y1="%d" x2="%.1f" y2="%d" stroke="#ddd"/><text x="%.1f" y="%d" text-anchor="middle">%s</text>`+"\n", px(v), top, px(v), height-bottom, px(v), height-bottom+18, number(v))
	}
	for e := y.from; e <= y.to; e++ {
		v := math.Pow10(e)
		fmt.Fprintf(&b, `<line x1="%d" y1="%.1f" x2="%d" y2="%.1f" stroke="#ddd"/><text x="%d" y="%.1f" text-anchor="end">%s</text>`+"\n", left, py(v), width-right, py(v), left-8, py(v)+4, number(v))
	}
	fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="middle">%s</text><text transform="translate(16 %d) rotate(-90)" text-anchor="middle">%s</text>`+"\n", (left+width-right)/2, height-12, p.X, (top+height-bottom)/2, p.Y)
	for i, l := range p.Lines {
		colour := colours[i%len(colours)]
		fmt.Fprintf(&b, `<polyline fill="none" stroke="%s" stroke-width="2" points="`, colour)
		for _, q := range l.Points {
			fmt.Fprintf(&b, "%.1f,%.1f ", px(q[0]), py(q[1]))
		}
		b.WriteString(`"/>` + "\n")
		for _, q := range l.Points {
			fmt.Fprintf(&b, `<circle cx="%.1f" cy="%.1f" r="3" fill="%s"/>`, px(q[0]), py(q[1]), colour)
		}
		fmt.Fprintf(&b, `<text x="%d" y="%d" fill="%s">%s</text>`+"\n", width-right+12, top+18*(i+1), colour, l.Name)
	}
	b.WriteString("</svg>\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// axis is a logarithmic one, between two powers of ten.
type axis struct{ from, to int }

func (a axis) share(v float64) float64 {
	return (math.Log10(v) - float64(a.from)) / float64(a.to-a.from)
}

func (p *Plot) axis(dimension int) axis {
	low, high := math.Inf(1), math.Inf(-1)
	for _, l := range p.Lines {
		for _, q := range l.Points {
			low, high = min(low, q[dimension]), max(high, q[dimension])
		}
	}
	a := axis{int(math.Floor(math.Log10(low))), int(math.Ceil(math.Log10(high)))}
	if a.to == a.from {
		a.to++
	}
	return a
}
