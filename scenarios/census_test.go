package scenarios

import (
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/faults"
)

// Every state has a name of its own, and a large sweep is asked for all that matter to its scenario.
func TestCensus(t *testing.T) {
	names := map[string]bool{}
	for s := range NumSometimes {
		require.NotEmpty(t, s.String(), "%d", s)
		require.False(t, names[s.String()], s.String())
		names[s.String()] = true
	}
	large, small := Stats{Runs: CensusSeeds}, Stats{Runs: CensusSeeds - 1}
	for _, s := range []Scenario{kv(), singleDecree()} {
		demanded := 0
		for _, c := range s.Census(profile(t, faults.Default), &large) {
			require.True(t, c.Demanded, c.State)
			demanded++
		}
		require.Greater(t, demanded, 40+20) // 40 and more states, and kinds of faults
		for _, c := range s.Census(profile(t, faults.Default), &small) {
			require.False(t, c.Demanded, c.State)
		}
		for _, c := range s.Census(profile(t, faults.Network), &large) {
			require.False(t, c.Demanded, "%s: not all can happen under every profile", c.State)
		}
	}
}

// Nothing is demanded of a sweep of somebody else's protocol.
func TestCensusOfOthers(t *testing.T) {
	s := kv()
	s.demands = nil
	for _, c := range s.Census(profile(t, faults.Default), &Stats{Runs: CensusSeeds}) {
		require.False(t, c.Demanded, c.State)
	}
}
