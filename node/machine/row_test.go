package machine

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// A row by itself goes through the same values as in a KV, with the same results, also for commands that make no sense.
func TestRow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var kv KV
		var value []byte
		found := false
		small := rapid.SliceOfN(rapid.ByteRange(0, 2), 0, 1)
		for range rapid.IntRange(1, 20).Draw(t, "commands") {
			var cmd []byte
			switch rapid.IntRange(0, 4).Draw(t, "what") {
			case 0:
				cmd = AppendGet(nil, []byte("k"))
			case 1:
				cmd = AppendPut(nil, []byte("k"), small.Draw(t, "value"))
			case 2:
				cmd = AppendCAS(nil, []byte("k"), nil, small.Draw(t, "value"))
			case 3:
				cmd = AppendCAS(nil, []byte("k"), append([]byte{}, small.Draw(t, "expect")...), small.Draw(t, "value"))
			case 4:
				cmd = rapid.SliceOfN(rapid.ByteRange(0, 5), 0, 6).Draw(t, "bytes")
				if key, ok := RowOf(cmd); ok && string(key) != "k" {
					continue
				}
			}
			next, out := ChangeRow(cmd, value, found)
			require.Equal(t, kv.Apply(cmd, nil), out)
			if next != nil {
				value, found = next, true
			}
			_, ok := RowOf(cmd)
			require.Equal(t, ok, out[0] != resultError)
		}
	})
}
