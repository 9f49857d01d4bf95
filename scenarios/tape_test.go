package scenarios

import (
	"bytes"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/faults"
	"simrun/sim"
)

// Every scenario's tape has the hash of the run: nothing is hashed that is not on it.
func TestTapesHaveTheHash(t *testing.T) {
	profile, err := faults.FindProfile(faults.Default)
	require.NoError(t, err)
	for _, s := range All() {
		in := Input{Seed: 3}
		in.Config, in.Plan = s.Draw(3, profile)
		var b bytes.Buffer
		c := s.NewCluster()
		c.Reset(in)
		tape := sim.NewTape(&b, s.Name)
		c.Record(tape)
		for n, done := uint64(1000), false; !done; n += 1000 {
			_, done = c.Run(n)
		}
		require.NoError(t, tape.Close())
		r, err := sim.ReadTape(&b)
		require.NoError(t, err)
		for err == nil {
			_, err = r.Next()
		}
		require.Equal(t, io.EOF, err, s.Name)
		require.Equal(t, c.Hash(), r.Hash(), s.Name)
		c.Close()
	}
}
