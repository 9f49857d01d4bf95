package mutants

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// by returns the score as if another strategy had made it.
func by(strategy string, s Score) Score {
	s.Strategy = strategy
	return s
}

// A strategy wins on a bug that it finds at once and the first of them nearly never, loses where it is the other way round, and neither where both do about as well,
// where both find nothing, or where a bug is trivial.
func TestDuels(t *testing.T) {
	trivial := searches("trivial", "", 5, 1000)
	trivial.Trivial = true
	found := trivial
	found.Found, found.Total = 5, 5
	b := Board{Budget: 1000, Repeat: 5, Scores: []Score{
		searches("a", "", 5, 1000), by("luck", searches("a", "", 5, 1000, 2, 3, 4, 5, 6)),
		searches("b", "", 5, 1000, 2, 3, 4, 5, 6), by("luck", searches("b", "", 5, 1000, 900)),
		searches("c", "", 5, 1000, 20, 30, 40, 50, 60), by("luck", searches("c", "", 5, 1000, 10, 15, 20, 25, 30)),
		searches("d", "", 5, 1000), by("luck", searches("d", "", 5, 1000)),
		trivial, by("luck", found),
		searches(Unchanged, "", 5, 1000), by("luck", searches(Unchanged, "", 5, 1000)),
	}}
	duels := b.Duels()
	require.Len(t, duels, 1)
	d := duels[0]
	require.Equal(t, []string{"luck", "swarm"}, []string{d.Strategy, d.Against})
	require.Equal(t, 3, d.Measured)
	require.Equal(t, []string{"a"}, d.Wins)
	require.Equal(t, []string{"b"}, d.Losses)
	page := b.Markdown("make it")
	require.Contains(t, page, "\n| luck | swarm | 3 | 1 | 1 | a (8.7% to 49% against below 0.074%) | b (")
	require.Contains(t, page, "- luck against swarm: surely better on 1 of 3 bugs, surely worse on 1\n")

	b.Scores = b.Scores[:1]
	require.Empty(t, b.Duels(), "one strategy alone has nobody to be held against")
}
