// Command simrun finds, replays and explains bugs in consensus protocols, by running whole clusters in a deterministic
// simulation, seed after seed. See "simrun help", and the README for a session. What it does is in package cli.
package main

import (
	"simrun/cli"
	_ "simrun/scenarios/gallery" // registers the stories
)

func main() { cli.Main() }
