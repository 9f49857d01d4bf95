package timeline

import (
	"bufio"
	"encoding/json"
	"io"

	"simrun/checker/format"
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

// WriteHistory writes what clients saw, for "simrun check" and for programs that read Jepsen's histories: see format.Write. The first line names the model.
func WriteHistory(w io.Writer, t *Timeline) error {
	asides := make([]format.Aside, 0, len(t.AllOps))
	for i := range t.AllOps {
		o := &t.AllOps[i]
		a := format.Aside{Client: o.Client, Name: o.Name, CallAt: o.CallAt, CallIn: o.Call, EndAt: o.ReturnAt, EndIn: o.Return}
		if o.GaveUp > 0 {
			a.EndAt, a.EndIn, a.GaveUp = o.GaveUpAt, o.GaveUp, o.Index
		}
		asides = append(asides, a)
	}
	return format.WriteWith(w, &t.History, t.Model, asides)
}
