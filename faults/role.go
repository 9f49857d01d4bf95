package faults

import "fmt"

// Role is a part that a replica plays at a moment. A fault with a role happens to whoever plays it when the fault begins. In text it is
// its name.
type Role uint8

const (
	// Leader takes itself for the leader. Of several it is the one with the highest ballot.
	Leader Role = iota + 1
	// Candidate owns the highest ballot that any replica has promised, and has not won with it.
	Candidate
	// Decider cast the vote that last completed a quorum.
	Decider

	// NumRoles is one more than the highest role.
	NumRoles
)

var roleNames = [NumRoles]string{Leader: "leader", Candidate: "candidate", Decider: "decider"}

// String returns the role's name.
func (r Role) String() string {
	if r == 0 || r >= NumRoles {
		return "unknown"
	}
	return roleNames[r]
}

// MarshalText writes the role's name.
func (r Role) MarshalText() ([]byte, error) {
	if r >= NumRoles {
		return nil, fmt.Errorf("there is no role %d", r)
	}
	return []byte(roleNames[r]), nil
}

// UnmarshalText reads a role's name. An empty one is no role.
func (r *Role) UnmarshalText(text []byte) error {
	for i, name := range roleNames {
		if name == string(text) {
			*r = Role(i)
			return nil
		}
	}
	return fmt.Errorf("there is no role %q: there are %v", text, roleNames[1:])
}
