package machine

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestKV(t *testing.T) {
	var m KV
	k, v, w := []byte("key"), []byte("v"), []byte("longer")
	for _, step := range []struct {
		name  string
		cmd   []byte
		value []byte
		found bool
	}{
		{"get of nothing", AppendGet(nil, k), nil, false},
		{"cas expecting a value of nothing", AppendCAS(nil, k, v, w), nil, false},
		{"cas expecting nothing", AppendCAS(nil, k, nil, v), nil, false},
		{"it was set", AppendGet(nil, k), v, true},
		{"cas expecting nothing of something", AppendCAS(nil, k, nil, w), v, true},
		{"cas expecting the wrong value", AppendCAS(nil, k, w, w), v, true},
		{"cas expecting the right value", AppendCAS(nil, k, v, w), v, true},
		{"put tells what was there", AppendPut(nil, k, nil), w, true},
		{"an empty value is not nothing", AppendGet(nil, k), []byte{}, true},
		{"cas expecting an empty value", AppendCAS(nil, k, []byte{}, v), []byte{}, true},
		{"it was set again", AppendGet(nil, k), v, true},
	} {
		value, found, err := Output(m.Apply(step.cmd, nil))
		require.NoError(t, err, step.name)
		require.Equal(t, step.found, found, step.name)
		require.Equal(t, string(step.value), string(value), step.name)
	}
}

func TestMalformedCommands(t *testing.T) {
	var m KV
	m.Apply(AppendPut(nil, []byte("k"), []byte("v")), nil)
	before := m.Digest()
	for _, cmd := range [][]byte{
		nil, {0}, {99}, {opGet}, {opGet, 5, 'k'}, {opPut, 1, 'k'}, {opGet, 1, 'k', 'x'},
		append(AppendPut(nil, []byte("k"), []byte("w")), 0), {opCAS, 1, 'k', 1, 'v'}, bytes.Repeat([]byte{0xff}, 20),
	} {
		_, _, err := Output(m.Apply(cmd, nil))
		require.Error(t, err, "%v", cmd)
		require.Equal(t, before, m.Digest())
	}
}

// The store does what a map does, and its digest tells states apart: equal contents, equal digests, however they came
// about; and a restored snapshot is the same state.
func TestKVIsAMap(t *testing.T) {
	key, value := rapid.SampledFrom([]string{"", "a", "b", "long key"}), rapid.SampledFrom([]string{"", "1", "2", "22", "longer value"})
	rapid.Check(t, func(t *rapid.T) {
		var m KV
		model := map[string]string{}
		seen := map[[2]uint64]string{{}: ""}
		for range rapid.IntRange(1, 40).Draw(t, "commands") {
			k, v := key.Draw(t, "key"), value.Draw(t, "value")
			old, present := model[k]
			var cmd []byte
			switch rapid.IntRange(0, 3).Draw(t, "command") {
			case 0:
				cmd = AppendGet(nil, []byte(k))
			case 1:
				cmd = AppendPut(nil, []byte(k), []byte(v))
				model[k] = v
			case 2:
				cmd = AppendCAS(nil, []byte(k), nil, []byte(v))
				if !present {
					model[k] = v
				}
			case 3:
				expect := value.Draw(t, "expect")
				cmd = AppendCAS(nil, []byte(k), []byte(expect), []byte(v))
				if present && old == expect {
					model[k] = v
				}
			}
			out, found, err := Output(m.Apply(cmd, nil))
			require.NoError(t, err)
			require.Equal(t, present, found)
			require.Equal(t, old, string(out))

			snapshot := m.Snapshot(nil)
			if was, known := seen[m.Digest()]; known {
				require.Equal(t, was, string(snapshot), "one digest, two states")
			}
			seen[m.Digest()] = string(snapshot)
			var other KV
			require.NoError(t, other.Restore(snapshot))
			require.Equal(t, m.Digest(), other.Digest())
			require.Equal(t, snapshot, other.Snapshot(nil))
		}
		for k, v := range model {
			out, found, err := Output(m.Apply(AppendGet(nil, []byte(k)), nil))
			require.NoError(t, err)
			require.True(t, found)
			require.Equal(t, v, string(out))
		}
	})
}

