package faults

import (
	"errors"
	"slices"

	"simrun/node"
	"simrun/sim/stream"
)

// Operator is the part of a Target that changes who takes part, as a person at a console would: it asks the group, and asks again, until
// the change has come about or is not wanted any more. What has come about stays.
type Operator interface {
	// Want begins a change, of the kind AddMember, RemoveMember, ReplaceMember or Transfer.
	Want(fault int, kind Kind, nodes []node.ID)
	// Unwant gives it up, as far as it has not come about.
	Unwant(fault int)
}

// memberKinds returns the entries of the table for kinds that change who takes part.
func memberKinds() (t [NumKinds]kindInfo) {
	spared := func(sh *Shape) bool { return sh.Members && len(sh.Spares) > 0 }
	t[AddMember] = operated(kindInfo{
		name: "add", doc: "makes spare replicas members, as learners first, as voters once they have caught up",
		can:   spared,
		draw:  func(s *stream.Stream, sh *Shape) Fault { return Fault{Nodes: some(s, sh.Spares)} },
		count: [2]int{1, 2},
	})
	t[RemoveMember] = operated(kindInfo{
		name: "remove", doc: "takes replicas out of the group for good", uses: usesRole,
		can: func(sh *Shape) bool { return sh.Members && len(sh.Nodes)-len(sh.Spares) > 1 },
		draw: func(s *stream.Stream, sh *Shape) Fault {
			f := Fault{Nodes: shuffled(s, founders(sh))[:1]}
			if s.Chance(400_000) {
				f.Role = Leader
			}
			return f
		},
		count: [2]int{1, 2},
	})
	t[ReplaceMember] = operated(kindInfo{
		name: "replace", doc: "takes the first of two replicas out of the group, and makes the second a member in its place",
		can: spared,
		check: func(f *Fault) error {
			if len(f.Nodes) != 2 {
				return errors.New(`it needs two "nodes": who goes, and who comes`)
			}
			return nil
		},
		draw: func(s *stream.Stream, sh *Shape) Fault {
			return Fault{Nodes: []node.ID{pick(s, founders(sh)...), pick(s, sh.Spares...)}}
		},
		nodes: 2,
		count: [2]int{1, 2},
	})
	t[Transfer] = operated(kindInfo{
		name: "transfer", doc: "asks the leader to make room for another replica",
		can:   func(sh *Shape) bool { return sh.Members && len(sh.Nodes) > 1 },
		draw:  func(s *stream.Stream, sh *Shape) Fault { return Fault{Nodes: shuffled(s, sh.Nodes)[:1]} },
		count: [2]int{1, 4},
	})
	return t
}

// founders are the replicas that are members at first.
func founders(sh *Shape) []node.ID {
	return slices.DeleteFunc(slices.Clone(sh.Nodes), func(id node.ID) bool { return slices.Contains(sh.Spares, id) })
}

// operated completes a kind that is carried out by the operator.
func operated(k kindInfo) kindInfo {
	own := k.check
	k.check = func(f *Fault) error {
		if own != nil {
			if err := own(f); err != nil {
				return err
			}
		}
		return checkNodes(f)
	}
	k.uses |= usesNodes
	k.begin = func(j *Injector, t Target, index int, f *Fault) { t.Want(index, f.Kind, j.victims[index]) }
	k.end = func(_ *Injector, t Target, index int, _ *Fault) { t.Unwant(index) }
	k.long, k.family = 500_000, Members
	return k
}
