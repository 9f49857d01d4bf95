package wal

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"

	"simrun/node/fact"
)

// Record is one entry of a log.
type Record struct {
	Seq     uint64 // from 1, one more for each record of the file, also when the log is rewritten
	Kind    uint8  // the protocol's own, 1 or more
	Payload []byte // aliases the bytes it was read from
	synced  uint64
}

// A record on disk is a header and the payload. All numbers are little endian.
//
//	0  4  checksum of everything behind it (CRC-32C)
//	4  4  length of the payload
//	8  8  sequence number
//	16 8  through which sequence number the log was known to be synced
//	24 4  digest of the file's name
//	28 1  kind, never 0
const (
	headerLen = 29
	kindAt    = 28
	// MaxPayload is the longest payload, in bytes. To append a longer one panics: it would be taken for damage at the next boot.
	MaxPayload = 1 << 30
)

var longest = MaxPayload // tests have a shorter one

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

type header [headerLen]byte

// label fills in what the header of a record says of it: its length, its number, its file.
func label(record []byte, file ID, seq uint64) {
	n := len(record) - headerLen
	if n > longest {
		tooLong(n)
	}
	h := (*header)(record)
	binary.LittleEndian.PutUint32(h[4:], uint32(n))
	binary.LittleEndian.PutUint64(h[8:], seq)
	binary.LittleEndian.PutUint32(h[24:], uint32(file))
}

func tooLong(n int) {
	panic(fmt.Sprintf("wal: a payload of %d bytes, and at most %d can be read back", n, longest))
}

// testify makes a labelled record say that the log is synced through a sequence number.
func testify(record []byte, synced uint64) {
	h := (*header)(record)
	binary.LittleEndian.PutUint64(h[16:], synced)
	binary.LittleEndian.PutUint32(h[:], crc32.Checksum(record[4:], castagnoli))
}

// labelled returns the labelled record at the start of b.
func labelled(b []byte) []byte { return b[:headerLen+int(binary.LittleEndian.Uint32(b[4:]))] }

// intact returns how long the record at the start of b is; 0 if there is no intact record of that file.
func intact(b []byte, file ID) (length int) {
	if len(b) < headerLen {
		return 0
	}
	h := (*header)(b)
	n := binary.LittleEndian.Uint32(h[4:])
	if n > MaxPayload || int(n) > len(b)-headerLen || h[kindAt] == 0 || ID(binary.LittleEndian.Uint32(h[24:])) != file {
		return 0
	}
	length = headerLen + int(n)
	if crc32.Checksum(b[4:length], castagnoli) != binary.LittleEndian.Uint32(h[:]) {
		return 0
	}
	return length
}

// decode takes an intact record apart, which is all of b.
func decode(b []byte) Record {
	h := (*header)(b)
	return Record{
		Seq: binary.LittleEndian.Uint64(h[8:]), Kind: h[kindAt], Payload: b[headerLen:len(b):len(b)],
		synced: binary.LittleEndian.Uint64(h[16:]),
	}
}

// ID is the digest of a file's name that its records carry. Whoever reads a file often keeps it.
type ID uint32

// IDOf returns the ID of a file.
func IDOf(file string) ID {
	d := fact.Digest([]byte(file))
	return ID(d ^ d>>32)
}
