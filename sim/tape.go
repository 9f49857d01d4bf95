package sim

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"simrun/node"
)

// A tape is the full trace of a run in binary: all that its Hash is made of, in order. So a tape has a hash of its own, which must be that of the run,
// and two tapes tell the first event at which two runs part, on whatever machines they were made. What else a run had follows from it: play it again.
//
// All is in words of eight bytes, the lowest first. A tape begins with tapeMagic and the hash before the first entry; an entry begins with a word whose lowest
// byte tells what it is:
//
//	an EventKind  the host in the upper half; then time, B and C
//	tapeWord      its Origin in the next byte; then a number
//	tapeBytes     its Origin in the next byte, the length in the upper six; then as many bytes, filled up to whole words
//	tapeEnd       then the hash, and Castagnoli's checksum of all before it; nothing comes behind it
//
// Before the first entry comes, as the bytes of one, what the tape is about.
const (
	tapeMagic = "simrun1\n"
	tapeEnd   = 0xfd
	tapeWord  = 0xfe
	tapeBytes = 0xff

	tapeBlock = 1 << 16 // bytes that are handed on at once
	longEntry = 40      // no entry without bytes is longer
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Origin says what was made part of the hash.
type Origin uint8

// The origins.
const (
	Answered  Origin = iota + 1 // a reply to a client: its number, or its bytes
	Appended                    // bytes appended to a file
	Replaced                    // the new contents of a file
	Truncated                   // the size to which a file is cut
	Unsynced                    // what a crash took: lost, torn and holed writes
	Damaged                     // what a fault of a disk hit: where, and how many bytes
	Carried                     // the encoding of a message
	Final                       // the state of a replica at the end
	Verdict                     // the fingerprint
	About                       // none of the run: what the tape is about
	Wrecked                     // the final state of a replica that panicked cannot be told

	numOrigins
)

var originNames = [numOrigins]string{
	Answered: "answered", Appended: "appended to a file", Replaced: "in the place of a file", Truncated: "left of a file", Unsynced: "unsynced writes",
	Damaged: "damaged", Carried: "of a message", Final: "of a final state", Verdict: "of the verdict", About: "about the run", Wrecked: "no final state",
}

// String tells it in words that go on from a number of bytes.
func (o Origin) String() string {
	if o < numOrigins {
		return originNames[o]
	}
	return "unknown"
}

// Tape writes a tape. Its methods are the kernel's to call, but for Close.
type Tape struct {
	to    io.Writer
	about string
	block []byte
	sum   uint32 // of the blocks before
	err   error
	hash  func() Hash
}

// NewTape returns a tape that is written to w, in large blocks, and says in words what run it is of: tapes about other runs are not worth comparing. Hand it to Kernel.Record,
// and close it when the run is over.
func NewTape(w io.Writer, about string) *Tape {
	return &Tape{to: w, about: about, block: make([]byte, 0, tapeBlock)}
}

// Close writes the end and returns the first error there was.
func (t *Tape) Close() error {
	if t.hash == nil {
		return errors.New("sim: a tape of no run")
	}
	t.room(longEntry)
	t.words(tapeEnd, uint64(t.hash()))
	t.words(uint64(crc32.Update(t.sum, castagnoli, t.block)))
	t.flush()
	return t.err
}

// begin is told where the hash is read.
func (t *Tape) begin(hash func() Hash) {
	t.hash = hash
	t.block = append(t.block, tapeMagic...)
	t.words(uint64(hash()))
	t.bytes(About, []byte(t.about))
}

func (t *Tape) event(e *Event) {
	t.room(longEntry)
	n := len(t.block)
	t.block = t.block[:n+32]
	b := (*[32]byte)(t.block[n:])
	binary.LittleEndian.PutUint64(b[0:], uint64(e.Kind)|uint64(e.Host)<<32)
	binary.LittleEndian.PutUint64(b[8:], uint64(e.At))
	binary.LittleEndian.PutUint64(b[16:], e.B)
	binary.LittleEndian.PutUint64(b[24:], e.C)
}

func (t *Tape) word(o Origin, x uint64) {
	t.room(longEntry)
	t.words(tapeWord|uint64(o)<<8, x)
}

func (t *Tape) bytes(o Origin, b []byte) {
	t.room(longEntry)
	t.words(tapeBytes | uint64(o)<<8 | uint64(len(b))<<16)
	for len(b) > 0 {
		t.room(8)
		n := min(len(b), (cap(t.block)-len(t.block))&^7)
		t.block = append(t.block, b[:n]...)
		b = b[n:]
	}
	for len(t.block)%8 != 0 {
		t.block = append(t.block, 0)
	}
}

func (t *Tape) words(list ...uint64) {
	for _, x := range list {
		t.block = binary.LittleEndian.AppendUint64(t.block, x)
	}
}

// room makes room for n bytes.
func (t *Tape) room(n int) {
	if cap(t.block)-len(t.block) < n {
		t.flush()
	}
}

// flush hands the block on. After an error nothing is written any more.
func (t *Tape) flush() {
	t.sum = crc32.Update(t.sum, castagnoli, t.block)
	if t.err == nil {
		_, t.err = t.to.Write(t.block)
	}
	t.block = t.block[:0]
}

// TapeEntry is what one entry of a tape says.
type TapeEntry struct {
	Number uint64 // of the event that it is, or is part of, from 1; 0 before the first
	Event  Event  // if it is one, with no A
	Origin Origin // of a word or bytes
	Word   uint64
	Bytes  []byte // valid until the next entry is read
	Kind   TapeKind
}

// TapeKind says what a TapeEntry is.
type TapeKind uint8

// The kinds of entries.
const (
	TapeEvent TapeKind = iota + 1 // an event was taken from the queue
	TapeWord                      // a number was made part of the hash
	TapeBytes                     // bytes were
	TapeEnd                       // the run was over
)

// String tells the entry in words.
func (e *TapeEntry) String() string {
	switch e.Kind {
	case TapeEvent:
		text := fmt.Sprintf("at %d.%06dms, %v", e.Event.At/1_000_000, e.Event.At%1_000_000, e.Event.Kind)
		if e.Event.Host != 0 {
			text += " of " + e.Event.Host.Addr().String()
		}
		return text
	case TapeWord:
		return fmt.Sprintf("%v: %x", e.Origin, e.Word)
	case TapeBytes:
		return fmt.Sprintf("%d bytes %v", len(e.Bytes), e.Origin)
	}
	return "the end"
}

// TapeReader reads a tape, and holds it against its own hash.
type TapeReader struct {
	from  *bufio.Reader
	about string
	sum   uint32 // of what was read
	hash  Hash
	entry TapeEntry
	bytes []byte
}

// ReadTape returns a reader of what a Tape wrote to r; an error if r does not begin like one.
func ReadTape(r io.Reader) (*TapeReader, error) {
	t := &TapeReader{from: bufio.NewReaderSize(r, tapeBlock)}
	var head [16]byte
	_, err := io.ReadFull(t.from, head[:])
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil, err
	}
	if err != nil || string(head[:8]) != tapeMagic {
		return nil, errors.New("not a tape: simrun replay --tape makes one")
	}
	t.hash = Hash(binary.LittleEndian.Uint64(head[8:]))
	t.sum = crc32.Update(0, castagnoli, head[:])
	about, err := t.word()
	if err != nil || about&0xffff != tapeBytes|uint64(About)<<8 || about>>16 > tapeBlock {
		return nil, t.damaged("it does not say what it is about")
	}
	if err := t.fill(about >> 16); err != nil {
		return nil, err
	}
	t.about = string(t.entry.Bytes)
	return t, nil
}

