//go:build !nohash

package sim

// hashing is false in builds with the tag nohash, which are for measuring what the hash costs.
const hashing = true
