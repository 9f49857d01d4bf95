package gallery

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Exactly one of the three gets the money, and all that there was is there afterwards.
func TestBank(t *testing.T) {
	c := told(t, "bank")
	paid, refused, sums := 0, 0, 0
	for _, line := range seen(c) {
		switch {
		case strings.Contains(line, "transfer") && strings.HasSuffix(line, "= 1"):
			paid++
		case strings.Contains(line, "transfer") && strings.HasSuffix(line, "= 0"):
			refused++
		case strings.HasSuffix(line, "total = 1500"):
			sums++
		}
	}
	require.Equal(t, [3]int{1, 2, 4}, [3]int{paid, refused, sums}, "%v", seen(c))
}

// Without consensus all three get it.
func TestBankUncoordinated(t *testing.T) {
	c := told(t, "bank-uncoordinated")
	require.Equal(t, 3, strings.Count(strings.Join(seen(c), "\n")+"\n", "1000 = 1\n"))
	require.Contains(t, c.Verdict.Detail, "$3000 were paid out of account 0 in 3 withdrawals, and no more than $1500")
}
