package sim

import "simrun/sim/stream"

// settling is how many group commits must have added to a file after a byte became durable before faults may damage it. Consider
// a log whose records say how far it was known to be durable when they were written (package wal). A replica learns
// of commit k at the end of commit k+2 at the latest, if it asks after one at a time; records of commit k+4 are written
// after that, and testify that those of commit k had been durable. Before that, damage cannot be told from a torn tail.
const settling = 4

// stretch is a run of bytes; none if to is 0.
type stretch struct{ from, to int }

// grow takes note that a group commit, named by the last operation it covers, adds to the file.
func (f *file) grow(durable int, commit uint64) {
	if f.commit != commit {
		f.commit = commit
		f.sizes[f.commits%settling] = f.durable
		f.commits++
	}
	f.durable = durable
}

// settled returns how many bytes from the start may be damaged: those of group commits that others came after. A file that is only ever replaced is put there
// in one step, which is never done in part: all of it may be damaged.
func (f *file) settled() int {
	n := f.sizes[f.commits%settling]
	if f.replaced {
		n = max(n, f.images[0].whole)
	}
	return min(n, f.durable)
}

// unsettle begins anew, for a file whose contents are others.
func (f *file) unsettle(durable int) {
	f.sizes, f.commits = [settling]int{}, 0
	f.durable = durable
}

// anySettled chooses a file that has bytes to damage; nil if none has. Nothing may be pending.
func (d *disk) anySettled(s *stream.Stream) (chosen *file) {
	n := uint64(0)
	for i := range d.files {
		if d.files[i].settled() > 0 {
			if n++; s.N(n) == 0 {
				chosen = &d.files[i]
			}
		}
	}
	return chosen
}

// sectorIn chooses a sector of the file that has bytes to damage, and returns the stretch of them.
func (f *file) sectorIn(s *stream.Stream) stretch {
	size := uint64(f.settled())
	at := int(s.N((size+sector-1)/sector)) * sector
	return stretch{at, min(at+sector, int(size))}
}

// rot flips up to eight bits that lie close together. It returns the first byte of them, and how many bytes they spread over.
func (f *file) rot(s *stream.Stream) (at, n int) {
	at = int(s.N(uint64(f.settled())))
	reach := min(f.settled()-at, s.Int(1, 16))
	b := f.images[0].bytes[at : at+reach]
	b[0] ^= 1 << s.N(8)
	for range s.N(8) {
		i := s.N(uint64(reach))
		if i > 0 { // the first one stays flipped
			b[i] ^= 1 << s.N(8)
		}
	}
	return at, reach
}

// loseSector makes a sector unreadable.
func (f *file) loseSector(s *stream.Stream) (at, n int) {
	lost := f.sectorIn(s)
	m := &f.images[0]
	clear(m.bytes[lost.from:lost.to])
	if m.bad.to > 0 {
		lost.from, lost.to = min(lost.from, m.bad.from), max(lost.to, m.bad.to)
	}
	m.bad = lost
	return lost.from, lost.to - lost.from
}

// overwrite puts a sector of another place into one of this file. n is 0 if that changes nothing.
func (f *file) overwrite(s *stream.Stream, other *file) (at, n int) {
	to, from := f.sectorIn(s), other.sectorIn(s)
	n = min(to.to-to.from, from.to-from.from)
	if f == other && to.from == from.from && n > 1 { // within one sector: half of it goes astray
		n /= 2
		from.from += n
	}
	dst, src := f.images[0].bytes[to.from:to.from+n], other.images[0].bytes[from.from:from.from+n]
	if string(dst) == string(src) {
		return to.from, 0
	}
	copy(dst, src)
	return to.from, n
}

// wipe empties the disk, as if it had been replaced.
func (d *disk) wipe() {
	issued := d.issued
	d.reset()
	d.issued, d.durable = issued, issued
}