// About returns what the tape is about, in the words of NewTape.
func (t *TapeReader) About() string { return t.about }

// Hash returns the hash of all that was read: of the whole run, behind its last entry.
func (t *TapeReader) Hash() Hash { return t.hash }

// maxTapeBytes bounds what is written at once.
const maxTapeBytes = 1 << 30

// Next returns the next entry, which is valid until the one after it; io.EOF behind the end, and another error if the tape is cut off or damaged.
func (t *TapeReader) Next() (*TapeEntry, error) {
	e := &t.entry
	if e.Kind == TapeEnd {
		if _, err := t.from.ReadByte(); err != io.EOF {
			return nil, t.damaged("something comes behind its end")
		}
		return nil, io.EOF
	}
	head, err := t.word()
	if err != nil {
		return nil, err
	}
	const ofHost = 0xffff << 32
	switch tag := head & 0xff; {
	case tag == tapeWord && head>>8 < uint64(numOrigins):
		e.Kind, e.Origin = TapeWord, Origin(head>>8)
		if e.Word, err = t.word(); err != nil {
			return nil, err
		}
		t.hash.Word(e.Word)
	case tag == tapeBytes && Origin(head>>8) < numOrigins:
		e.Kind, e.Origin = TapeBytes, Origin(head>>8)
		if err := t.fill(head >> 16); err != nil {
			return nil, err
		}
		t.hash.Bytes(e.Bytes)
	case head == tapeEnd:
		e.Kind = TapeEnd
		hash, err := t.word()
		if err != nil {
			return nil, err
		}
		if Hash(hash) != t.hash {
			return nil, t.damaged(fmt.Sprintf("its hash is %v, and it says %v", t.hash, Hash(hash)))
		}
		sum := uint64(t.sum)
		if said, err := t.word(); err != nil || said != sum {
			return nil, t.damaged("its checksum is another")
		}
	case tag > 0 && tag < uint64(numEventKinds) && head&^ofHost == tag:
		e.Kind = TapeEvent
		e.Number++
		e.Event = Event{Kind: EventKind(tag), Host: node.ID(head >> 32)}
		var three [3]uint64
		for i := range three {
			if three[i], err = t.word(); err != nil {
				return nil, err
			}
		}
		e.Event.At, e.Event.B, e.Event.C = int64(three[0]), three[1], three[2]
		t.hash.event(&e.Event)
	default:
		return nil, t.damaged(fmt.Sprintf("no entry begins with %x", head))
	}
	return e, nil
}

