package format

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// ednReader reads the part of EDN (github.com/edn-format/edn) that histories use. Tags are passed over: what is tagged counts.
type ednReader struct {
	in     *bufio.Reader
	line   uint32
	used   int // bytes of the value that is being read
	limits Limits
	token  []byte
}

var (
	errCutOff = errors.New("the input ends in the middle of an event: it is cut off")
	errClosed = errors.New("closed") // a bracket closes where a value might have been
)

// readEDN takes the events of an input, which may be in a vector.
func (r *recorder) readEDN(b *bufio.Reader) error {
	e := &ednReader{in: b, line: 1, limits: r.limits}
	if bom, _ := b.Peek(3); string(bom) == "\xef\xbb\xbf" {
		_, _ = b.Discard(3)
	}
	inside := byte(0) // the bracket that will close the vector
	for {
		e.used = 0
		c, err := e.skip()
		line := e.line
		switch {
		case errors.Is(err, io.EOF) && inside == 0:
			return nil
		case errors.Is(err, io.EOF):
			return fmt.Errorf("line %d: %w", line, errCutOff)
		case err != nil:
			return e.at(line, err)
		case inside == 0 && len(r.history.Ops) == 0 && !r.any && (c == '[' || c == '('):
			inside = closing(c)
			continue
		case inside != 0 && c == inside:
			if _, err := e.skip(); !errors.Is(err, io.EOF) {
				return fmt.Errorf("line %d: there is more behind the end of the history", e.line)
			}
			return nil
		}
		v, err := e.valueFrom(c, r.limits.Depth)
		if err != nil {
			return e.at(e.line, err)
		}
		if err := r.event(line, &v); err != nil {
			return e.at(line, err)
		}
	}
}

// at puts the line into an error, unless the input itself could not be read.
func (e *ednReader) at(line uint32, err error) error {
	if errors.Is(err, io.EOF) {
		err = errCutOff
	}
	if errors.Is(err, errClosed) {
		err = errors.New("a bracket closes that was not open")
	}
	return fmt.Errorf("line %d: %w", line, err)
}

func closing(open byte) byte {
	switch open {
	case '(':
		return ')'
	case '[':
		return ']'
	}
	return '}'
}

// next returns the next byte.
func (e *ednReader) next() (byte, error) {
	c, err := e.in.ReadByte()
	if err != nil {
		return 0, err
	}
	if c == '\n' {
		e.line++
	}
	if e.used++; e.used > e.limits.Line {
		return 0, fmt.Errorf("an event is longer than %d bytes, the most that is read", e.limits.Line)
	}
	return c, nil
}

func (e *ednReader) back(c byte) {
	_ = e.in.UnreadByte() // right after it was read
	e.used--
	if c == '\n' {
		e.line--
	}
}

// skip returns the first byte of the next value.
func (e *ednReader) skip() (byte, error) {
	for {
		c, err := e.next()
		switch {
		case err != nil:
			return 0, err
		case c == ';':
			for c != '\n' {
				if c, err = e.next(); err != nil {
					return 0, err
				}
			}
		case c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ',':
			if e.used == 1 {
				e.used = 0 // between events
			}
		default:
			return c, nil
		}
	}
}

// valueFrom reads the value that begins with c.
func (e *ednReader) valueFrom(c byte, depth int) (value, error) {
	switch c {
	case '"':
		return e.text()
	case '[', '(':
		return e.list(closing(c), sortList, depth)
	case '{':
		return e.list('}', sortMap, depth)
	case ')', ']', '}':
		return value{}, errClosed
	case '#':
		return e.tagged(depth)
	case '\\', '^', '\'', '`', '~', '@':
		return value{}, fmt.Errorf("%q does not occur in histories", c)
	}
	return e.word(c)
}

