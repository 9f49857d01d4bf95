package timeline

import (
	"bufio"
	"cmp"
	"encoding/json"
	"io"
	"slices"
	"strconv"
	"strings"
)

// WriteTrace writes the records, one JSON object a line, with the fields of Record.
func WriteTrace(w io.Writer, t *Timeline) error {
	b := bufio.NewWriter(w)
	e := json.NewEncoder(b)
	for i := range t.Records {
		if err := e.Encode(&t.Records[i]); err != nil {
			return err
		}
	}
	return b.Flush()
}

// A historyLine is one line of a history as Jepsen writes them: an operation is invoked, and then it is ok, or it failed,
// or nobody knows (info).
type historyLine struct {
	Index   int    `json:"index"`
	Type    string `json:"type"`
	Process uint32 `json:"process"`
	F       string `json:"f"`
	Value   any    `json:"value"`
	Time    int64  `json:"time"`  // simulated, nanoseconds
	Event   uint64 `json:"event"` // that it happened in
	Client  string `json:"client"`
	Op      string `json:"op"`             // its name, the same on both lines
	Slot    uint64 `json:"slot,omitempty"` // where it took effect
	closes  bool
}

// WriteHistory writes what clients saw in the shape of Jepsen's histories, one JSON object a line. The value of an operation is
// its arguments, as a list if there are several; that of a read that is done ends with what it read, and that of another is
// followed by what it returned.
func WriteHistory(w io.Writer, t *Timeline) error {
	var lines []historyLine
	for _, o := range t.Ops {
		f, arguments, _ := strings.Cut(o.Text, " ")
		x := historyLine{Type: "invoke", Process: o.Process, F: f, Value: value(f, arguments, "", false), Time: o.CallAt, Event: o.Call, Client: o.Client, Op: o.Name}
		lines = append(lines, x)
		x.closes, x.Slot = true, o.Slot
		switch {
		case o.Return > 0:
			x.Type, x.Time, x.Event = o.Outcome, o.ReturnAt, o.Return
			x.Value = value(f, arguments, o.Out, o.Outcome == "ok")
		case o.GaveUp > 0:
			x.Type, x.Time, x.Event = "info", o.GaveUpAt, o.GaveUp
		default:
			continue
		}
		lines = append(lines, x)
	}
	slices.SortStableFunc(lines, func(a, b historyLine) int {
		if a.Event != b.Event {
			return cmp.Compare(a.Event, b.Event)
		}
		return cmp.Compare(rank(a), rank(b)) // a client may go on in the event in which it was answered
	})
	b := bufio.NewWriter(w)
	e := json.NewEncoder(b)
	for i := range lines {
		lines[i].Index = i
		if err := e.Encode(&lines[i]); err != nil {
			return err
		}
	}
	return b.Flush()
}

func rank(x historyLine) int {
	if x.closes {
		return 0
	}
	return 1
}

// value takes "k2 4->7" apart into ["k2",[4,7]].
func value(f, arguments, out string, done bool) any {
	var list []any
	if f == "txn" {
		return transaction(arguments, strings.Fields(out))
	}
	for _, word := range strings.Fields(arguments) {
		if from, to, ok := strings.Cut(word, "->"); ok {
			list = append(list, []any{number(from), number(to)})
			continue
		}
		list = append(list, number(word))
	}
	switch {
	case done && out != "" && f != "put":
		list = append(list, number(out))
	case f == "get":
		list = append(list, nil)
	}
	if len(list) == 1 {
		return list[0]
	}
	return list
}

// transaction takes "get k0, put k1 7" apart into [["r","k0",1],["w","k1",7]], with what the reads saw if that is known.
func transaction(items string, saw []string) any {
	list := []any{}
	for item := range strings.SplitSeq(items, ", ") {
		words := strings.Fields(item)
		switch {
		case len(words) == 3 && words[0] == "put":
			list = append(list, []any{"w", words[1], number(words[2])})
		case len(words) == 2 && len(saw) > 0:
			read := []any{"r", words[1], number(saw[0])}
			if saw[0] == "0" { // a key that was never written
				read[2] = nil
			}
			list, saw = append(list, read), saw[1:]
		case len(words) == 2:
			list = append(list, []any{"r", words[1], nil})
		}
	}
	return list
}

// number is the number that a word writes, or the word.
func number(word string) any {
	if n, err := strconv.ParseInt(word, 10, 64); err == nil {
		return n
	}
	return word
}
