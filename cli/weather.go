package cli

import "simrun/faults"

const withoutUsage = "leave out these families of faults: links, processes, disks, clocks, members, load, byzantine; the rest of each plan stays"

// findProfile returns the profile of that name, less some families of faults.
func findProfile(name string, without []string) (faults.Profile, error) {
	p, err := faults.FindProfile(name)
	if err != nil {
		return p, err
	}
	return p.Without(without...)
}
