//go:build !unix

package mutants

import "io/fs"

// mine is true: where users are kept apart in another way, each has a folder for temporary files.
func mine(fs.FileInfo) bool { return true }
