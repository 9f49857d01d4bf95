package format

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
)

// logLine takes a line of Jepsen's log, such as "INFO  jepsen.util - 3 :invoke :cas [1 2]". Lines of other loggers are passed over.
//
// Here a compare-and-set that ends with :fail and its values compared, and found another value; with :timed-out, nobody knows, and
// only reads, which did nothing in any case, time out with :fail.
func (r *recorder) logLine(number uint32, line []byte) error {
	head, rest, found := bytes.Cut(line, []byte(" - "))
	words := bytes.Fields(head)
	if len(words) < 2 || len(words[0]) == 0 {
		return errors.New("it is no line of a log: \"INFO  jepsen.util - PROCESS :TYPE :F VALUE\"")
	}
	if last := string(words[len(words)-1]); last != "jepsen.util" {
		if found || strings.HasPrefix(last, "jepsen") && last != "jepsen.util" {
			return nil
		}
		return errors.New("it is no line of a log: \"INFO  jepsen.util - PROCESS :TYPE :F VALUE\"")
	}
	if !found {
		return errors.New("it is cut off")
	}
	e := r.ednOf(rest)
	var parts []value
	for {
		c, err := e.skip()
		if errors.Is(err, io.EOF) {
			break
		}
		var v value
		if err == nil {
			v, err = e.valueFrom(c, r.limits.Depth)
		}
		if errors.Is(err, io.EOF) {
			return errors.New("it is cut off")
		}
		if errors.Is(err, errClosed) {
			return errors.New("a bracket closes that was not open")
		}
		if err != nil {
			return err
		}
		parts = append(parts, v)
	}
	if len(parts) < 4 {
		return errors.New("it is cut off: a process, a type, an operation and a value must be there")
	}
	if len(parts) > 5 {
		return fmt.Errorf("there is more behind the value: %s", parts[4].String())
	}
	name := func(s string) value { return value{sort: sortName, text: s} }
	typ, _ := parts[1].word()
	f, _ := parts[2].word()
	if v := &parts[3]; typ == "fail" && f == "cas" && v.sort == sortList {
		parts[1] = name("ok")
		parts[3] = value{sort: sortBool}
	} else if (typ == "info" || typ == "fail") && v.sort == sortName { // :timed-out
		parts[3] = value{}
	}
	return r.event(number, &value{sort: sortMap, list: []value{
		name("process"), parts[0], name("type"), parts[1], name("f"), parts[2], name("value"), parts[3],
	}})
}

// ednOf returns a reader of a text. There is one for all lines.
func (r *recorder) ednOf(text []byte) *ednReader {
	if r.line == nil {
		r.line = &ednReader{limits: r.limits, in: bufio.NewReader(nil)}
	}
	r.line.in.Reset(bytes.NewReader(text))
	r.line.used = 0
	return r.line
}
