package models

import (
	"fmt"
	"slices"
	"strings"

	"simrun/checker"
)

// Model is a sequential specification with what people need to know of it.
type Model struct {
	checker.Model
	// Doc is the sequential rule, in words.
	Doc string
	// Kinds is the operations that it knows.
	Kinds []checker.OpKind
	// Marks is operations of which a history must have one to be taken for one of this model; nil if it needs none.
	Marks []checker.OpKind
	// Keyed tells that operations name keys, unlike those of a register alone.
	Keyed bool
}

// All returns the models, those that are asked for most first.
func All() []Model {
	return []Model{
		Register, KV, Counter, Lists, Texts, Queue, Set, Lock, Bank, Insert, Txn, Sessions, Decree,
	}
}

// Find returns the model of a name. The error lists the names.
func Find(name string) (Model, error) {
	for _, m := range All() {
		if m.Name == name {
			return m, nil
		}
	}
	return Model{}, fmt.Errorf("there is no model %q: there are %s", name, strings.Join(Names(), ", "))
}

// Names returns the names of all models.
func Names() []string {
	var names []string
	for _, m := range All() {
		names = append(names, m.Name)
	}
	return names
}

// Guess returns the only model that knows all operations of the history, and has one that marks it. The error says which there are, if not one. A register and
// a key-value store differ by keys alone, and keyed tells whether there are any.
func Guess(h *checker.History, keyed bool) (Model, error) {
	var used [256]bool
	for i := range h.Ops {
		used[h.Ops[i].Kind] = true
	}
	var fit []Model
	var names []string
	for _, m := range All() {
		known := (m.Name != Register.Name || !keyed) && (m.Name != KV.Name || keyed)
		marked := m.Marks == nil
		for k := range used {
			if used[k] {
				known = known && slices.Contains(m.Kinds, checker.OpKind(k))
				marked = marked || slices.Contains(m.Marks, checker.OpKind(k))
			}
		}
		if known && marked {
			fit, names = append(fit, m), append(names, m.Name)
		}
	}
	switch len(fit) {
	case 1:
		return fit[0], nil
	case 0:
		return Model{}, fmt.Errorf("no model knows all of its operations (%s)", strings.Join(kindNames(used[:]), ", "))
	}
	return Model{}, fmt.Errorf("its operations (%s) fit several models: choose %s", strings.Join(kindNames(used[:]), ", "), orList(names))
}

func kindNames(used []bool) []string {
	var names []string
	for k, yes := range used {
		if yes {
			names = append(names, checker.OpKind(k).String())
		}
	}
	return names
}

// orList writes "a, b or c".
func orList(names []string) string {
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " or " + names[last]
}

// Refuses returns the index of the first operation that the model cannot be asked about, and why, or -1.
func (m Model) Refuses(h *checker.History) (int, error) {
	for i := range h.Ops {
		o := &h.Ops[i]
		if !slices.Contains(m.Kinds, o.Kind) {
			var names []string
			for _, k := range m.Kinds {
				names = append(names, k.String())
			}
			return i, fmt.Errorf("%s is no operation of the model %s, which has %s", o.Kind, m.Name, strings.Join(names, ", "))
		}
		if err := malformed(h, o); err != nil {
			return i, err
		}
	}
	return -1, nil
}

// malformed refuses operations that lack the part that does not fit into numbers, which no model looks at twice.
func malformed(h *checker.History, o *checker.Op) error {
	if uint64(o.Ext) > uint64(len(h.Ext)) {
		return fmt.Errorf("%s refers to what is not in the history", o.Kind)
	}
	switch o.Kind {
	case checker.List, checker.Elements, checker.Balances:
		if o.Outcome == checker.OK && o.Ext == 0 {
			return fmt.Errorf("%s completed, and its result is missing", o.Kind)
		}
	case checker.Txn:
		if o.Ext == 0 {
			return fmt.Errorf("%s says nothing of what it does", o.Kind)
		}
		if !wellFormed(&h.Ext[o.Ext-1], o.Outcome == checker.OK) {
			return fmt.Errorf("%s does not have the shape of a transaction", o.Kind)
		}
	}
	return nil
}

// For returns the model as it fits a history: where every compare-and-set tells what it saw, histories of registers may be
// decided by their values, without search.
func (m Model) For(h *checker.History) checker.Model {
	if m.Register {
		for i := range h.Ops {
			if h.Ops[i].Kind == checker.TryCAS {
				m.Register = false
				break
			}
		}
	}
	return m.Model
}
