package scenarios

import (
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/checker"
)

// An operation has the number that its client gave it, also where the client went on as another process because it never heard of one.
func TestOperationName(t *testing.T) {
	h := &checker.History{Ops: []checker.Op{{Client: 1}, {Client: 2}, {Client: 1}, {Client: 4}, {Client: 7}, {Client: 3}}}
	var names []string
	for i := range h.Ops {
		names = append(names, OperationName(&Config{Clients: 3}, h, i))
	}
	require.Equal(t, []string{"c1#1", "c2#1", "c1#2", "c1#3", "c1#4", "c3#1"}, names)
}
