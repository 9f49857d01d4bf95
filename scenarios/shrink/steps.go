package shrink

import (
	"maps"
	"slices"

	"simrun/faults"
	"simrun/node"
	"simrun/scenarios"
)

// The steps of this file change one thing about an input and return the changed copy.

// clone copies an input so far that no step changes what another shares.
func clone(in *scenarios.Input) scenarios.Input {
	out := *in
	out.Config.Knobs = maps.Clone(in.Config.Knobs)
	out.Config.Script = slices.Clone(in.Config.Script)
	out.Plan.Faults = make([]faults.Fault, len(in.Plan.Faults))
	for i := range in.Plan.Faults {
		out.Plan.Faults[i] = cloneFault(&in.Plan.Faults[i])
	}
	out.Skip, out.Fates, out.Reseed = slices.Clone(in.Skip), slices.Clone(in.Fates), slices.Clone(in.Reseed)
	return out
}

func cloneFault(f *faults.Fault) faults.Fault {
	out := *f
	out.Nodes, out.From, out.To = slices.Clone(f.Nodes), slices.Clone(f.From), slices.Clone(f.To)
	out.Groups = make([][]node.Addr, len(f.Groups))
	for i, g := range f.Groups {
		out.Groups[i] = slices.Clone(g)
	}
	if f.Groups == nil {
		out.Groups = nil
	}
	return out
}

// keepFaults keeps only the faults with these indices.
func keepFaults(in *scenarios.Input, keep []int) scenarios.Input {
	out := clone(in)
	out.Plan.Faults = chosen(out.Plan.Faults, keep)
	return out
}

// keepFates keeps only the exceptions with these indices.
func keepFates(in *scenarios.Input, keep []int) scenarios.Input {
	out := clone(in)
	out.Fates = chosen(out.Fates, keep)
	return out
}

func chosen[T any](list []T, keep []int) []T {
	var out []T
	for _, i := range keep {
		out = append(out, list[i])
	}
	return out
}

// backed returns the inputs with one fault, exception or client less, but all operations back: what it takes to fail without it may have been taken away.
func (s *shrinker) backed(in *scenarios.Input) (list []scenarios.Input) {
	all := func(out scenarios.Input) {
		out.Config.Operations, out.Skip = s.first.Config.Operations, slices.Clone(s.first.Skip)
		out.Config.Script = slices.Clone(s.first.Config.Script)
		list = append(list, out)
	}
	for i := range in.Plan.Faults {
		all(keepFaults(in, without(upTo(len(in.Plan.Faults)), i, 1)))
	}
	for i := range in.Fates {
		all(keepFates(in, without(upTo(len(in.Fates)), i, 1)))
	}
	for id := node.Client(in.Config.Clients); id > 0 && in.Config.Clients > 1; id-- {
		all(dropClient(in, id))
	}
	return list
}

// earlier returns the inputs without the first operations, in which exceptions are about messages with keys that are lower by as many:
// keys are often slots or other numbers that count operations.
func earlier(in *scenarios.Input) (list []scenarios.Input) {
	if len(in.Fates) == 0 {
		return nil
	}
	numbers := kept(in)
	for n := len(numbers) / 2; n > 0; n /= 2 {
		out := keepOperations(in, numbers[n:])
		for i := range out.Fates {
			if e := &out.Fates[i]; e.Key > uint64(n) {
				e.Key -= uint64(n)
			}
		}
		list = append(list, out)
	}
	return list
}

// kept returns the numbers of the operations that are not skipped.
func kept(in *scenarios.Input) []int {
	var list []int
	skip := in.Skip
	for n := range in.Config.Operations {
		if len(skip) > 0 && skip[0] == n {
			skip = skip[1:]
			continue
		}
		list = append(list, n)
	}
	return list
}

// keepOperations keeps only the operations with these numbers. What comes after the last of them is not skipped, but cut off.
func keepOperations(in *scenarios.Input, numbers []int) scenarios.Input {
	if len(in.Config.Script) > 0 {
		return keepCalls(in, numbers)
	}
	out := clone(in)
	out.Skip = nil
	end := 0
	for _, n := range numbers {
		for ; end < n; end++ {
			out.Skip = append(out.Skip, end)
		}
		end = n + 1
	}
	out.Config.Operations = max(end, 1)
	if end == 0 {
		out.Skip = []int{0}
	}
	return out
}

