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
	// MaxPayload is the longest payload, in bytes. To append a longer one panics: it would be taken for damage at the next boot.
	MaxPayload = 1 << 30
)

var longest = MaxPayload // tests have a shorter one

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func appendRecord(dst []byte, file uint32, seq, synced uint64, kind uint8, payload []byte) []byte {
	if len(payload) > longest {
		panic(fmt.Sprintf("wal: a payload of %d bytes, and at most %d can be read back", len(payload), longest))
	}
	at := len(dst)
	dst = append(dst, 0, 0, 0, 0)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(payload)))
	dst = binary.LittleEndian.AppendUint64(dst, seq)
	dst = binary.LittleEndian.AppendUint64(dst, synced)
	dst = binary.LittleEndian.AppendUint32(dst, file)
	dst = append(append(dst, kind), payload...)
	binary.LittleEndian.PutUint32(dst[at:], crc32.Checksum(dst[at+4:], castagnoli))
	return dst
}

// testify makes the record at the start of b say that the log is synced through a sequence number, and returns how long the record is.
func testify(b []byte, synced uint64) (length int) {
	length = headerLen + int(binary.LittleEndian.Uint32(b[4:]))
	binary.LittleEndian.PutUint64(b[16:], synced)
	binary.LittleEndian.PutUint32(b, crc32.Checksum(b[4:length], castagnoli))
	return length
}

// decode reads the record at the start of b, and returns how long it is; 0 if there is no intact record of that file.
func decode(b []byte, file uint32) (r Record, length int) {
	if len(b) < headerLen {
		return Record{}, 0
	}
	n := binary.LittleEndian.Uint32(b[4:])
	if n > MaxPayload || int(n) > len(b)-headerLen || b[28] == 0 || binary.LittleEndian.Uint32(b[24:]) != file {
		return Record{}, 0
	}
	length = headerLen + int(n)
	if crc32.Checksum(b[4:length], castagnoli) != binary.LittleEndian.Uint32(b) {
		return Record{}, 0
	}
	return Record{
		Seq: binary.LittleEndian.Uint64(b[8:]), Kind: b[28], Payload: b[headerLen:length:length],
		synced: binary.LittleEndian.Uint64(b[16:]),
	}, length
}

func fileID(name string) uint32 {
	d := fact.Digest([]byte(name))
	return uint32(d ^ d>>32)
}
