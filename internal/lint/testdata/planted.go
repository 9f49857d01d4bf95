// Package planted holds one of everything that the determinism linter must find, and some of what it must let pass.
package planted

import (
	"maps"
	"math"
	"math/rand/v2" // want imports math/rand/v2
	"slices"
	"sync" // want imports sync
	"time" // want imports time
)

var mu sync.Mutex

func bad(m map[string]int, g generic) (out []string) {
	go bad(m, g)                // want starts a goroutine
	done := make(chan struct{}) // want uses a channel
	select {                    // want select chooses
	case <-done:
	default:
	}
	for k := range m { // want iterates over a map
		out = append(out, k)
	}
	for k := range g { // want iterates over a map
		out = append(out, k)
	}
	for k := range maps.Keys(m) { // want maps.Keys gives
		out = append(out, k)
	}
	keys := slices.Collect(maps.Values(m)) // want maps.Values gives
	_ = keys
	//simrun:unordered because
	for range m { // want iterates over a map
	}
	x := 1.5                   // want uses floating point
	var y float32 = 3          // want uses floating point
	z := float64(len(out)) * x // want uses floating point
	_, _ = y, z
	_ = math.Sqrt(2) // want uses floating point
	_ = time.Now()
	_ = rand.N(3)
	return out
}

type generic map[string]int

func over[M map[string]int](m M) {
	for range m { // want iterates over a map
	}
}

func good(m map[string]int) (out []string, sum int) {
	for _, k := range slices.Sorted(maps.Keys(m)) {
		out = append(out, k)
	}
	//simrun:unordered a sum does not depend on order
	for _, v := range m {
		sum += v
	}
	for i, v := range out {
		sum += i + len(v)
	}
	clear(m)
	return out, sum + len(m)
}
