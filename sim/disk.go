package sim

import (
	"slices"

	"simrun/sim/stream"
)

// disk is the stable storage of one host: files that hold every state a crash could leave them in.
//
// A file is a list of images, each the result of appends only: a Replace or a Truncate starts a new one. Its possible
// states after a crash are then prefixes of images, one for every operation since the last group commit, and they cost
// neither copies nor a log of writes. The oldest image holds what is durable, the newest what the replica sees.
type disk struct {
	replaced []string // names of files that are only ever replaced
	files    []file
	recent   int      // where the file is that was opened last
	issued   uint64   // operations so far
	durable  uint64   // of these, how many are durable: a group commit covers all that were issued when it began
	spare    [][]byte // buffers of images that are gone
}

type file struct {
	name    string
	images  []image
	durable int           // bytes of images[0] that are durable
	pending []mark        // operations not yet durable, in order
	sizes   [settling]int // what durable was before each of the latest group commits: see damage.go
	commits uint          // that added to the file since its contents were others,
	commit  uint64        // the latest of them

	replaced bool // it is only ever replaced: see HostConfig.Replaced
}

type image struct {
	bytes []byte
	bad   stretch // that cannot be read, and is zeros here
	whole int     // so many bytes from the start were put there in one step
}

// mark says: after operation number the file is the first size bytes of images[image].
type mark struct {
	number uint64
	image  int
	size   int
}

// DiskFaults says what a crash does to writes that are not durable. Chances are in parts per million.
type DiskFaults struct {
	Lose uint64 `json:"lose"` // chance, per file and crash, that any of them are lost at all
	Tear uint64 `json:"tear"` // chance, given a loss, that a part of the first lost append survives
	Hole uint64 `json:"hole"` // chance, per file and crash, that a stretch of the surviving appended bytes reads as zeros
}

// reset empties the disk.
func (d *disk) reset() {
	for i := range d.files {
		f := &d.files[i]
		for _, m := range f.images {
			d.spare = append(d.spare, m.bytes[:0])
		}
		f.images, f.pending = f.images[:0], f.pending[:0]
		f.unsettle(0)
		f.commit = 0
		f.name = ""
	}
	d.files = d.files[:0]
	d.issued, d.durable = 0, 0
}

// open returns the file, which exists by being named. Hosts have few files, and mostly write to the one they wrote to before.
func (d *disk) open(name string) *file {
	if d.recent < len(d.files) && d.files[d.recent].name == name {
		return &d.files[d.recent]
	}
	for i := range d.files {
		if d.files[i].name == name {
			d.recent = i
			return &d.files[i]
		}
	}
	if len(d.files) < cap(d.files) {
		d.files = d.files[:len(d.files)+1] // with the slices of an earlier run
	} else {
		d.files = append(d.files, file{})
	}
	f := &d.files[len(d.files)-1]
	f.name, f.replaced = name, slices.Contains(d.replaced, name)
	f.images = append(f.images[:0], image{bytes: d.buffer()})
	return f
}

func (d *disk) buffer() []byte {
	if n := len(d.spare); n > 0 {
		b := d.spare[n-1]
		d.spare = d.spare[:n-1]
		return b
	}
	return nil
}

func (f *file) last() *image { return &f.images[len(f.images)-1] }

// note records that the file's newest state is reached by a new operation.
func (d *disk) note(f *file) {
	newest := len(f.images) - 1
	d.issued++
	f.pending = append(f.pending, mark{d.issued, newest, len(f.images[newest].bytes)})
}

func (d *disk) append(name string, b []byte) {
	f := d.open(name)
	m := f.last()
	m.bytes = append(m.bytes, b...)
	d.note(f)
}

func (d *disk) replace(name string, b []byte) {
	f := d.open(name)
	f.images = append(f.images, image{bytes: append(d.buffer(), b...), whole: len(b)})
	d.note(f)
}

// truncate reports whether it changed anything.
func (d *disk) truncate(name string, size int) bool {
	f := d.open(name)
	if size >= len(f.last().bytes) {
		return false
	}
	cut := image{bytes: append(d.buffer(), f.last().bytes[:max(size, 0)]...)}
	cut.whole = min(f.last().whole, len(cut.bytes))
	if bad := f.last().bad; bad.from < size {
		cut.bad = bad
	}
	f.images = append(f.images, cut)
	d.note(f)
	return true
}

// rewrote is in the place of where what was appended begins, if a file's durable contents are another image now.
const rewrote = -1

