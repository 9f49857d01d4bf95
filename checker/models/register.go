package models

import "simrun/checker"

var registerKinds = []checker.OpKind{checker.Get, checker.Put, checker.CAS, checker.TryCAS}

// Register is one register.
var Register = Model{
	Model: checker.Model{Name: "register", ByKey: true, Register: true, Less: lessRegisters, Step: registerStep},
	Doc:   "a register: a get returns what was put last, and a compare-and-set puts its second value if the register has its first",
	Kinds: registerKinds,
}

// KV is the key-value store with compare-and-set.
var KV = Model{
	Model: checker.Model{Name: "kv", ByKey: true, Register: true, Less: lessRegisters, Step: registerStep},
	Doc:   "a key-value store: every key is a register with get, put and compare-and-set",
	Kinds: registerKinds, Keyed: true,
}

func registerStep(state int64, o *checker.Op) (next, out int64) {
	hit := state == o.Arg
	switch o.Kind {
	case checker.Put:
		return o.Arg, o.Out
	case checker.CAS:
		if hit {
			return o.Arg2, state
		}
	case checker.TryCAS:
		if hit {
			return o.Arg2, 1
		}
		return state, 0
	}
	return state, state
}

// Insert is keys that are written once.
var Insert = Model{
	Model: checker.Model{Name: "insert", ByKey: true, Less: lessInserts, Step: insertStep},
	Doc:   "insert-if-absent: the first insert gives a key its value for ever, every other is told that there is one, and a get returns it",
	Kinds: []checker.OpKind{checker.Get, checker.Insert},
	Marks: []checker.OpKind{checker.Insert}, Keyed: true,
}

func insertStep(state int64, o *checker.Op) (next, out int64) {
	switch {
	case o.Kind == checker.Get:
		return state, state
	case state != 0:
		return state, 0
	}
	return o.Arg, 1
}

// Counter is numbers that are added to.
var Counter = Model{
	Model: checker.Model{Name: "counter", ByKey: true, Less: lessSums, Step: counterStep},
	Doc:   "a counter, 0 at first: an add adds a number, which may be negative, and a get returns the sum (numbers of 64 bits, which wrap around)",
	Kinds: []checker.OpKind{checker.Get, checker.Add, checker.AddGet},
	Marks: []checker.OpKind{checker.Add, checker.AddGet}, Keyed: true,
}

func counterStep(state int64, o *checker.Op) (next, out int64) {
	switch o.Kind {
	case checker.Add:
		return state + o.Arg, o.Out
	case checker.AddGet:
		return state + o.Arg, state + o.Arg
	}
	return state, state
}

// Decree is a single decision.
var Decree = Model{
	Model: checker.Decree,
	Doc:   "a single decision: the first proposal decides, and all get to know what was decided",
	Kinds: []checker.OpKind{checker.Propose},
}
