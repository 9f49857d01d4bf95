package faults

import (
	"fmt"
	"slices"
	"strings"
)

// Families returns the families that kinds of faults of the profile are of.
func (p Profile) Families() (families []string) {
	for k := Kind(1); k < NumKinds; k++ {
		if f := kinds[k].family; p.Has(k) && !slices.Contains(families, f) {
			families = append(families, f)
		}
	}
	return families
}

// Without returns the profile less some families of faults: a seed draws what it did, and those faults are taken out of its plan, so
// that what is left can be compared. The families are sorted in its name. It is an error to leave out what the profile does not have.
func (p Profile) Without(families ...string) (Profile, error) {
	has := p.Families()
	less := p
	less.without = slices.Clone(p.without)
	for _, f := range families {
		if !slices.Contains(has, f) {
			return Profile{}, fmt.Errorf("profile %s has no faults of the family %q to leave out: it has %s", p.Name, f, strings.Join(has, ", "))
		}
		if !slices.Contains(less.without, f) {
			less.without = append(less.without, f)
		}
	}
	if len(less.without) == 0 {
		return p, nil
	}
	slices.Sort(less.without)
	if less.base == "" {
		less.base, less.Doc = p.Name, p.Doc+"; less "+strings.Join(families, ", ")
	}
	less.Name = less.base + ",no-" + strings.Join(less.without, ",no-")
	return less, nil
}

// Lacks tells whether the family was taken out of the profile by Without.
func (p Profile) Lacks(family string) bool { return slices.Contains(p.without, family) }

// Is tells whether the profile is the one of that name, or that one less some families.
func (p Profile) Is(name string) bool { return p.Name == name || p.base == name }
