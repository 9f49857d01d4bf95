package sim

// Bytes hands out slices that live until the end of the run and are then used again: the memory of requests, replies,
// encoded messages and what replicas read from their disks. The zero Bytes is ready.
type Bytes struct {
	blocks [][]byte
	block  int // index of the block in use
	used   int // bytes used of it
}

const (
	bytesBlock = 64 << 10
	// bytesKeep bounds what a run may hold for the next one; beyond it blocks are dropped as they fill, and live as
	// long as somebody uses a slice of them.
	bytesKeep = 64
)

// Reset takes all slices back.
func (b *Bytes) Reset() { b.block, b.used = 0, 0 }

// Copy returns a copy of p.
func (b *Bytes) Copy(p []byte) []byte {
	if len(p) == 0 {
		return nil
	}
	return append(b.Grow(len(p)), p...)
}

// Grow returns an empty slice with room for n bytes.
func (b *Bytes) Grow(n int) []byte {
	if n > bytesBlock {
		return make([]byte, 0, n)
	}
	if len(b.blocks) == 0 {
		b.blocks = append(b.blocks, make([]byte, bytesBlock))
	}
	if b.used+n > bytesBlock {
		b.used = 0
		switch {
		case b.block+1 < len(b.blocks):
			b.block++
		case len(b.blocks) < bytesKeep:
			b.blocks = append(b.blocks, make([]byte, bytesBlock))
			b.block++
		default:
			b.blocks[b.block] = make([]byte, bytesBlock)
		}
	}
	at := b.used
	b.used += n
	return b.blocks[b.block][at : at : at+n]
}

// Each calls f with every block: to poison them in a test.
func (b *Bytes) Each(f func([]byte)) {
	for _, block := range b.blocks {
		f(block)
	}
}
