package sim

import (
	"math"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/sim/stream"
)

func itoa(n int) string { return strconv.Itoa(n) }

// Exponential follows the exponential distribution: its mean, and the share of draws above one, two and four means.
func TestExponential(t *testing.T) {
	const draws, mean = 1_000_000, 1_000_000
	r := stream.New(7, "test", 0)
	var sum float64
	above := map[float64]int{1: 0, 2: 0, 4: 0}
	for range draws {
		d := Exponential(r.Uint64(), mean)
		require.GreaterOrEqual(t, d, int64(0))
		require.Less(t, d, int64(12*mean))
		sum += float64(d)
		for x := range above {
			if float64(d) > x*mean {
				above[x]++
			}
		}
	}
	require.InEpsilon(t, mean, sum/draws, 0.005)
	for x, n := range above {
		require.InEpsilon(t, math.Exp(-x), float64(n)/draws, 0.03, "share above %v means", x)
	}
}

func TestExponentialEdges(t *testing.T) {
	require.Zero(t, Exponential(0, 0))
	require.Equal(t, int64(0), Exponential(^uint64(0), 100), "the highest draw is the shortest span")
	require.InDelta(t, 11.09*1e9, float64(Exponential(0, 1e9)), 0.1*1e9, "the lowest draw is cut off")
	require.Positive(t, Exponential(0, 1<<42-1), "the largest mean does not overflow")
}
