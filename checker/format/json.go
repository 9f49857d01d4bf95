package format

import (
	"errors"
	"fmt"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// jsonReader reads a JSON value (RFC 8259) from a line. It is written by hand since a history of a million operations is two million
// lines: what it reads lies in memory that is used again for the next line, and words that come again and again are not copied.
type jsonReader struct {
	text  []byte
	at    int
	used  [][]value // lists of values under way, by depth
	words map[string]string
	token []byte
	depth int
}

// jsonLine takes an event of a line.
func (r *recorder) jsonLine(number uint32, line []byte) error {
	j := &r.json
	j.text, j.at, j.depth = line, 0, r.limits.Depth
	for level := range j.used {
		j.used[level] = j.used[level][:0]
	}
	v, err := j.value(0)
	if err == nil {
		if j.blank(); j.at == len(j.text) {
			return r.event(number, &v)
		}
		err = errors.New("there is more behind it")
	}
	return fmt.Errorf("it is not a JSON object, %w", err)
}

var errJSONEnds = errors.New("or it is cut off")

// blank goes to the next character that is not blank.
func (j *jsonReader) blank() {
	for j.at < len(j.text) && (j.text[j.at] == ' ' || j.text[j.at] == '\t' || j.text[j.at] == '\r' || j.text[j.at] == '\n') {
		j.at++
	}
}

// peek returns the next character that is not blank.
func (j *jsonReader) peek() (byte, error) {
	if j.blank(); j.at == len(j.text) {
		return 0, errJSONEnds
	}
	return j.text[j.at], nil
}

// value reads a value in level lists.
func (j *jsonReader) value(level int) (value, error) {
	c, err := j.peek()
	switch {
	case err != nil:
		return value{}, err
	case c == '"':
		s, err := j.string()
		return value{sort: sortText, text: s}, err
	case c == '[', c == '{':
		if level == j.depth {
			return value{}, errors.New("it has too many lists in lists")
		}
		j.at++
		if c == '{' {
			return j.list(level, sortMap, '}')
		}
		return j.list(level, sortList, ']')
	case c == '-', c >= '0' && c <= '9':
		return j.number()
	}
	for _, w := range [...]struct {
		word string
		value
	}{{"null", value{}}, {"true", value{sort: sortBool, number: 1}}, {"false", value{sort: sortBool}}} {
		if len(j.text)-j.at >= len(w.word) && string(j.text[j.at:j.at+len(w.word)]) == w.word {
			j.at += len(w.word)
			return w.value, nil
		}
	}
	return value{}, j.unexpected()
}

// unexpected says that what comes next must not.
func (j *jsonReader) unexpected() error {
	c, size := utf8.DecodeRune(j.text[j.at:])
	if c == utf8.RuneError && size <= 1 {
		return fmt.Errorf("there is the byte 0x%02x, which is not UTF-8", j.text[j.at])
	}
	return fmt.Errorf("%q is not expected there", c)
}

// list reads what is in a list or map, behind its opening bracket.
func (j *jsonReader) list(level int, s sort, end byte) (value, error) {
	for len(j.used) <= level {
		j.used = append(j.used, nil)
	}
	from := len(j.used[level]) // others of this level may lie before it
	for first := true; ; first = false {
		c, err := j.peek()
		if err != nil {
			return value{}, err
		}
		if c == end {
			j.at++
			n := len(j.used[level])
			return value{sort: s, list: j.used[level][from:n:n]}, nil
		}
		if !first {
			if c != ',' {
				return value{}, j.unexpected()
			}
			j.at++
			if c, err = j.peek(); err != nil {
				return value{}, err
			}
		}
		if s == sortMap {
			if c != '"' {
				return value{}, j.unexpected()
			}
			if err := j.name(level, from); err != nil {
				return value{}, err
			}
		}
		e, err := j.value(level + 1)
		if err != nil {
			return value{}, err
		}
		j.used[level] = append(j.used[level], e)
	}
}

// name reads the name of an entry of a map, and the colon.
func (j *jsonReader) name(level, from int) error {
	s, err := j.string()
	if err != nil {
		return err
	}
	entries := j.used[level][from:]
	for i := 0; i < len(entries); i += 2 {
		if entries[i].text == s {
			return fmt.Errorf("it has %s twice", shortened(s))
		}
	}
	if len(entries) >= 2*mapMost {
		return errMap
	}
	j.used[level] = append(j.used[level], value{sort: sortText, text: s})
	c, err := j.peek()
	if err != nil {
		return err
	}
	if c != ':' {
		return j.unexpected()
	}
	j.at++
	return nil
}

// number reads a number. One that is not whole, or has more than 64 bits, becomes a text, such as a time in seconds: it is refused where a
// number must be.
func (j *jsonReader) number() (value, error) {
	from := j.at
	for j.at < len(j.text) {
		c := j.text[j.at]
		if c != '-' && c != '+' && c != '.' && c != 'e' && c != 'E' && (c < '0' || c > '9') {
			break
		}
		j.at++
	}
	digits := j.text[from:j.at]
	if n, ok := whole(digits); ok {
		return value{sort: sortNumber, number: n}, nil
	}
	if !jsonNumber(digits) {
		return value{}, fmt.Errorf("%s is no number", cut(string(digits)))
	}
	if n, err := strconv.ParseInt(string(digits), 10, 64); err == nil {
		return value{sort: sortNumber, number: n}, nil
	}
	return value{sort: sortFraction, text: string(digits)}, nil
}

// whole reads a number of at most 18 digits, as nearly all are.
func whole(digits []byte) (n int64, ok bool) {
	sign := int64(1)
	if len(digits) > 0 && digits[0] == '-' {
		sign, digits = -1, digits[1:]
	}
	if len(digits) == 0 || len(digits) > 18 || digits[0] == '0' && len(digits) > 1 {
		return 0, false
	}
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = 10*n + int64(c-'0')
	}
	return sign * n, true
}

