package scenarios

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// In tests porcupine looks at every history; benchmarks set back what is usual.
const usualOracle = 64

func init() { oracleEvery = 1 }

func TestOracleLooksAtASample(t *testing.T) {
	require.True(t, asksOracle(7))
	oracleEvery = usualOracle
	defer func() { oracleEvery = 1 }()
	asked := 0
	for seed := range uint64(64 * 100) {
		if asksOracle(seed) {
			asked++
		}
	}
	require.InDelta(t, 100, asked, 40)
}
