package shrink

import (
	"reflect"
	"slices"

	"simrun/checker"
	"simrun/faults"
	"simrun/node"
	"simrun/scenarios"
	"simrun/sim"
)

// script tries to write the operations down: who asks whom for what, and when. As drawn, the time of an operation hangs on what clients thought before all
// those that were left out, and what it asks for on its number. Written down, it stands for itself, and can be moved, and changed. It tells whether that
// was accepted.
func (s *shrinker) script() bool {
	if len(s.best.Input.Config.Script) > 0 || s.over() {
		return false
	}
	calls := s.calls(s.best.Input)
	if len(calls) == 0 {
		return false
	}
	written := clone(&s.best.Input)
	written.Config.Script, written.Config.Operations, written.Skip = calls, len(calls), nil
	calm := clone(&written)
	calm.Config.Think = 0
	list := []scenarios.Input{calm, written}
	return s.try(len(list), func(i int) scenarios.Input { return list[i] }) >= 0
}

// calls runs an input that fails as the best does, and returns the operations of its safety phase as lines of a script; none if there is one that a
// script has no words for.
func (s *shrinker) calls(in scenarios.Input) (list []scenarios.Call) {
	c := s.scenario.NewCluster()
	defer c.Close()
	c.Reset(in)
	ended, waits := false, false // waits for the message that tells whom the last call goes to
	c.Trace(func(r sim.Record) {
		switch {
		case r.Kind == sim.PhaseSet:
			ended = true
		case ended:
		case r.Kind == sim.Called:
			list = append(list, scenarios.Call{Client: r.Who.Client(), At: faults.Span(r.At)})
			waits = true
		case waits && r.Kind == sim.Sent && r.Who == list[len(list)-1].Client.Addr():
			list[len(list)-1].To = r.Peer.ID()
			waits = false
		}
	})
	c.Run(s.best.Stats.Events)
	ops := c.History().Ops
	if len(ops) < len(list) {
		return nil
	}
	for i := range list {
		o := &ops[i]
		if o.Ext != 0 {
			return nil
		}
		list[i].Do, list[i].Key, list[i].Arg, list[i].Arg2 = o.Kind.String(), o.Key, o.Arg, o.Arg2
		if _, known := checker.FindOpKind(list[i].Do); !known {
			return nil
		}
	}
	return list
}

// scriptNumbers returns the numbers of the script that can be made calm one at a time: times and keys.
func scriptNumbers(in *scenarios.Input) []number { return scriptFields(in, "At", "Key") }

// scriptValues returns the values in the script. Many checks rest on their being different, and on 0 being none of them, so they are
// changed all together: see renumberValues.
func scriptValues(in *scenarios.Input) []number { return scriptFields(in, "Arg", "Arg2") }

// renumberValues returns the input in which the values of the script are numbered from 1 on, in the order in which they appear; what was equal stays equal.
// There is none where they are so already, or where there are more of them than calls: clients go on with the number after that in the liveness phase.
func renumberValues(in *scenarios.Input) []scenarios.Input {
	out := clone(in)
	numbers := map[int64]int64{0: 0}
	rename := func(v int64) int64 {
		if _, known := numbers[v]; !known {
			numbers[v] = int64(len(numbers))
		}
		return numbers[v]
	}
	for i := range out.Config.Script {
		k := &out.Config.Script[i]
		k.Arg, k.Arg2 = rename(k.Arg), rename(k.Arg2)
	}
	if len(numbers)-1 > len(in.Config.Script) || slices.Equal(out.Config.Script, in.Config.Script) {
		return nil
	}
	return []scenarios.Input{out}
}

func scriptFields(in *scenarios.Input, names ...string) (list []number) {
	for i := range in.Config.Script {
		for _, name := range names {
			n := fieldOf(reflect.Int64, name, func(in *scenarios.Input) reflect.Value {
				return reflect.ValueOf(&in.Config.Script[i]).Elem().FieldByName(name)
			})
			if name == "Key" {
				n.get = func(in *scenarios.Input) int64 { return int64(in.Config.Script[i].Key) }
				n.set = func(in *scenarios.Input, v int64) { in.Config.Script[i].Key = uint32(v) }
			}
			list = append(list, n)
		}
	}
	return list
}

// sooner returns the inputs in which all that comes from some time on comes sooner, so that one of the pauses between what is planned is shorter or
// gone. Without a script operations stay where they are, and so does all else.
func sooner(in *scenarios.Input) (list []scenarios.Input) {
	if len(in.Config.Script) == 0 {
		return nil
	}
	times := []faults.Span{0}
	for i := range in.Plan.Faults {
		times = append(times, in.Plan.Faults[i].At)
	}
	for i := range in.Config.Script {
		times = append(times, in.Config.Script[i].At)
	}
	slices.Sort(times)
	times = append(slices.Compact(times), in.Config.Horizon)
	for i := 1; i < len(times); i++ {
		for _, by := range []faults.Span{times[i] - times[i-1], (times[i] - times[i-1]) / 2 / grain * grain} {
			if by <= 0 {
				continue
			}
			out := clone(in)
			move := func(t *faults.Span) {
				if *t >= times[i] {
					*t -= by
				}
			}
			for k := range out.Plan.Faults {
				move(&out.Plan.Faults[k].At)
			}
			for k := range out.Config.Script {
				move(&out.Config.Script[k].At)
			}
			move(&out.Config.Horizon)
			list = append(list, out)
		}
	}
	return list
}

// keepCalls keeps only the calls with these numbers.
func keepCalls(in *scenarios.Input, numbers []int) scenarios.Input {
	out := clone(in)
	if len(numbers) == 0 { // a script cannot be empty: what is left of it is let pass
		out.Config.Script, out.Config.Operations, out.Skip = nil, 1, []int{0}
		return out
	}
	out.Config.Script = chosen(in.Config.Script, numbers)
	out.Config.Operations, out.Skip = len(numbers), nil
	return out
}

// renameCalls gives the clients and replicas of a script other names. The calls of a client that is gone go, too; those to a replica that is gone go to any.
func renameCalls(list []scenarios.Call, to func(node.Addr) (name node.Addr, stays bool)) (out []scenarios.Call) {
	for _, k := range list {
		client, stays := to(k.Client.Addr())
		if !stays {
			continue
		}
		k.Client = client.Client()
		if k.To != 0 {
			replica, stays := to(k.To.Addr())
			if k.To = 0; stays {
				k.To = replica.ID()
			}
		}
		out = append(out, k)
	}
	return out
}