// commitNext makes operations up to the given number durable, the first of them and those that go with it. It returns the file in which something
// became durable, nil if nothing did; where in it that begins, or rewrote; and whether there is more to make durable. Operations
// are taken in the order in which they were issued: bytes that were appended, and image after image, as if every one had been durable for a moment
// before the next took its place. A replica that waited for all of them may truly say what it wrote into an image that is
// gone by then, and what it did in one file was done before or after what it did in another.
func (d *disk) commitNext(upTo uint64) (f *file, from int, more bool) {
	f, until := d.earliest(upTo)
	if f == nil {
		d.durable = upTo
		return nil, 0, false
	}
	n := 1
	for n < len(f.pending) && f.pending[n].number < until && f.pending[n].image == f.pending[0].image {
		n++
	}
	last := f.pending[n-1]
	if n == len(f.pending) {
		f.pending = f.pending[:0]
		more = until <= upTo
	} else {
		more = until <= upTo || f.pending[n].number <= upTo
		f.pending = f.pending[:copy(f.pending, f.pending[n:])]
	}
	if !more {
		d.durable = upTo
	}
	if last.image == 0 {
		from = f.durable
		f.grow(last.size, upTo)
		return f, from, more
	}
	for _, m := range f.images[:last.image] {
		d.spare = append(d.spare, m.bytes[:0])
	}
	f.images = f.images[:copy(f.images, f.images[last.image:])]
	for j := range f.pending {
		f.pending[j].image -= last.image
	}
	f.unsettle(last.size)
	f.commit = upTo
	return f, rewrote, more
}

// earliest returns the file with the earliest operation that is not durable, if there is one up to the number given, and
// the number of the first operation after it that is on another file, or beyond that number.
func (d *disk) earliest(upTo uint64) (f *file, until uint64) {
	until = upTo + 1
	for i := range d.files {
		other := &d.files[i]
		switch {
		case len(other.pending) == 0 || other.pending[0].number >= until:
		case f == nil:
			f = other
		case other.pending[0].number < f.pending[0].number:
			f, until = other, f.pending[0].number
		default:
			until = other.pending[0].number
		}
	}
	return f, until
}

// grows tells whether any of the operations up to the given number adds to a file.
func (d *disk) grows(upTo uint64) bool {
	for i := range d.files {
		f := &d.files[i]
		size := f.durable
		for _, m := range f.pending {
			if m.number > upTo {
				break
			}
			if m.size > size {
				return true
			}
			size = m.size
		}
	}
	return false
}

// A loss tells what a crash did to a disk.
type loss struct {
	lost  int // operations that did not survive
	torn  int // files whose last surviving append is a part of what was written
	holed int // files with a stretch of zeros
}

// crash decides which of the operations that are not durable survive, each file on its own, as Disk promises: a
// prefix, its last append perhaps torn, appended bytes perhaps zero. What survives is durable afterwards. The fate of
// a file hangs on the key, which names this crash, and on nothing else.
func (d *disk) crash(faults DiskFaults, key uint64) (total loss) {
	for i := range d.files {
		f := &d.files[i]
		fate := stream.New(key, f.name, 0)
		total.add(d.survive(f, faults, &fate))
	}
	d.durable = d.issued
	return total
}

func (t *loss) add(l loss) { t.lost, t.torn, t.holed = t.lost+l.lost, t.torn+l.torn, t.holed+l.holed }

func (d *disk) survive(f *file, faults DiskFaults, fate *stream.Stream) (l loss) {
	lose, tear, hole := fate.Chance(faults.Lose), fate.Chance(faults.Tear), fate.Chance(faults.Hole)
	kept, part := fate.Uint64(), fate.Uint64()

	n := len(f.pending)
	if lose {
		n = int(stream.Scale(kept, uint64(n)+1))
	}
	l.lost = len(f.pending) - n

	state := mark{image: 0, size: f.durable}
	if n > 0 {
		state = f.pending[n-1]
	}
	if n < len(f.pending) && tear {
		if next := f.pending[n]; next.image == state.image && next.size > state.size+1 {
			state.size += 1 + int(stream.Scale(part, uint64(next.size-state.size-1)))
			l.torn++
		}
	}
	bytes := f.images[state.image].bytes[:state.size]
	from := 0 // where bytes that may be missing begin: a Replace that survived is whole
	if state.image == 0 {
		from = f.durable
	} else {
		for _, m := range f.pending {
			if m.image == state.image {
				from = m.size
				break
			}
		}
	}
	if hole && state.size > from {
		punch(bytes[from:], from, fate)
		l.holed++
	}

	bad, whole := f.images[state.image].bad, min(f.images[state.image].whole, state.size)
	for j := range f.images {
		if j != state.image {
			d.spare = append(d.spare, f.images[j].bytes[:0])
		}
	}
	f.images = append(f.images[:0], image{bytes, bad, whole})
	if state.image == 0 {
		f.durable = state.size
	} else {
		f.unsettle(state.size)
	}
	f.pending = f.pending[:0]
	return l
}

// punch makes zeros of some of the bytes, which begin at that place in their file: of a stretch within a sector, of a
// stretch anywhere, or of some whole sectors, as when writes were done out of order and not all of them.
func punch(b []byte, from int, fate *stream.Stream) {
	at := int(fate.N(uint64(len(b))))
	switch fate.N(3) {
	case 0:
		clear(b[at:min(at+sector, len(b))])
	case 1:
		clear(b[at : at+1+int(fate.N(uint64(len(b)-at)))])
	default:
		goes := int(fate.N(uint64((from+len(b)-1)/sector-from/sector) + 1)) // one of them goes for certain
		for i := 0; i < len(b); {
			end := min((from+i)/sector*sector+sector-from, len(b))
			if (from+i)/sector-from/sector == goes || fate.N(2) == 0 {
				clear(b[i:end])
			}
			i = end
		}
	}
}

// sector is how many bytes a disk writes in one step.
const sector = 512