// renumberOperations leaves as many operations as there are, numbered without gaps: they become others.
func renumberOperations(in *scenarios.Input) scenarios.Input {
	out := clone(in)
	if len(in.Config.Script) > 0 {
		return keepCalls(in, kept(in))
	}
	out.Config.Operations, out.Skip = max(in.Config.Operations-len(in.Skip), 1), nil
	return out
}

// dropReplica takes a replica out of the cluster; those with higher numbers move down. In the plan, too: what happened to the replica alone
// happens no more.
func dropReplica(in *scenarios.Input, gone node.ID) scenarios.Input {
	out := clone(in)
	out.Config.Nodes--
	return rename(out, func(a node.Addr) (node.Addr, bool) {
		if a.IsClient() || a.ID() < gone {
			return a, true
		}
		return (a.ID() - 1).Addr(), a.ID() != gone
	})
}

// dropClient takes a client away, as dropReplica does a replica.
func dropClient(in *scenarios.Input, gone node.Client) scenarios.Input {
	out := clone(in)
	out.Config.Clients--
	return rename(out, func(a node.Addr) (node.Addr, bool) {
		if !a.IsClient() || a.Client() < gone {
			return a, true
		}
		return (a.Client() - 1).Addr(), a.Client() != gone
	})
}

// rename gives every address in the plan and the exceptions another name, or takes it out. It may change in.
func rename(in scenarios.Input, to func(node.Addr) (name node.Addr, stays bool)) scenarios.Input {
	list := func(addrs []node.Addr) []node.Addr {
		var out []node.Addr
		for _, a := range addrs {
			if name, stays := to(a); stays {
				out = append(out, name)
			}
		}
		return out
	}
	var plan []faults.Fault
	for i := range in.Plan.Faults {
		f := in.Plan.Faults[i]
		ids, from, dest := len(f.Nodes), len(f.From), len(f.To)
		var nodes []node.ID
		for _, id := range f.Nodes {
			if name, stays := to(id.Addr()); stays {
				nodes = append(nodes, name.ID())
			}
		}
		f.Nodes, f.From, f.To = nodes, list(f.From), list(f.To)
		split := len(f.Groups)
		f.Groups = groups(f.Groups, list)
		if ids > 0 && len(f.Nodes) == 0 || from > 0 && len(f.From) == 0 || dest > 0 && len(f.To) == 0 || split > 0 && len(f.Groups) < 2 ||
			f.Kind == faults.Bridge && len(f.Groups) < split || len(f.Nodes) < f.Kind.NodesLeast() || f.Vain() {
			continue // it has lost its meaning
		}
		plan = append(plan, f)
	}
	var fates []scenarios.Exception
	for _, e := range in.Fates {
		from, one := to(e.From)
		dest, other := to(e.To)
		if one && other {
			e.From, e.To = from, dest
			fates = append(fates, e)
		}
	}
	in.Plan.Faults, in.Fates = plan, fates
	if len(in.Config.Script) > 0 {
		script := renameCalls(in.Config.Script, to)
		numbers := upTo(len(script))
		in.Config.Script = script
		return keepCalls(&in, numbers)
	}
	return in
}

// groups changes every group, and leaves out those that are empty then.
func groups(list [][]node.Addr, change func([]node.Addr) []node.Addr) [][]node.Addr {
	var out [][]node.Addr
	for _, g := range list {
		if g = change(g); len(g) > 0 {
			out = append(out, g)
		}
	}
	return out
}

