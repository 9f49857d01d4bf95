package machine

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
)

// KV is a key-value store with get, put and compare-and-set. Keys and values are byte strings; an absent key differs
// from an empty value. The zero KV is an empty store.
type KV struct {
	table  []*kvEntry // a hash table with open addressing; its length is 0 or a power of two, at most three quarters of it in use
	sorted []*kvEntry // in order of their keys, so that a snapshot need not sort
	digest [2]uint64
}

// kvEntry is the value of a key, and what it adds to the digest.
type kvEntry struct {
	key        string
	hash       uint64 // scatter(key)
	value      []byte
	share      [2]uint64
	key0, key1 uint64 // what the key alone makes of the share: see keyDigest
}

// Opcodes of commands, and the first byte of results.
const (
	opGet byte = iota + 1
	opPut
	opCAS
	opCASAbsent

	resultAbsent byte = iota // the key had no value
	resultValue              // the value follows
	resultError              // the command made no sense
)

// AppendGet appends the command that reads key.
func AppendGet(dst, key []byte) []byte { return appendBytes(append(dst, opGet), key) }

// AppendPut appends the command that sets key to value. Its result is the value before.
func AppendPut(dst, key, value []byte) []byte {
	return appendBytes(appendBytes(append(dst, opPut), key), value)
}

// AppendCAS appends the command that sets key to value if it has the value expect, or is absent if expect is nil. Its
// result is the value before, which tells whether it was set.
func AppendCAS(dst, key, expect, value []byte) []byte {
	if expect == nil {
		return appendBytes(appendBytes(append(dst, opCASAbsent), key), value)
	}
	return appendBytes(appendBytes(appendBytes(append(dst, opCAS), key), expect), value)
}

// Output reads a result: the value of the key before the command, if it had one.
func Output(out []byte) (value []byte, found bool, err error) {
	switch {
	case len(out) == 1 && out[0] == resultAbsent:
		return nil, false, nil
	case len(out) >= 1 && out[0] == resultValue:
		return out[1:], true, nil
	}
	return nil, false, errMalformed
}

// Apply executes a command made by one of the Append functions.
func (m *KV) Apply(cmd, dst []byte) []byte {
	if len(cmd) == 0 {
		return append(dst, resultError)
	}
	key, at := cutBytes(cmd, 1)
	e, hit := m.find(key), false
	switch cmd[0] {
	case opGet:
	case opPut:
		hit = true
	case opCAS:
		var expect []byte
		expect, at = cutBytes(cmd, at)
		hit = e != nil && bytes.Equal(e.value, expect)
	case opCASAbsent:
		hit = e == nil
	default:
		return append(dst, resultError)
	}
	var value []byte
	if cmd[0] != opGet {
		value, at = cutBytes(cmd, at)
	}
	if at != len(cmd) {
		return append(dst, resultError)
	}
	if e != nil {
		dst = append(append(dst, resultValue), e.value...)
	} else {
		dst = append(dst, resultAbsent)
	}
	if hit {
		if e == nil {
			e = m.add(key)
		}
		m.set(e, value)
	}
	return dst
}

// Query executes a command made by AppendGet.
func (m *KV) Query(cmd, dst []byte) ([]byte, bool) {
	if len(cmd) == 0 || cmd[0] != opGet {
		return dst, false
	}
	return m.Apply(cmd, dst), true
}

// find returns the entry of a key; nil if there is none.
func (m *KV) find(key []byte) *kvEntry {
	h, mask := scatter(key), len(m.table)-1
	for i := int(h >> 32); mask >= 0; i++ {
		e := m.table[i&mask]
		if e == nil || e.hash == h && len(e.key) == len(key) && (len(key) <= 8 || e.key == string(key)) {
			return e
		}
	}
	return nil
}

// set gives an entry another value. The memory of the old one is used again: nobody else holds it.
func (m *KV) set(e *kvEntry, value []byte) {
	a, b := fold(e.key0, e.key1, value)
	m.digest[0] += a - e.share[0]
	m.digest[1] += b - e.share[1]
	e.share = [2]uint64{a, b}
	if len(e.value) == len(value) { // as often
		copy(e.value, value)
		return
	}
	e.value = append(e.value[:0], value...)
}

// add makes an entry for a key that has none. Entries are never taken out.
func (m *KV) add(key []byte) *kvEntry {
	e := &kvEntry{key: string(key), hash: scatter(key)}
	e.key0, e.key1 = keyDigest(key)
	if 4*(len(m.sorted)+1) > 3*len(m.table) {
		m.table = make([]*kvEntry, max(8, 2*len(m.table)))
		m.sorted = slices.Grow(m.sorted, len(m.table)*3/4-len(m.sorted))
		for _, known := range m.sorted {
			m.insert(known)
		}
	}
	m.insert(e)
	at := len(m.sorted)
	if at > 0 && m.sorted[at-1].key > e.key { // not in a snapshot, which has them in order
		at, _ = slices.BinarySearchFunc(m.sorted, e.key, func(x *kvEntry, key string) int { return strings.Compare(x.key, key) })
	}
	m.sorted = slices.Insert(m.sorted, at, e)
	return e
}

// insert puts an entry into the table, where it is not yet.
func (m *KV) insert(e *kvEntry) {
	mask := len(m.table) - 1
	i := int(e.hash >> 32)
	for m.table[i&mask] != nil {
		i++
	}
	m.table[i&mask] = e
}

// Digest identifies the contents.
func (m *KV) Digest() [2]uint64 { return m.digest }

// Snapshot appends the entries in order of their keys.
func (m *KV) Snapshot(dst []byte) []byte {
	for _, e := range m.sorted {
		dst = append(binary.AppendUvarint(dst, uint64(len(e.key))), e.key...)
		dst = appendBytes(dst, e.value)
	}
	return dst
}

// Restore sets the contents to those of a snapshot. It refuses anything that Snapshot would not write.
func (m *KV) Restore(snapshot []byte) error {
	var restored KV
	for at := 0; at < len(snapshot); {
		var key, value []byte
		key, at = cutBytes(snapshot, at)
		value, at = cutBytes(snapshot, at)
		if n := len(restored.sorted); at > len(snapshot) || n > 0 && restored.sorted[n-1].key >= string(key) {
			return errMalformed
		}
		restored.set(restored.add(key), value)
	}
	*m = restored
	return nil
}
