package timeline

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A fault is told with how long it lasts, and without its time, which the sentence has.
func TestFaultText(t *testing.T) {
	for text, want := range map[string]string{
		"120ms +300ms partition {n1 n2 | n3}": "partition {n1 n2 | n3} begins, for 300ms",
		"120ms until healed mute n1":          "mute n1 begins, until healed",
		"120ms for good isolate n3":           "isolate n3 begins, for good",
	} {
		require.Equal(t, want, faultText(text))
	}
}
