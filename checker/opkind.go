package checker

// OpKind says what an operation does. Values are numbers; 0 is the value of a key that was never written.
type OpKind uint8

const (
	// Get reads Key. Out is its value.
	Get OpKind = iota + 1
	// Put sets Key to Arg.
	Put
	// CAS sets Key to Arg2 if its value is Arg. Out is the value it saw, which tells whether it did.
	CAS
	// Propose asks to decide Arg. Out is what was decided.
	Propose

	numOpKinds
)

var opKindNames = [numOpKinds]string{Get: "get", Put: "put", CAS: "cas", Propose: "propose"}

// String returns the kind's name.
func (k OpKind) String() string {
	if k > 0 && k < numOpKinds {
		return opKindNames[k]
	}
	return "invalid"
}
