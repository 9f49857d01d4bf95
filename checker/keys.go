package checker

// keys numbers the keys of a history from 0, and lists the operations of each. It keeps its memory.
type keys struct {
	number map[uint32]int32 // of keys too large to be their own number
	dense  bool
	names  []uint32
	starts []int32 // part k is ops[starts[k]:starts[k+1]]
	ops    []int32
	count  int
}

// index numbers the keys in the order in which they are met; or if the model does not go by key, there is one.
func (k *keys) index(ops []Op, byKey bool) {
	k.count, k.dense = 1, true
	if !byKey {
		return
	}
	highest := uint32(0)
	for i := range ops {
		highest = max(highest, ops[i].Key)
	}
	if uint64(highest) <= 2*uint64(len(ops))+64 {
		k.count = int(highest) + 1
		return
	}
	k.dense, k.names = false, k.names[:0]
	if k.number == nil {
		k.number = map[uint32]int32{}
	}
	clear(k.number)
	for i := range ops {
		if _, known := k.number[ops[i].Key]; !known {
			k.number[ops[i].Key] = int32(len(k.names))
			k.names = append(k.names, ops[i].Key)
		}
	}
	k.count = len(k.names)
}

// of returns the number of an operation's key.
func (k *keys) of(o *Op) int32 {
	switch {
	case k.count == 1:
		return 0
	case k.dense:
		return int32(o.Key)
	}
	return k.number[o.Key]
}

// split lists the operations by key, in the order of their calls, but leaves out those that cannot matter: what failed did nothing, and
// a read of unknown outcome tells nothing.
func (k *keys) split(ops []Op) {
	k.starts = resize(k.starts, k.count+1)
	clear(k.starts)
	for i := range ops {
		if matters(&ops[i]) {
			k.starts[k.of(&ops[i])+1]++
		}
	}
	for j := 1; j <= k.count; j++ {
		k.starts[j] += k.starts[j-1]
	}
	k.ops = resize(k.ops, int(k.starts[k.count]))
	for i := range ops {
		if matters(&ops[i]) {
			p := &k.starts[k.of(&ops[i])]
			k.ops[*p] = int32(i)
			*p++
		}
	}
	for j := k.count; j > 0; j-- {
		k.starts[j] = k.starts[j-1]
	}
	k.starts[0] = 0
}

// part returns the operations of the j-th key.
func (k *keys) part(j int) []int32 { return k.ops[k.starts[j]:k.starts[j+1]] }

func matters(o *Op) bool { return o.Outcome == OK || o.Outcome != Fail && !o.Kind.ReadsOnly() }