// Keys that differ in their last byte, in their length, or only in zeros, of lengths around the eight bytes that are compared as one number: each has a value of its own,
// however large the table has grown.
func TestKVTellsKeysApart(t *testing.T) {
	var m KV
	keys := []string{""}
	for n := range 20 {
		for _, last := range []byte{0, 1, 0x80} {
			keys = append(keys, string(append(make([]byte, n), last)))
		}
		for i := range 10 {
			keys = append(keys, strings.Repeat("key ", n)+string(rune('0'+i)))
		}
	}
	for i, key := range keys {
		out := m.Apply(AppendPut(nil, []byte(key), []byte{byte(i), byte(i >> 8)}), nil)
		require.Equal(t, []byte{resultAbsent}, out, "%q", key)
	}
	for i, key := range keys {
		out := m.Apply(AppendGet(nil, []byte(key)), nil)
		require.Equal(t, []byte{resultValue, byte(i), byte(i >> 8)}, out, "%q", key)
		require.Equal(t, []byte{resultAbsent}, m.Apply(AppendGet(nil, []byte(key+" ")), nil), "%q", key)
	}
	var other KV
	require.NoError(t, other.Restore(m.Snapshot(nil)))
	require.Equal(t, m.Digest(), other.Digest())
}

// The digest of every length is what it was when it was defined byte by byte: it is in the bytes on disks.
func TestFoldStays(t *testing.T) {
	plain := func(h0, h1 uint64, b []byte) (uint64, uint64) {
		h0, h1 = mix(h0, h1, uint64(len(b)))
		for len(b) > 0 {
			w := uint64(0)
			for i, c := range b[:min(8, len(b))] {
				w |= uint64(c) << (8 * i)
			}
			h0, h1 = mix(h0, h1, w)
			b = b[min(8, len(b)):]
		}
		return h0, h1
	}
	b := make([]byte, 40)
	for i := range b {
		b[i] = byte(i*37 + 11)
	}
	for n := range b {
		h0, h1 := plain(1, 2, b[:n])
		g0, g1 := fold(1, 2, b[:n:n])
		require.Equal(t, [2]uint64{h0, h1}, [2]uint64{g0, g1}, "%d bytes", n)
	}
}

func TestApplyDoesNotAllocate(t *testing.T) {
	var m KV
	put, cas := AppendPut(nil, []byte("key"), make([]byte, 20)), AppendCAS(nil, []byte("key"), make([]byte, 20), make([]byte, 20))
	out := m.Apply(put, make([]byte, 0, 100))
	require.Zero(t, testing.AllocsPerRun(100, func() {
		out = m.Apply(put, out[:0])
		out = m.Apply(cas, out[:0])
	}))
}

func FuzzApply(f *testing.F) {
	f.Add(AppendPut(nil, []byte("k"), []byte("v")))
	f.Add(AppendCAS(nil, []byte("k"), []byte("v"), []byte("w")))
	f.Fuzz(func(t *testing.T, cmd []byte) {
		var m KV
		before := m.Digest()
		out := m.Apply(cmd, nil)
		if _, _, err := Output(out); err != nil && m.Digest() != before {
			t.Fatal("a command that failed changed the state")
		}
		var other KV
		if err := other.Restore(m.Snapshot(nil)); err != nil || other.Digest() != m.Digest() {
			t.Fatal("the snapshot does not restore")
		}
	})
}

func FuzzRestore(f *testing.F) {
	var m KV
	m.Apply(AppendPut(nil, []byte("k"), []byte("v")), nil)
	f.Add(m.Snapshot(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		var m KV
		if m.Restore(b) == nil && !bytes.Equal(m.Snapshot(nil), b) {
			t.Fatal("a snapshot that was accepted is not canonical")
		}
	})
}
