// Package speed measures what a simulation costs: an event, a message, a commit, a simulated second, a seed, and the memory of what is
// held. Loads are plain inputs of a scenario whose checks are all on, so that what is measured is what runs in earnest. Costs are cpu time, the
// median of several rounds. Module bench holds the same loads against other programs.
package speed
