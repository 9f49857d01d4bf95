package machine

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// KV is a key-value store with get, put and compare-and-set. Keys and values are byte strings; an absent key differs
// from an empty value. The zero KV is an empty store.
type KV struct {
	entries map[string]*kvEntry
	keys    []string // in order, so that a snapshot need not sort
	digest  [2]uint64
}

// kvEntry is the value of a key, and what it adds to the digest.
type kvEntry struct {
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
	op := cmd[0]
	key, rest, ok := cutBytes(cmd[1:])
	var expect, value []byte
	if ok && op == opCAS {
		expect, rest, ok = cutBytes(rest)
	}
	if ok && op != opGet {
		value, rest, ok = cutBytes(rest)
	}
	if !ok || len(rest) > 0 || op < opGet || op > opCASAbsent {
		return append(dst, resultError)
	}
	e := m.entries[string(key)]
	if e != nil {
		dst = append(append(dst, resultValue), e.value...)
	} else {
		dst = append(dst, resultAbsent)
	}
	if op == opPut || op == opCASAbsent && e == nil || op == opCAS && e != nil && bytes.Equal(e.value, expect) {
		m.set(key, e, value)
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

// set gives the key, whose entry is e if it has one, another value. The memory of the old one is used again: nobody else holds it.
func (m *KV) set(key []byte, e *kvEntry, value []byte) {
	if e == nil {
		e = &kvEntry{}
		e.key0, e.key1 = keyDigest(key)
		if m.entries == nil {
			m.entries = make(map[string]*kvEntry)
		}
		name := string(key)
		m.entries[name] = e
		at, _ := slices.BinarySearch(m.keys, name)
		m.keys = slices.Insert(m.keys, at, name)
	}
	a, b := fold(e.key0, e.key1, value)
	m.digest[0] += a - e.share[0]
	m.digest[1] += b - e.share[1]
	e.share = [2]uint64{a, b}
	e.value = append(e.value[:0], value...)
}

// Digest identifies the contents.
func (m *KV) Digest() [2]uint64 { return m.digest }

// Snapshot appends the entries in order of their keys.
func (m *KV) Snapshot(dst []byte) []byte {
	for _, key := range m.keys {
		dst = append(binary.AppendUvarint(dst, uint64(len(key))), key...)
		dst = appendBytes(dst, m.entries[key].value)
	}
	return dst
}

// Restore sets the contents to those of a snapshot. It refuses anything that Snapshot would not write.
func (m *KV) Restore(snapshot []byte) error {
	restored := KV{entries: make(map[string]*kvEntry)}
	for rest := snapshot; len(rest) > 0; {
		key, more, ok := cutBytes(rest)
		if !ok {
			return errMalformed
		}
		value, more, ok := cutBytes(more)
		if n := len(restored.keys); !ok || n > 0 && restored.keys[n-1] >= string(key) {
			return errMalformed
		}
		restored.set(key, nil, value)
		rest = more
	}
	*m = restored
	return nil
}
