package node

// Arena hands out byte slices that are written once and never change, packed into blocks, so that a replica
// which keeps many small values does not allocate for each. A block is garbage once no slice of it is in use. The
// zero Arena is ready. A copy of an Arena shares its current block, so a copied state must call Fork before it adds.
type Arena struct {
	block []byte
	size  int // of the next block: they grow fourfold, since many replicas do not live to fill a large one
}

const (
	arenaFirst = 1 << 10
	arenaBlock = 64 << 10 // of the largest
)

// Copy returns a stable copy of b.
func (a *Arena) Copy(b []byte) []byte {
	out := a.Make(len(b))
	copy(out, b)
	return out
}

// Make returns n zero bytes for the caller to fill, once, before anybody else sees them.
func (a *Arena) Make(n int) []byte {
	if n > arenaBlock/4 {
		return make([]byte, n)
	}
	if cap(a.block)-len(a.block) < n {
		a.size = min(max(4*a.size, arenaFirst), arenaBlock)
		for a.size < n {
			a.size *= 2
		}
		a.block = make([]byte, 0, a.size)
	}
	at := len(a.block)
	a.block = a.block[:at+n]
	return a.block[at : at+n : at+n]
}

// Fork detaches the arena from the block it shares with the arena it was copied from.
func (a *Arena) Fork() { a.block = nil }
