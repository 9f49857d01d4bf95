//go:build race

package checker

// underRace: the race detector makes closures allocate that otherwise do not.
const underRace = true