// narrower returns the inputs in which one fault happens to fewer: to one address less, to no client, or on the links of
// one address where it was those of all.
func narrower(in *scenarios.Input) (list []scenarios.Input) {
	propose := func(i int, change func(f *faults.Fault)) {
		out := clone(in)
		change(&out.Plan.Faults[i])
		list = append(list, out)
	}
	everybody := make([]node.Addr, 0, in.Config.Nodes+in.Config.Clients)
	for i := range in.Config.Nodes {
		everybody = append(everybody, node.ID(i+1).Addr())
	}
	for i := range in.Config.Clients {
		everybody = append(everybody, node.Client(i+1).Addr())
	}
	for i := range in.Plan.Faults {
		f := &in.Plan.Faults[i]
		for id := node.ID(1); f.Role != 0 && int(id) <= in.Config.Nodes; id++ {
			propose(i, func(f *faults.Fault) { f.Role, f.Nodes = 0, []node.ID{id} })
		}
		for k := range f.Nodes {
			propose(i, func(f *faults.Fault) { f.Nodes = slices.Delete(f.Nodes, k, k+1) })
		}
		if slices.ContainsFunc(slices.Concat(f.Groups...), node.Addr.IsClient) {
			propose(i, func(f *faults.Fault) {
				f.Groups = groups(f.Groups, func(g []node.Addr) []node.Addr { return slices.DeleteFunc(g, node.Addr.IsClient) })
			})
		}
		for g := range f.Groups {
			for k := range f.Groups[g] {
				propose(i, func(f *faults.Fault) {
					f.Groups[g] = slices.Delete(f.Groups[g], k, k+1)
					f.Groups = groups(f.Groups, func(g []node.Addr) []node.Addr { return g })
				})
			}
		}
		if len(f.Nodes) > 0 || len(f.Groups) > 0 || f.Role != 0 {
			continue
		}
		for _, end := range []func(*faults.Fault) *[]node.Addr{
			func(f *faults.Fault) *[]node.Addr { return &f.From },
			func(f *faults.Fault) *[]node.Addr { return &f.To },
		} {
			for k := range *end(f) {
				if len(*end(f)) > 1 {
					propose(i, func(f *faults.Fault) { *end(f) = slices.Delete(*end(f), k, k+1) })
				}
			}
			for _, a := range everybody {
				if len(*end(f)) == 0 {
					propose(i, func(f *faults.Fault) { *end(f) = []node.Addr{a} })
				}
			}
		}
	}
	return list
}

// calmed returns the inputs in which one of the numbers has a calmer value.
func calmed(in *scenarios.Input, list []number) (out []scenarios.Input) {
	for i := range list {
		n := &list[i]
		v := n.get(in)
		for k, w := range n.calmer(v) {
			if w != v && !slices.Contains(n.calmer(v)[:k], w) {
				c := clone(in)
				n.set(&c, w)
				out = append(out, c)
			}
		}
	}
	return out
}

// Steps returns all single steps from an input: every input that has one thing less, or one thing calmer. A case is 1-minimal
// if none of those that are smaller fails in the same way. fingerprint is that of its failure.
func Steps(s scenarios.Scenario, in scenarios.Input, fingerprint string) (list []scenarios.Input) {
	for i := range in.Plan.Faults {
		list = append(list, keepFaults(&in, without(upTo(len(in.Plan.Faults)), i, 1)))
	}
	for i := range in.Fates {
		list = append(list, keepFates(&in, without(upTo(len(in.Fates)), i, 1)))
	}
	numbers := kept(&in)
	for i := range numbers {
		list = append(list, keepOperations(&in, without(numbers, i, 1)))
	}
	list = append(list, dropped(&in)...)
	list = append(list, renumberOperations(&in))
	list = append(list, narrower(&in)...)
	list = append(list, calmed(&in, slices.Concat(weather(s, &in), mishapNumbers(&in), scriptNumbers(&in), ends(s, &in, fingerprint)))...)
	list = append(list, renumberValues(&in)...)
	list = append(list, sooner(&in)...)
	return list
}

// dropped returns the inputs with one replica or client less, the one with the highest number first.
func dropped(in *scenarios.Input) (list []scenarios.Input) {
	for id := node.ID(in.Config.Nodes); id > 0; id-- {
		list = append(list, dropReplica(in, id))
	}
	for id := node.Client(in.Config.Clients); id > 0; id-- {
		list = append(list, dropClient(in, id))
	}
	return list
}

func upTo(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}
