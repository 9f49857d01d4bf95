package faults

import (
	"slices"

	"simrun/node"
	"simrun/sim/stream"
)

// Liars is the part of a Target that makes replicas lie. Nothing in a protocol for replicas that fail by stopping is proof against that.
type Liars interface {
	// SetLies says which lies a replica tells from now on, in messages to other replicas: which of Equivocate, Forge and Falsify.
	SetLies(id node.ID, lies []Kind)
}

// liarKinds returns the entries of the table for kinds that make replicas lie.
func liarKinds() (t [NumKinds]kindInfo) {
	t[Equivocate] = lying("equivocate", "makes a replica propose one thing to some replicas and another to others")
	t[Forge] = lying("forge", "makes a replica promise what it may not, and deny what it accepted")
	t[Falsify] = lying("falsify", "makes a replica pass on other values than it has")
	return t
}

func lying(name, doc string) kindInfo {
	set := func(j *Injector, t Target, index int) {
		for _, id := range j.victims[index] {
			var lies []Kind
			for _, i := range j.lying {
				if k := j.plan.Faults[i].Kind; slices.Contains(j.victims[i], id) && !slices.Contains(lies, k) {
					lies = append(lies, k)
				}
			}
			slices.Sort(lies)
			t.SetLies(id, lies)
		}
	}
	return kindInfo{
		name: name, doc: doc, uses: usesNodes | usesRole, check: checkNodes,
		begin: func(j *Injector, t Target, index int, _ *Fault) {
			j.lying = append(j.lying, index)
			set(j, t, index)
		},
		end: func(j *Injector, t Target, index int, _ *Fault) {
			j.lying = without(j.lying, index)
			set(j, t, index)
		},
		can: func(sh *Shape) bool { return sh.Lies },
		draw: func(s *stream.Stream, sh *Shape) Fault {
			f := Fault{Nodes: []node.ID{sh.liar}}
			if s.Chance(300_000) {
				f.Role = Leader
			}
			return f
		},
		count: [2]int{1, 3}, long: 1_000_000, family: Byzantine,
	}
}

// without returns the list without one of its entries, in its place.
func without(list []int, entry int) []int {
	return slices.DeleteFunc(list, func(i int) bool { return i == entry })
}
