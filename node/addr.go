package node

import (
	"fmt"
	"strconv"
)

// Addr is an end of a link: a replica or a client. In text it is "n3" or "c2".
type Addr uint32

const clientBit Addr = 1 << 31

// Addr returns the replica's address.
func (id ID) Addr() Addr { return Addr(id) }

// Addr returns the client's address.
func (c Client) Addr() Addr { return Addr(c) | clientBit }

// IsClient tells a client's address from a replica's.
func (a Addr) IsClient() bool { return a&clientBit != 0 }

// ID returns the replica whose address it is; 0 for a client's.
func (a Addr) ID() ID {
	if a.IsClient() {
		return 0
	}
	return ID(a)
}

// Client returns the client whose address it is; 0 for a replica's.
func (a Addr) Client() Client {
	if !a.IsClient() {
		return 0
	}
	return Client(a &^ clientBit)
}

// String writes the address as "n3" or "c2".
func (a Addr) String() string {
	if a.IsClient() {
		return "c" + strconv.FormatUint(uint64(a.Client()), 10)
	}
	return "n" + strconv.FormatUint(uint64(a), 10)
}

// MarshalText writes the address as String does.
func (a Addr) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText reads "n3" or "c2". Numbers run from 1 to 65535 for replicas and to 2^31-1 for clients.
func (a *Addr) UnmarshalText(text []byte) error {
	if len(text) > 1 {
		switch text[0] {
		case 'n':
			if n, err := strconv.ParseUint(string(text[1:]), 10, 16); err == nil && n > 0 {
				*a = ID(n).Addr()
				return nil
			}
		case 'c':
			if n, err := strconv.ParseUint(string(text[1:]), 10, 31); err == nil && n > 0 {
				*a = Client(n).Addr()
				return nil
			}
		}
	}
	return fmt.Errorf("%q is not an address: write n3 for the third replica, c2 for the second client", text)
}