// jsonNumber tells whether a text is a number as JSON writes them.
func jsonNumber(s []byte) bool {
	digits := func() bool {
		n := 0
		for n < len(s) && s[n] >= '0' && s[n] <= '9' {
			n++
		}
		s = s[n:]
		return n > 0
	}
	if len(s) > 0 && s[0] == '-' {
		s = s[1:]
	}
	if len(s) > 1 && s[0] == '0' && s[1] >= '0' && s[1] <= '9' || !digits() {
		return false
	}
	if len(s) > 0 && s[0] == '.' {
		if s = s[1:]; !digits() {
			return false
		}
	}
	if len(s) > 0 && (s[0] == 'e' || s[0] == 'E') {
		if s = s[1:]; len(s) > 0 && (s[0] == '+' || s[0] == '-') {
			s = s[1:]
		}
		if !digits() {
			return false
		}
	}
	return len(s) == 0
}

// string reads a text, behind whose opening quote it is not yet.
func (j *jsonReader) string() (string, error) {
	j.at++
	from := j.at
	for j.at < len(j.text) && j.text[j.at] != '"' && j.text[j.at] != '\\' && j.text[j.at] >= ' ' {
		j.at++
	}
	if j.at < len(j.text) && j.text[j.at] == '"' {
		j.at++
		return j.word(j.text[from : j.at-1])
	}
	j.token = append(j.token[:0], j.text[from:j.at]...)
	for j.at < len(j.text) {
		c := j.text[j.at]
		j.at++
		switch {
		case c == '"':
			return j.word(j.token)
		case c < ' ':
			return "", fmt.Errorf("a text has the character 0x%02x in it", c)
		case c == '\\':
			if err := j.escape(); err != nil {
				return "", err
			}
		default:
			j.token = append(j.token, c)
		}
	}
	return "", errJSONEnds
}

// escape takes what follows a backslash in a text.
func (j *jsonReader) escape() error {
	if j.at == len(j.text) {
		return errJSONEnds
	}
	c := j.text[j.at]
	j.at++
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
		r, err := j.hex()
		if err == nil && utf16.IsSurrogate(r) {
			if j.at+1 >= len(j.text) || j.text[j.at] != '\\' || j.text[j.at+1] != 'u' {
				return errors.New("a text has half a character in it")
			}
			j.at += 2
			var low rune
			if low, err = j.hex(); err == nil {
				if r = utf16.DecodeRune(r, low); r == utf8.RuneError {
					return errors.New("a text has half a character in it")
				}
			}
		}
		j.token = utf8.AppendRune(j.token, r)
		return err
	default:
		return fmt.Errorf("\\%s means nothing in a text", cut(string(rune(c))))
	}
	j.token = append(j.token, c)
	return nil
}

// hex reads four hexadecimal digits.
func (j *jsonReader) hex() (rune, error) {
	if j.at+4 > len(j.text) {
		return 0, errJSONEnds
	}
	n, err := strconv.ParseUint(string(j.text[j.at:j.at+4]), 16, 16)
	if err != nil {
		return 0, fmt.Errorf("\\u%s is no character", cut(string(j.text[j.at:j.at+4])))
	}
	j.at += 4
	return rune(n), nil
}

// wordsMost bounds the texts that are remembered, and wordLongest their length.
const wordsMost, wordLongest = 1024, 16

// word returns a text as a string, the same one for words that come often.
func (j *jsonReader) word(b []byte) (string, error) {
	if s, known := j.words[string(b)]; known {
		return s, nil
	}
	if !utf8.Valid(b) {
		return "", errors.New("a text is not UTF-8")
	}
	s := string(b)
	if len(b) <= wordLongest && len(j.words) < wordsMost {
		if j.words == nil {
			j.words = map[string]string{}
		}
		j.words[s] = s
	}
	return s, nil
}
