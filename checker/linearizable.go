package checker

// Answer says whether a history is linearizable.
type Answer uint8

const (
	// Linearizable: there is an order that explains it.
	Linearizable Answer = iota + 1
	// NotLinearizable: there is none.
	NotLinearizable
	// NotDecided: the search did not come to an end within its budget, or this is no history.
	NotDecided
	// LogDisagrees: there is an order that explains what clients saw, but the hints give another, which does not, and there are enough of
	// them to tell. Clients were lucky.
	LogDisagrees
	// CheckersDisagree: porcupine says otherwise. One of the two is wrong.
	CheckersDisagree
)

// Options of a check.
type Options struct {
	// Oracle makes porcupine look at every history, also at one that a certificate was accepted for.
	Oracle bool
	// Budget is how many configurations the search may visit, besides one for each operation; 0 means DefaultBudget. What it did not
	// decide by then is NotDecided, which is never a pass.
	Budget uint64
	// OracleSteps is how many steps porcupine may take on one partition; 0 means DefaultOracleSteps. What it did not decide by then it has nothing to say of.
	OracleSteps uint64
}

const (
	// DefaultBudget takes about a second, and 100 MB.
	DefaultBudget = 2_000_000
	maxBudget     = 1 << 40
	// DefaultOracleSteps is for histories that porcupine does not get through. They take about a second.
	DefaultOracleSteps = 5_000_000
)

// Methods, by which a history was decided.
const (
	ByValidation   = "validation"
	ByCertificate  = "certificate"   // the order of the log
	ByWriteOrder   = "write order"   // the order of the writes in the log
	ByUniqueValues = "unique values" // no value was written twice to a key
	BySearch       = "search"
)

// Result of a check. It is the same for the same history, model and options on every machine.
type Result struct {
	Answer Answer
	// Method is what decided: see ByCertificate and the others. Where keys were decided by several, the one that does more work.
	Method string
	// Operations is how many there were, and Configurations how many the search visited, all keys together; 0 without a search.
	Operations     int
	Configurations uint64
	// Witness is a small history that no order explains, if NotLinearizable. Its operations are those of one key. Some may say less than they
	// did: a compare-and-set that hit, and of which one of its two values plays no part, stands in it as the get or put of the other value, and lists lack
	// elements that play none. Shown has what does not fit into their numbers.
	Witness []Op
	// Reason says in a sentence why not Linearizable.
	Reason string
	// Refused is why the certificate was not accepted, if it was not.
	Refused error

	history *History
	shown   *History // whose Ext and Texts the witness refers to; nil: those of history
}

// Shown returns the witness as a history of its own.
func (r Result) Shown() *History {
	h := r.shown
	if h == nil {
		h = r.history
	}
	if h == nil {
		return &History{}
	}
	return &History{Ops: r.Witness, Ext: h.Ext, Texts: h.Texts, Nil: h.Nil}
}

// Verdict returns the result as the verdict of a run.
func (r Result) Verdict() Verdict {
	var v Violation
	switch r.Answer {
	case Linearizable:
		return Verdict{Kind: Pass}
	case NotDecided:
		return Verdict{Kind: Undecided, Detail: r.Reason}
	case LogDisagrees:
		v = Violation{Check: "log", Shape: "order disagrees", Detail: r.Reason}
	case CheckersDisagree:
		v = Violation{Check: "checker", Shape: "checkers disagree", Detail: r.Reason}
	default:
		v = Violation{Check: "linearizability", Shape: "not linearizable", Detail: r.Reason}
	}
	return v.Verdict()
}

// Checker checks histories. It keeps its memory from one to the next; the zero Checker is ready.
type Checker struct {
	validator validator
	sorter    sorter
	keys      keys
	order     []ranked
	states    []int64
	writes    writeOrder
	unique    unique
	search    search
	rules     rules
}

