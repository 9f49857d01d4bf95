package scenarios

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/checker"
	"simrun/faults"
)

func profile(t testing.TB, name string) faults.Profile {
	t.Helper()
	p, err := faults.FindProfile(name)
	require.NoError(t, err)
	return p
}

// The correct protocols pass under faults, and every kind of fault happens.
func TestSweep(t *testing.T) {
	for _, s := range All() {
		t.Run(s.Name, func(t *testing.T) {
			var total Stats
			sweep := Sweep{Scenario: s, Profile: profile(t, faults.Default), Seeds: SeedRange(1, 400), Jobs: 2}
			err := sweep.Run(context.Background(), func(r Result) bool {
				if r.Verdict.Kind != checker.Pass {
					t.Errorf("seed %d: %v", r.Seed, r.Verdict)
				}
				total.Add(r.Stats)
				return true
			})
			require.NoError(t, err)
			t.Logf("%+v", total)
			for k := faults.Kind(1); k < faults.NumKinds; k++ {
				if !s.Suffers(k, sweep.Profile) {
					continue
				}
				require.Positive(t, total.Faults[k], "no fault of kind %v", k)
				require.Positive(t, total.Struck[k], "faults of kind %v strike nothing", k)
			}
			require.Greater(t, total.Finished*2, total.Called)
		})
	}
}

// The correct protocols pass in any weather.
func TestSweepProfiles(t *testing.T) {
	seeds := uint64(60)
	if testing.Short() {
		seeds = 15
	}
	for _, s := range All() {
		for _, p := range faults.Profiles() {
			sweep := Sweep{Scenario: s, Profile: p, Seeds: SeedRange(1000, seeds), Jobs: 2}
			require.NoError(t, sweep.Run(context.Background(), func(r Result) bool {
				beyond := p.Name == faults.Destruction && r.Verdict.Kind == checker.Unrecoverable || (p.Name == faults.Lying || p.Name == faults.ClocksBeyond) && r.Verdict.Broken != ""
				if r.Verdict.Kind != checker.Pass && !beyond {
					t.Errorf("%s, %s, seed %d: %v", s.Name, p.Name, r.Seed, r.Verdict)
				}
				return true
			}))
		}
	}
}
