package checker

import (
	"fmt"
	"io"
	"math"

	"github.com/anishathalye/porcupine"
)

// Porcupine knows nothing of the layers, and is asked to disagree with them: on a sample of runs, on every witness, and on every
// history that is linearizable while its log is not. It may take so many steps and no more. What it did not decide by then counts for nothing.

// oracleLimit is how many operations of a partition porcupine is given. Its memory grows with their square.
const oracleLimit = 1000

// ask lets porcupine look at a result, and turns it into CheckersDisagree if it says otherwise. Of a partition that is too long it gets a prefix, which
// must be linearizable if the whole is.
func (c *Checker) ask(ops []Op, m *rules, steps uint64, r *Result) {
	switch r.Answer {
	case NotLinearizable:
		if len(r.Witness) <= oracleLimit && decide(m.Model.Porcupine(r.Shown()), r.Witness, steps) == porcupine.Ok {
			r.disagree("porcupine finds an order for a witness that is said to have none: " + r.Reason)
		}
	case Linearizable, LogDisagrees:
		model := m.porcupine()
		for k := range c.keys.count {
			part := pick(ops, c.keys.part(k))
			if len(part) > oracleLimit {
				part = prefix(part, part[oracleLimit-1].Call)
			}
			if decide(model, part, steps) == porcupine.Illegal {
				r.disagree(fmt.Sprintf("porcupine finds no order for the %d operations on k%d, and one was found by %s", len(part), part[0].Key, r.Method))
				return
			}
		}
	}
}

func (r *Result) disagree(reason string) { r.Answer, r.Reason = CheckersDisagree, reason }

// pick returns copies of some of the operations.
func pick(ops []Op, part []int32) []Op {
	out := make([]Op, len(part))
	for j, i := range part {
		out[j] = ops[i]
	}
	return out
}

// decide asks porcupine, which may take so many steps.
func decide(model porcupine.Model, ops []Op, steps uint64) porcupine.CheckResult {
	left := steps
	result := porcupine.CheckOperations(limited(model, &left), operations(ops))
	switch {
	case result:
		return porcupine.Ok
	case left == 0:
		return porcupine.Unknown
	}
	return porcupine.Illegal
}

// limited returns the model with a limit of steps. Behind the last, nothing is legal any more, so that porcupine takes back what it did and is soon done.
// Unlike a limit of time, this has the same outcome everywhere, and nothing is left running.
func limited(model porcupine.Model, left *uint64) porcupine.Model {
	step := model.Step
	model.Step = func(state, input, output any) (bool, any) {
		if *left == 0 {
			return false, state
		}
		*left--
		return step(state, input, output)
	}
	return model
}

// operations translates for porcupine. It orders calls and returns by number, and an operation that never returned must
// be given a return behind all others.
func operations(ops []Op) []porcupine.Operation {
	out := make([]porcupine.Operation, len(ops))
	for i := range ops {
		o := &ops[i]
		end := int64(math.MaxInt64)
		if o.Return != Never {
			end = int64(o.Return)
		}
		out[i] = porcupine.Operation{ClientId: int(o.Client), Input: o, Call: int64(o.Call), Output: o.Out, Return: end}
	}
	return out
}

// pictured is how many operations a picture may hold beside the witness.
const pictured = 60

// WriteVisualization writes porcupine's picture as a page of HTML: the witness, how far orders of it get, and around it, in grey, what else
// went on at the end of it. Without a witness it shows the beginning of the history. The history must still be as it was checked.
func WriteVisualization(w io.Writer, r Result, m Model) error {
	if r.history == nil {
		return fmt.Errorf("there is nothing to show: this is not the result of a check")
	}
	of := r.history
	if len(r.Witness) > 0 {
		of = r.Shown()
	}
	model := m.Porcupine(of)
	shown := r.Witness
	if len(shown) == 0 {
		for i := range r.history.Ops {
			if o := &r.history.Ops[i]; matters(o) && len(shown) < pictured {
				shown = append(shown, *o)
			}
		}
		if len(shown) == pictured {
			shown = prefix(shown, shown[pictured-1].Call)
		}
	}
	left := uint64(DefaultOracleSteps)
	_, info := porcupine.CheckOperationsVerbose(limited(model, &left), operations(shown), 0)
	if len(r.Witness) > 0 {
		info.AddAnnotations(around(r.history, r.Witness))
	}
	return porcupine.Visualize(model, info, w)
}

// around returns what went on around the last operation of the witness.
func around(h *History, witness []Op) []porcupine.Annotation {
	ops := h.Ops
	in := map[uint64]bool{}
	end := uint64(0)
	for i := range witness {
		in[witness[i].Call] = true
		end = max(end, witness[i].Call)
		if witness[i].Return != Never {
			end = max(end, witness[i].Return)
		}
	}
	var out []porcupine.Annotation
	for i := len(ops) - 1; i >= 0 && len(out) < pictured; i-- {
		o := &ops[i]
		if o.Call > end || in[o.Call] {
			continue
		}
		until := int64(end)
		if o.Return < end {
			until = int64(o.Return)
		}
		out = append(out, porcupine.Annotation{
			ClientId: int(o.Client), Start: int64(o.Call), End: until, Description: h.Describe(o),
			TextColor: "#555555", BackgroundColor: "#e4e4e4",
		})
	}
	return out
}