// Check decides whether the history is linearizable with respect to the model. The layers are those of the package documentation.
func (c *Checker) Check(h *History, m Model, o Options) Result {
	r := Result{Operations: len(h.Ops), history: h}
	if err := c.validator.validate(h.Ops); err != nil {
		r.Answer, r.Method, r.Reason = NotDecided, ByValidation, "this is no history: "+err.Error()
		return r
	}
	if o.Budget == 0 {
		o.Budget = DefaultBudget
	}
	o.Budget = min(o.Budget, maxBudget)
	if o.OracleSteps == 0 {
		o.OracleSteps = DefaultOracleSteps
	}
	c.rules = m.bind(h)
	rules := &c.rules
	c.keys.index(h.Ops, m.ByKey)
	refused := c.certify(h.Ops, rules)
	r.Answer, r.Method = Linearizable, ByCertificate
	if refused != nil {
		c.keys.split(h.Ops)
		if m.Register {
			refused = c.certifyWrites(h.Ops, refused)
			r.Method = ByWriteOrder
		}
	}
	if refused != nil {
		r.Refused = refused
		c.decideSettled(h, rules, o.Budget, &r)
		if r.Answer == Linearizable && refused.disagrees {
			r.Answer = LogDisagrees
			r.Reason = "what clients saw is linearizable, but not in the order of the log, in which " + refused.why
		}
	}
	if o.Oracle || r.Answer == NotLinearizable || r.Answer == LogDisagrees {
		c.keys.split(h.Ops)
		c.ask(h.Ops, rules, o.OracleSteps, &r)
	}
	return r
}

// certifyWrites verifies the order of writes, if reads were what the full order lacked.
func (c *Checker) certifyWrites(ops []Op, full *refusal) *refusal {
	if !full.reads {
		return full
	}
	for k := range c.keys.count {
		if r := c.writes.certify(ops, c.keys.part(k), &c.sorter); r != nil {
			return r
		}
	}
	return nil
}

// decideSettled decides the history as the model settles it. A witness is of the history as it is.
func (c *Checker) decideSettled(h *History, m *rules, budget uint64, r *Result) {
	var settled *History
	if m.Settle != nil {
		settled = m.Settle(h)
	}
	if settled == nil {
		c.decide(h, h.Ops, m, budget, r)
		return
	}
	bound := m.Model.bind(settled)
	c.keys.index(settled.Ops, m.ByKey)
	c.keys.split(settled.Ops)
	c.decide(h, settled.Ops, &bound, budget, r)
	c.keys.index(h.Ops, m.ByKey)
}

// decide goes through the keys in the order of their numbers, and stops at the first that no order explains. The operations are those of the history, or settled ones.
func (c *Checker) decide(h *History, ops []Op, m *rules, budget uint64, r *Result) {
	c.search.configurations = 0
	r.Method = ByUniqueValues
	for k := range c.keys.count {
		part := c.keys.part(k)
		d, values := c.decidePart(ops, part, m, budget, r)
		switch d {
		case open:
			if r.Answer != NotDecided {
				r.Answer, r.Reason = NotDecided, undecided(ops, part, m, budget)
			}
		case impossible:
			r.Configurations = c.search.configurations
			r.Answer = NotLinearizable
			if values != nil {
				r.Witness, m = witnessOfValues(ops, part, m, values, budget)
			} else {
				as := m.Model.bind(h)
				r.Witness, m = witnessFrom(c.search.blocked(), ofKey(h.Ops, &ops[part[0]], m.ByKey), &as, budget)
			}
			r.shown = m.history
			r.Reason = explain(ops, r.Witness, m)
			return
		}
	}
	r.Configurations = c.search.configurations
}

// ofKey returns the operations on the key of one of them, or all.
func ofKey(ops []Op, one *Op, byKey bool) (of []Op) {
	for i := range ops {
		if matters(&ops[i]) && (!byKey || ops[i].Key == one.Key) {
			of = append(of, ops[i])
		}
	}
	return of
}

// decidePart decides one key, by its values if they are unique, or else by search. Of values that are unique it returns those that show that it is
// impossible.
func (c *Checker) decidePart(ops []Op, part []int32, m *rules, budget uint64, r *Result) (d decision, values []int64) {
	if m.Register {
		if d, values = c.unique.decide(ops, part, &c.sorter); d != open {
			return d, values
		}
		if values = c.unique.unwritten(ops, part); values != nil {
			return impossible, values
		}
	}
	r.Method = BySearch
	return c.search.decide(ops, part, m, budget), nil
}
