package timeline

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// ShiVizParser is the regular expression by which ShiViz reads what WriteShiViz writes. It stands in the first line.
const ShiVizParser = `(?<event>.*)\n(?<host>\S*) (?<clock>{.*})`

// WriteShiViz writes the records of replicas and clients as a log for ShiViz (Beschastnikh, Wang, Brun, Ernst, "Debugging
// Distributed Systems", CACM 2016): two lines for each, what happened, and where with its vector clock. Clocks
// start with the first record there is.
func WriteShiViz(w io.Writer, t *Timeline) error {
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "%s\n\n", ShiVizParser)
	clocks := NewClocks(t.Nodes, t.Clients, true)
	for i := range t.Records {
		r := t.Records[i]
		clocks.Stamp(&r)
		if r.Clock == nil {
			continue // it happened to nobody
		}
		text := r.Kind
		if r.Peer != "" {
			text += " " + r.Peer
		}
		text = strings.TrimSpace(text + " " + strings.Join(strings.Fields(r.Text), " "))
		clock := map[string]uint64{}
		for lane, n := range r.Clock {
			if n > 0 {
				clock[t.laneName(lane)] = n
			}
		}
		written, err := json.Marshal(clock)
		if err != nil {
			return err
		}
		fmt.Fprintf(b, "%s\n%s %s\n", text, r.Who, written)
	}
	return b.Flush()
}

// laneName names a place in vector clocks.
func (t *Timeline) laneName(lane int) string {
	if lane < t.Nodes {
		return "n" + strconv.Itoa(lane+1)
	}
	return "c" + strconv.Itoa(lane-t.Nodes+1)
}
