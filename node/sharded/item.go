package sharded

import (
	"encoding/binary"
	"errors"
)

// Item is one thing that a transaction does: it reads a key, or writes it.
type Item struct {
	Write bool
	Key   uint32
	Value int64 // that is written; 0 is no value, and what a key has at first
}

const itemLen = 1 + 4 + 8

// MaxItems is how many things a transaction may do.
const MaxItems = 1 << 10

var errMalformed = errors.New("sharded: malformed bytes")

// AppendTransaction appends the command that does all items at one moment. Its reads see what was there before its own writes. Its result is what they
// saw: see Seen.
func AppendTransaction(dst []byte, items ...Item) []byte {
	for _, i := range items {
		kind := byte(0)
		if i.Write {
			kind = 1
		}
		dst = binary.BigEndian.AppendUint32(append(dst, kind), i.Key)
		dst = binary.BigEndian.AppendUint64(dst, uint64(i.Value))
	}
	return dst
}

// readItems reads what AppendTransaction wrote.
func readItems(b []byte) ([]Item, error) {
	if len(b) == 0 || len(b)%itemLen != 0 || len(b)/itemLen > MaxItems {
		return nil, errMalformed
	}
	items := make([]Item, 0, len(b)/itemLen)
	for ; len(b) > 0; b = b[itemLen:] {
		i := Item{Write: b[0] == 1, Key: binary.BigEndian.Uint32(b[1:]), Value: int64(binary.BigEndian.Uint64(b[5:]))}
		if b[0] > 1 || !i.Write && i.Value != 0 {
			return nil, errMalformed
		}
		items = append(items, i)
	}
	return items, nil
}

// Seen reads the result of a transaction: what its reads saw, in their order.
func Seen(output []byte) ([]int64, error) {
	if len(output)%8 != 0 {
		return nil, errMalformed
	}
	var seen []int64
	for ; len(output) > 0; output = output[8:] {
		seen = append(seen, int64(binary.BigEndian.Uint64(output)))
	}
	return seen, nil
}

func appendSeen(dst []byte, seen []int64) []byte {
	for _, v := range seen {
		dst = binary.BigEndian.AppendUint64(dst, uint64(v))
	}
	return dst
}

// conflict tells whether two transactions may not hold their locks at once: one writes what the other reads or writes.
func conflict(a, b []Item) bool {
	for _, i := range a {
		for _, j := range b {
			if i.Key == j.Key && (i.Write || j.Write) {
				return true
			}
		}
	}
	return false
}

// reads counts the items that read.
func reads(items []Item) (n int) {
	for _, i := range items {
		if !i.Write {
			n++
		}
	}
	return n
}
