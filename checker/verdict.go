package checker

import "fmt"

// Kind is the kind of a verdict.
type Kind uint8

const (
	// Pass: nothing was wrong.
	Pass Kind = iota + 1
	// Violated: something that must hold did not.
	Violated
	// Undecided: a check could not come to an end.
	Undecided
	// Vacuous: nothing was proved, since too little happened.
	Vacuous
	// Unrecoverable: more was destroyed than the protocol promises to survive.
	Unrecoverable
	// Nondeterministic: the same input did not give the same run.
	Nondeterministic

	numKinds
)

var kindNames = [numKinds]string{
	Pass: "pass", Violated: "violation", Undecided: "undecided", Vacuous: "vacuous",
	Unrecoverable: "unrecoverable", Nondeterministic: "nondeterministic",
}

// String returns the kind's name.
func (k Kind) String() string {
	if k > 0 && k < numKinds {
		return kindNames[k]
	}
	return "none"
}

// ParseKind reads a kind's name.
func ParseKind(name string) (Kind, error) {
	for k := Pass; k < numKinds; k++ {
		if kindNames[k] == name {
			return k, nil
		}
	}
	return 0, fmt.Errorf("there is no verdict %q: there are %v", name, kindNames[1:])
}

// Verdict is what a run is judged to be.
type Verdict struct {
	Kind Kind
	// Fingerprint of a violation: the check that fired and the shape of the failure, without any values, so that two seeds which
	// fail in the same way have the same.
	Fingerprint string
	// Detail says in a sentence what happened.
	Detail string
	// Broken is the assumption of the protocol that the run broke on purpose, where a violation follows such a breach.
	Broken string
}

// String writes the verdict in one line.
func (v Verdict) String() string {
	s := v.Kind.String()
	if v.Fingerprint != "" {
		s += ": " + v.Fingerprint
	}
	if v.Detail != "" {
		s += ": " + v.Detail
	}
	return s
}

// Violation is one thing that must not happen and did.
type Violation struct {
	Check  string // the check that fired
	Shape  string // what kind of failure it saw, without any values
	Detail string // what exactly, with nodes, slots and ballots
	Node   uint16 // the replica it is about; 0 if none in particular
	Slot   uint64
}

// Verdict returns the violation as the verdict of a run.
func (v *Violation) Verdict() Verdict {
	return Verdict{Kind: Violated, Fingerprint: v.Check + ": " + v.Shape, Detail: v.Detail}
}
