//go:build nohash

package sim

const hashing = false
