// Package gallery is the stories that everyone tells about Paxos, as scenarios that run: the bank, the meeting room, duelling proposers, split brain ...
// Importing it registers them. Seed 0 of each is the story as it is told, with a fixed script and a fixed plan of
// faults; all other seeds vary it. Beside those that pass stand contrasts, which lack what the story is about, and must fail.
//
// Each story is one file with its workload, its script and the text that says what to look for. Its outcome is checked in gallery_test.go, and
// mutations holds for each one a change of a line under which it fails. docs/stories.md is the tour for newcomers.
package gallery