// tagged reads what follows a #: a set, as a list; something to be left out; or a tag, which is passed over, and its value.
func (e *ednReader) tagged(depth int) (value, error) {
	c, err := e.next()
	if err != nil {
		return value{}, err
	}
	if depth == 0 {
		return value{}, errors.New("it has too many lists in lists")
	}
	switch {
	case c == '{':
		return e.list('}', sortList, depth)
	case c == '_':
		return value{}, errors.New("#_ does not occur in histories")
	}
	if _, err := e.word(c); err != nil {
		return value{}, err
	}
	if c, err = e.skip(); err != nil {
		return value{}, err
	}
	return e.valueFrom(c, depth-1)
}

func (e *ednReader) list(end byte, s sort, depth int) (value, error) {
	if depth == 0 {
		return value{}, errors.New("it has too many lists in lists")
	}
	v := value{sort: s}
	for {
		c, err := e.skip()
		switch {
		case err != nil:
			return value{}, err
		case c == end && s == sortMap && len(v.list)%2 != 0:
			return value{}, errors.New("a map has a key without a value")
		case c == end:
			return v, nil
		}
		x, err := e.valueFrom(c, depth-1)
		if err != nil {
			return value{}, err
		}
		if s == sortMap && len(v.list)%2 == 0 {
			if len(v.list) >= 2*mapMost {
				return value{}, errMap
			}
			for i := 0; i < len(v.list); i += 2 {
				if v.list[i].same(&x) {
					return value{}, fmt.Errorf("it has %s twice", x.String())
				}
			}
		}
		v.list = append(v.list, x)
	}
}

func (e *ednReader) text() (value, error) {
	e.token = e.token[:0]
	for {
		c, err := e.next()
		if err != nil {
			return value{}, err
		}
		switch c {
		case '"':
			if !utf8.Valid(e.token) {
				return value{}, errors.New("a text is not UTF-8")
			}
			return value{sort: sortText, text: string(e.token)}, nil
		case '\\':
			if c, err = e.next(); err != nil {
				return value{}, err
			}
			if err := e.escape(c); err != nil {
				return value{}, err
			}
		default:
			e.token = append(e.token, c)
		}
	}
}

// escape takes what follows a backslash in a text.
func (e *ednReader) escape(c byte) error {
	switch c {
	case '"', '\\', '/':
	case 'n':
		c = '\n'
	case 't':
		c = '\t'
	case 'r':
		c = '\r'
	case 'b':
		c = '\b'
	case 'f':
		c = '\f'
	case 'u':
		var hex [4]byte
		for i := range hex {
			x, err := e.next()
			if err != nil {
				return err
			}
			hex[i] = x
		}
		n, err := strconv.ParseUint(string(hex[:]), 16, 16)
		if err != nil || n >= 0xd800 && n < 0xe000 {
			return fmt.Errorf("\\u%s is no character", cut(string(hex[:])))
		}
		e.token = utf8.AppendRune(e.token, rune(n))
		return nil
	default:
		return fmt.Errorf("\\%c means nothing in a text", c)
	}
	e.token = append(e.token, c)
	return nil
}

// word reads a number, nil, true, false, keyword or symbol.
func (e *ednReader) word(c byte) (value, error) {
	e.token = append(e.token[:0], c)
	for {
		c, err := e.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return value{}, err
		}
		if c <= ' ' || strings.IndexByte(",;\"()[]{}", c) >= 0 {
			e.back(c)
			break
		}
		e.token = append(e.token, c)
	}
	s := string(e.token)
	switch {
	case !utf8.Valid(e.token):
		return value{}, errors.New("it is not UTF-8")
	case s == "nil":
		return value{}, nil
	case s == "true":
		return value{sort: sortBool, number: 1}, nil
	case s == "false":
		return value{sort: sortBool}, nil
	case s[0] == ':' && len(s) > 1:
		return value{sort: sortName, text: s[1:]}, nil
	case s[0] >= '0' && s[0] <= '9' || len(s) > 1 && (s[0] == '-' || s[0] == '+') && s[1] >= '0' && s[1] <= '9':
		n, err := strconv.ParseInt(strings.TrimSuffix(s, "N"), 10, 64)
		if err != nil {
			return value{sort: sortFraction, text: s}, nil
		}
		return value{sort: sortNumber, number: n}, nil
	}
	return value{sort: sortName, text: s}, nil
}