func (t *TapeReader) damaged(how string) error {
	return fmt.Errorf("the tape is damaged behind event %d: %s", t.entry.Number, how)
}

func (t *TapeReader) word() (uint64, error) {
	var b [8]byte
	if _, err := io.ReadFull(t.from, b[:]); err != nil {
		return 0, t.cut(err)
	}
	t.sum = crc32.Update(t.sum, castagnoli, b[:])
	return binary.LittleEndian.Uint64(b[:]), nil
}

// fill reads bytes. Memory is taken as they come: a length may be damaged, too.
func (t *TapeReader) fill(n uint64) error {
	if n > maxTapeBytes {
		return t.damaged(fmt.Sprintf("an entry of %d bytes", n))
	}
	t.bytes = t.bytes[:0]
	for whole := (n + 7) &^ 7; uint64(len(t.bytes)) < whole; {
		part := min(whole-uint64(len(t.bytes)), tapeBlock)
		at := len(t.bytes)
		t.bytes = append(t.bytes, make([]byte, part)...)
		if _, err := io.ReadFull(t.from, t.bytes[at:]); err != nil {
			return t.cut(err)
		}
	}
	t.sum = crc32.Update(t.sum, castagnoli, t.bytes)
	t.entry.Bytes = t.bytes[:n]
	return nil
}

func (t *TapeReader) cut(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return fmt.Errorf("the tape is cut off behind event %d", t.entry.Number)
	}
	return err
}
