package format

import (
	"errors"
	"fmt"
	"slices"

	"simrun/checker"
)

// settle decides what only the whole history tells, and returns the recording.
func (r *recorder) settle() (*Recording, error) {
	h := r.history
	if len(h.Ops) == 0 {
		return nil, errors.New("there are no operations in it")
	}
	var uses [256]bool
	adds := false
	for i := range h.Ops {
		uses[h.Ops[i].Kind] = true
		adds = adds || summed(h.Ops[i].Kind)
	}
	h.Nil = true
	var err error
	switch {
	case r.Model == "set", r.Model == "" && uses[checker.Add] && uses[checker.List] && !uses[checker.Append],
		uses[checker.Include], uses[checker.Exclude], uses[checker.Contains], uses[checker.Elements]:
		err = r.settleSet()
	case r.Model == "counter", r.Model == "bank", adds:
		err = r.settleSums()
	}
	if err == nil && uses[checker.Txn] {
		err = r.settleTxns()
	}
	if err != nil {
		return nil, err
	}
	r.settleKeys()
	if err := h.Validate(); err != nil {
		return nil, fmt.Errorf("it is no history: %w", err)
	}
	return &r.Recording, nil
}

// summed tells of operations that their numbers are sums, so that those which are read are too.
func summed(k checker.OpKind) bool {
	switch k {
	case checker.Add, checker.AddGet, checker.Transfer, checker.Balances, checker.Total:
		return true
	}
	return false
}

// wrong says of an operation, by the line in which it was invoked, what is wrong with it.
func (r *recorder) wrong(i int, text string) error {
	return fmt.Errorf("line %d: %s: %s", r.Lines[i], r.history.Ops[i].Kind, text)
}

// settleSet makes operations on sets of those that may be on sets.
func (r *recorder) settleSet() error {
	for i := range r.history.Ops {
		o := &r.history.Ops[i]
		switch o.Kind {
		case checker.Add:
			o.Kind = checker.Include
		case checker.Get:
			if o.Outcome == checker.OK {
				return r.wrong(i, "what is read of a set must be a list")
			}
			o.Kind = checker.Elements
		case checker.List:
			o.Kind = checker.Elements
		}
		if o.Kind == checker.Elements && o.Ext > 0 {
			out := r.history.Ext[o.Ext-1].Out
			slices.Sort(out)
			for j := 1; j < len(out); j++ {
				if out[j] == out[j-1] {
					return r.wrong(i, r.history.Value(out[j])+" is twice in what was read of the set")
				}
			}
		}
	}
	return nil
}

// settleSums makes numbers in which 0 is 0 of those of counters and accounts.
func (r *recorder) settleSums() error {
	r.history.Nil = false
	if len(r.history.Texts) > 0 {
		return fmt.Errorf("there are texts in it, such as %s, and numbers are added up", shortened(r.history.Texts[0]))
	}
	for i := range r.history.Ops {
		o := &r.history.Ops[i]
		switch {
		case o.Kind == checker.Add && o.Arg == checker.Zero:
			o.Arg = 0
		case o.Kind == checker.Get && o.Outcome == checker.OK && o.Out == 0:
			return r.wrong(i, "what is read of a sum must be a number, and it is nil")
		case o.Kind == checker.Get && o.Out == checker.Zero:
			o.Out = 0
		}
	}
	return nil
}

// settleTxns makes reads of lists of the reads of keys that are lists. Of nothing, both look the same: 0, as a value and as a length.
func (r *recorder) settleTxns() error {
	const register, list = 1, 2
	is := map[int64]int{}
	for i := range r.history.Ops {
		o := &r.history.Ops[i]
		if o.Kind != checker.Txn {
			continue
		}
		in := r.history.Ext[o.Ext-1].In
		for j := 0; j < len(in); j += 3 {
			switch in[j] {
			case checker.TxnWrite:
				is[in[j+1]] |= register
			case checker.TxnAppend, checker.TxnList:
				is[in[j+1]] |= list
			}
		}
	}
	for i := range r.history.Ops {
		o := &r.history.Ops[i]
		if o.Kind != checker.Txn {
			continue
		}
		e := &r.history.Ext[o.Ext-1]
		out := e.Out
		for j := 0; j < len(e.In); j += 3 {
			switch {
			case is[e.In[j+1]] == register|list:
				return r.wrong(i, fmt.Sprintf("the key %s is a list in some transactions, and not in others", r.keyName(e.In[j+1])))
			case e.In[j] == checker.TxnRead && is[e.In[j+1]] == list:
				e.In[j] = checker.TxnList
				if len(out) > 0 && out[0] != 0 {
					return r.wrong(i, fmt.Sprintf("what is read of the key %s is no list, and it is one in other transactions", r.keyName(e.In[j+1])))
				}
			}
			if o.Outcome != checker.OK {
				continue
			}
			switch e.In[j] {
			case checker.TxnRead:
				out = out[1:]
			case checker.TxnList:
				out = out[1+out[0]:]
			}
		}
	}
	return nil
}

func (r *recorder) keyName(k int64) string {
	if k < int64(len(r.Keys)) {
		return shortened(r.Keys[k])
	}
	return fmt.Sprint(k)
}

// settleKeys gives keys whose names are all numbers those numbers.
func (r *recorder) settleKeys() {
	numbers := make([]uint32, len(r.Keys))
	for i, name := range r.Keys {
		n, ok := decimal(name)
		if !ok {
			return
		}
		numbers[i] = n
	}
	if len(r.Keys) == 0 {
		return
	}
	h := r.history
	for i := range h.Ops {
		o := &h.Ops[i]
		switch o.Kind {
		case checker.Propose, checker.Total, checker.OpenSession, checker.Renew, checker.Expire:
		case checker.Balances:
			if o.Ext > 0 {
				out := h.Ext[o.Ext-1].Out
				for j := 0; j < len(out); j += 2 {
					out[j] = int64(numbers[out[j]])
				}
			}
		case checker.Txn:
			in := h.Ext[o.Ext-1].In
			for j := 0; j < len(in); j += 3 {
				in[j+1] = int64(numbers[in[j+1]])
			}
		case checker.Transfer:
			o.Arg = int64(numbers[o.Arg])
			o.Key = numbers[o.Key]
		default:
			o.Key = numbers[o.Key]
		}
	}
	r.Keys = nil
}
