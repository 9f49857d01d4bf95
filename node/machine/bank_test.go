package machine

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// Against a map of balances: results, sums, digests, and snapshots.
func TestBank(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var b Bank
		balances := map[uint32]int64{}
		sum := int64(0)
		account, amount := rapid.Uint32Range(0, 3), rapid.Int64Range(0, 5)
		result := func(cmd []byte) int64 {
			out, err := Amount(b.Apply(cmd, nil))
			require.NoError(t, err)
			return out
		}
		for range rapid.IntRange(0, 30).Draw(t, "commands") {
			from, to, n := account.Draw(t, "from"), account.Draw(t, "to"), amount.Draw(t, "amount")
			switch rapid.IntRange(0, 3).Draw(t, "what") {
			case 0:
				balances[to] += n
				sum += n
				require.Equal(t, balances[to], result(AppendDeposit(nil, to, n)))
			case 1:
				moved := int64(0)
				if balances[from] >= n {
					moved = 1
					balances[from] -= n
					balances[to] += n
				}
				require.Equal(t, moved, result(AppendTransfer(nil, from, to, n)))
			case 2:
				require.Equal(t, balances[from], result(AppendBalance(nil, from)))
			case 3:
				require.Equal(t, sum, result(AppendTotal(nil)))
			}
		}
		var other Bank // the same balances by another road
		for k, v := range balances {
			other.Apply(AppendDeposit(nil, k, v), nil)
		}
		require.Equal(t, b.Digest(), other.Digest())
		require.Equal(t, b.Snapshot(nil), other.Snapshot(nil))
		var restored Bank
		require.NoError(t, restored.Restore(b.Snapshot(nil)))
		require.Equal(t, b.Digest(), restored.Digest())
		before := b.Digest()
		b.Apply(AppendDeposit(nil, 1, 1), nil)
		require.NotEqual(t, before, b.Digest())
	})
}

// Commands and snapshots that make no sense change nothing.
func TestBankRefuses(t *testing.T) {
	var b Bank
	b.Apply(AppendDeposit(nil, 1, 7), nil)
	before := b.Digest()
	for _, cmd := range [][]byte{nil, {0}, {9}, {bankDeposit}, {bankTransfer, 1}, AppendTransfer(nil, 1, 2, 3)[:16], append(AppendTotal(nil), 0), AppendBalance(nil, 1)[:4]} {
		_, err := Amount(b.Apply(cmd, nil))
		require.Error(t, err, "%x", cmd)
	}
	out, err := Amount(b.Apply(AppendTransfer(nil, 1, 2, -3), nil))
	require.NoError(t, err)
	require.Zero(t, out)
	require.Equal(t, before, b.Digest())
	one := b.Snapshot(nil)
	for _, snapshot := range [][]byte{one[:11], append(append([]byte{}, one...), one...), make([]byte, 12)} {
		require.Error(t, b.Restore(snapshot))
		require.Equal(t, before, b.Digest())
	}
}
