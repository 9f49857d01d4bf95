package cli

import (
	"slices"
	"strings"

	"simrun/faults"
)

var withoutUsage = "leave out these families of faults: " + strings.Join(families(), ", ") + "; the rest of each plan stays"

// families returns all families of faults.
func families() (list []string) {
	for k := faults.Kind(1); k < faults.NumKinds; k++ {
		if f := k.Family(); !slices.Contains(list, f) {
			list = append(list, f)
		}
	}
	return list
}

// findProfile returns the profile of that name, less some families of faults.
func findProfile(name string, without []string) (faults.Profile, error) {
	p, err := faults.FindProfile(name)
	if err != nil {
		return p, err
	}
	return p.Without(without...)
}
