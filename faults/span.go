package faults

import (
	"fmt"
	"strconv"
	"strings"
)

// Span is a time since the start of the run, or a length of time, in simulated nanoseconds. In text it is a number with
// a unit, such as "1.5ms", with no rounding either way.
type Span int64

// Units of Span.
const (
	Nanosecond  Span = 1
	Microsecond      = 1000 * Nanosecond
	Millisecond      = 1000 * Microsecond
	Second           = 1000 * Millisecond
)

var units = []struct {
	name string
	span Span
}{{"s", Second}, {"ms", Millisecond}, {"us", Microsecond}, {"ns", Nanosecond}}

// String writes the span in the largest unit of which it holds at least one, such as "250ms" or "1.000001s".
func (s Span) String() string {
	text, n := "", uint64(s)
	if s < 0 {
		text, n = "-", -n
	}
	for _, u := range units {
		unit := uint64(u.span)
		if n < unit {
			continue
		}
		text += strconv.FormatUint(n/unit, 10)
		if rest := n % unit; rest > 0 {
			digits := strconv.FormatUint(unit+rest, 10)[1:]
			text += "." + strings.TrimRight(digits, "0")
		}
		return text + u.name
	}
	return "0s"
}

// ParseSpan reads what String writes, and any other number with a unit of s, ms, us or ns that comes to whole nanoseconds, from 0
// to 290 years.
func ParseSpan(text string) (Span, error) {
	fail := func() (Span, error) {
		return 0, fmt.Errorf("%q is not a span of time: write a number and a unit, such as 250ms or 1.5s (units: s, ms, us, ns)", text)
	}
	number := strings.TrimRight(text, "smun")
	unit := Span(0)
	for _, u := range units {
		if text[len(number):] == u.name {
			unit = u.span
		}
	}
	whole, fraction, point := strings.Cut(number, ".")
	n, err := strconv.ParseUint(whole, 10, 63)
	if unit == 0 || err != nil || n > uint64(1<<63-1)/uint64(unit) || point && fraction == "" {
		return fail()
	}
	s := Span(n) * unit
	for place := unit; fraction != ""; fraction = fraction[1:] {
		digit := fraction[0]
		if digit < '0' || digit > '9' || place < 10 && digit != '0' {
			return fail()
		}
		place /= 10
		s += Span(digit-'0') * place
	}
	if s < 0 {
		return fail()
	}
	return s, nil
}

// MarshalText writes the span as String does.
func (s Span) MarshalText() ([]byte, error) {
	if s < 0 {
		return nil, fmt.Errorf("the span %v is negative", s)
	}
	return []byte(s.String()), nil
}

// UnmarshalText reads the span as ParseSpan does.
func (s *Span) UnmarshalText(text []byte) (err error) {
	*s, err = ParseSpan(string(text))
	return err
}
