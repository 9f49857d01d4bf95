package models

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/checker"
)

// An op of a table is written as a call, such as get(1)=7: k1 is read, and 7 comes out.
func one(kind checker.OpKind, key uint32, arg, arg2, out int64) checker.Op {
	return checker.Op{Kind: kind, Key: key, Arg: arg, Arg2: arg2, Out: out, Outcome: checker.OK}
}

func get(key uint32, out int64) checker.Op        { return one(checker.Get, key, 0, 0, out) }
func put(key uint32, v int64) checker.Op          { return one(checker.Put, key, v, 0, 0) }
func cas(from, to, saw int64) checker.Op          { return one(checker.CAS, 0, from, to, saw) }
func try(from, to, hit int64) checker.Op          { return one(checker.TryCAS, 0, from, to, hit) }
func insert(v, done int64) checker.Op             { return one(checker.Insert, 0, v, 0, done) }
func add(key uint32, v int64) checker.Op          { return one(checker.Add, key, v, 0, 0) }
func addGet(v, sum int64) checker.Op              { return one(checker.AddGet, 0, v, 0, sum) }
func push(v int64) checker.Op                     { return one(checker.Append, 0, v, 0, 0) }
func enq(v int64) checker.Op                      { return one(checker.Enqueue, 0, v, 0, 0) }
func deq(v int64) checker.Op                      { return one(checker.Dequeue, 0, 0, 0, v) }
func include(v int64) checker.Op                  { return one(checker.Include, 0, v, 0, 0) }
func exclude(v int64) checker.Op                  { return one(checker.Exclude, 0, v, 0, 0) }
func contains(v, yes int64) checker.Op            { return one(checker.Contains, 0, v, 0, yes) }
func acquire(token int64) checker.Op              { return one(checker.Acquire, 0, 0, 0, token) }
func release(token, done int64) checker.Op        { return one(checker.Release, 0, token, 0, done) }
func transfer(a uint32, b, n, d int64) checker.Op { return one(checker.Transfer, a, b, n, d) }
func total(sum int64) checker.Op                  { return one(checker.Total, 0, 0, 0, sum) }
func open(s, done int64) checker.Op               { return one(checker.OpenSession, 0, s, 0, done) }
func renew(s, times int64) checker.Op             { return one(checker.Renew, 0, s, 0, times) }
func expire(s, times, done int64) checker.Op      { return one(checker.Expire, 0, s, times, done) }
func acquireFor(s, token int64) checker.Op        { return one(checker.Acquire, 0, s, 0, token) }
func create(s, v, done int64) checker.Op          { return one(checker.Create, 0, s, v, done) }
func guard(v, token, done int64) checker.Op       { return one(checker.Guard, 0, v, token, done) }
func changes(n int64) checker.Op                  { return one(checker.Changes, 0, 0, 0, n) }
func propose(v, out int64) checker.Op             { return one(checker.Propose, 0, v, 0, out) }

// lost makes the outcome of an operation unknown.
func lost(o checker.Op) checker.Op {
	o.Outcome, o.Out = checker.Unknown, 0
	return o
}

// long is an operation with what does not fit into numbers.
type long struct {
	op  checker.Op
	ext checker.Ext
}

func list(out ...int64) long { return long{one(checker.List, 0, 0, 0, 0), checker.Ext{Out: out}} }
func members(out ...int64) long {
	return long{one(checker.Elements, 0, 0, 0, 0), checker.Ext{Out: out}}
}
func balances(out ...int64) long {
	return long{one(checker.Balances, 0, 0, 0, 0), checker.Ext{Out: out}}
}
func txn(in []int64, out ...int64) long {
	return long{one(checker.Txn, 0, 0, 0, 0), checker.Ext{In: in, Out: out}}
}

// items joins the items of a transaction.
func items(list ...[]int64) (in []int64) {
	for _, i := range list {
		in = append(in, i...)
	}
	return in
}

func r(k int64) []int64    { return []int64{checker.TxnRead, k, 0} }
func w(k, v int64) []int64 { return []int64{checker.TxnWrite, k, v} }
func a(k, v int64) []int64 { return []int64{checker.TxnAppend, k, v} }
func l(k int64) []int64    { return []int64{checker.TxnList, k, 0} }

// sequence makes a history of operations one after another.
func sequence(ops ...any) *checker.History {
	h := &checker.History{Texts: []string{"a", "b", "ab", "ba", ""}}
	for i, x := range ops {
		var o checker.Op
		switch x := x.(type) {
		case checker.Op:
			o = x
		case long:
			h.Ext = append(h.Ext, x.ext)
			o = x.op
			o.Ext = uint32(len(h.Ext))
		}
		o.Client, o.Call, o.Return = uint32(i), uint64(2*i), uint64(2*i+1)
		if o.Outcome == checker.Unknown {
			o.Return = checker.Never
		}
		h.Ops = append(h.Ops, o)
	}
	return h
}

// What each model says of operations one after another.
func TestRules(t *testing.T) {
	const yes, no = checker.Linearizable, checker.NotLinearizable
	for _, c := range []struct {
		model Model
		name  string
		want  checker.Answer
		ops   []any
	}{
		{Register, "empty at first", yes, []any{get(0, 0)}},
		{Register, "the last put", yes, []any{put(0, 1), put(0, 2), get(0, 2)}},
		{Register, "a put before the last", no, []any{put(0, 1), put(0, 2), get(0, 1)}},
		{Register, "0 as a value", yes, []any{put(0, checker.Zero), get(0, checker.Zero)}},
		{Register, "0 is not nothing", no, []any{put(0, checker.Zero), get(0, 0)}},
		{Register, "cas that hits", yes, []any{put(0, 1), cas(1, 2, 1), get(0, 2)}},
		{Register, "cas that misses", yes, []any{put(0, 1), cas(3, 2, 1), get(0, 1)}},
		{Register, "cas that says what it did not see", no, []any{put(0, 1), cas(3, 2, 3)}},
		{Register, "try that hits", yes, []any{put(0, 1), try(1, 2, 1), get(0, 2)}},
		{Register, "try that should have hit", no, []any{put(0, 1), try(1, 2, 0)}},
		{Register, "try that should have missed", no, []any{put(0, 1), try(3, 2, 1)}},
		{KV, "keys are apart", yes, []any{put(1, 1), put(2, 2), get(1, 1), get(2, 2), get(3, 0)}},
		{KV, "another key's value", no, []any{put(1, 1), get(2, 1)}},

		{Insert, "the first stays", yes, []any{get(0, 0), insert(1, 1), insert(2, 0), get(0, 1)}},
		{Insert, "two are told that they were first", no, []any{insert(1, 1), insert(2, 1)}},
		{Insert, "told there is one, and there is none", no, []any{insert(1, 0)}},
		{Insert, "the second replaces", no, []any{insert(1, 1), insert(2, 0), get(0, 2)}},
		{Insert, "a lost one explains it", yes, []any{lost(insert(1, 0)), insert(2, 0), get(0, 1)}},
		{Insert, "a lost one cannot win later", no, []any{lost(insert(1, 0)), insert(2, 1), get(0, 1)}},

		{Counter, "sums", yes, []any{get(0, 0), add(0, 5), add(0, -7), get(0, -2), addGet(4, 2)}},
		{Counter, "an add is missing", no, []any{add(0, 5), add(0, 1), get(0, 5)}},
		{Counter, "a sum before the add", no, []any{add(0, 5), addGet(1, 1)}},
		{Counter, "a lost add counts once", no, []any{lost(add(0, 5)), get(0, 10)}},

		{Lists, "in order", yes, []any{list(), push(1), push(2), push(1), list(1, 2, 1)}},
		{Lists, "out of order", no, []any{push(1), push(2), list(2, 1)}},
		{Lists, "one is missing", no, []any{push(1), push(2), list(2)}},
		{Lists, "one too many", no, []any{push(1), list(1, 2)}},
		{Lists, "a lost one shows", yes, []any{lost(push(1)), push(2), list(2, 1)}},

		{Texts, "nothing is the empty text", yes, []any{get(0, 0), get(0, 5)}},
		{Texts, "put together", yes, []any{push(1), push(2), get(0, 3), put(0, 2), push(1), get(0, 4)}},
		{Texts, "the same text in another way", yes, []any{put(0, 3), get(0, 3), put(0, 1), push(2), get(0, 3)}},
		{Texts, "words none of which begins another", yes, []any{push(1), push(2), get(0, 3), put(0, 2), get(0, 2)}},
		{Texts, "words that are not what is read", no, []any{push(1), push(2), get(0, 4)}},
		{Texts, "words that begin as what is read, and go on", no, []any{push(3), get(0, 1)}},
		{Texts, "the wrong way round", no, []any{push(2), push(1), get(0, 3)}},
		{Texts, "more than was appended", no, []any{push(1), get(0, 3)}},

		{Queue, "first in, first out", yes, []any{deq(0), enq(1), enq(2), deq(1), enq(3), deq(2), deq(3), deq(0)}},
		{Queue, "last in, first out", no, []any{enq(1), enq(2), deq(2)}},
		{Queue, "taken twice", no, []any{enq(1), deq(1), deq(1)}},
		{Queue, "empty, and is not", no, []any{enq(1), deq(0)}},
		{Queue, "a lost dequeue took it", yes, []any{enq(1), lost(deq(0)), deq(0)}},
		{Queue, "negative and zero elements", yes, []any{enq(-1), enq(checker.Zero), deq(-1), deq(checker.Zero), deq(0)}},

		{Set, "in and out", yes, []any{contains(1, 0), include(1), include(1), contains(1, 1), include(-4), members(-4, 1), exclude(1), members(-4), contains(1, 0)}},
		{Set, "what was taken out", no, []any{include(1), exclude(1), contains(1, 1)}},
		{Set, "a member is missing", no, []any{include(1), include(2), members(1)}},
		{Set, "a member nobody put in", no, []any{include(1), members(1, 9)}},
		{Set, "no members", yes, []any{exclude(3), members()}},

		{Lock, "one after another", yes, []any{acquire(1), acquire(0), release(1, 1), acquire(7), release(7, 1)}},
		{Lock, "held by two", no, []any{acquire(1), acquire(2)}},
		{Lock, "a token again", no, []any{acquire(5), release(5, 1), acquire(5)}},
		{Lock, "a smaller token", no, []any{acquire(5), release(5, 1), acquire(3)}},
		{Lock, "busy, and nobody holds it", no, []any{acquire(5), release(5, 1), acquire(0)}},
		{Lock, "an old token is refused", yes, []any{acquire(5), release(5, 1), acquire(6), release(5, 0), release(6, 1)}},
		{Lock, "an old token releases", no, []any{acquire(5), release(5, 1), acquire(6), release(5, 1)}},
		{Lock, "a lost acquire holds it", yes, []any{lost(acquire(0)), acquire(0), acquire(0)}},
		{Lock, "nobody can release what a lost acquire got", no, []any{lost(acquire(0)), acquire(0), release(1, 1), acquire(0)}},
		{Lock, "a lost acquire need not have happened", yes, []any{lost(acquire(0)), acquire(1)}},
		{Lock, "a lost release", yes, []any{acquire(1), lost(release(1, 0)), acquire(2)}},

		{Bank, "transfers", yes, []any{add(1, 10), transfer(1, 2, 4, 1), get(1, 6), get(2, 4), total(10), balances(1, 6, 2, 4)}},
		{Bank, "not enough", yes, []any{add(1, 10), transfer(1, 2, 11, 0), balances(1, 10, 2, 0)}},
		{Bank, "refused, and there was enough", no, []any{add(1, 10), transfer(1, 2, 10, 0)}},
		{Bank, "done, and there was not enough", no, []any{add(1, 10), transfer(1, 2, 11, 1)}},
		{Bank, "a negative amount is refused", yes, []any{add(1, 10), transfer(2, 1, -3, 0), total(10)}},
		{Bank, "to itself", yes, []any{add(1, 10), transfer(1, 1, 10, 1), get(1, 10), total(10)}},
		{Bank, "money from nowhere", no, []any{add(1, 10), transfer(1, 2, 4, 1), balances(1, 10, 2, 4)}},
		{Bank, "half of a transfer", no, []any{add(1, 10), transfer(1, 2, 4, 1), get(2, 0)}},
		{Bank, "the sum stays", no, []any{add(1, 10), transfer(1, 2, 4, 1), total(14)}},
		{Bank, "an account nobody has", no, []any{add(1, 10), balances(1, 10, 9, 1)}},
		{Bank, "an empty account nobody has", yes, []any{add(1, 10), balances(1, 10, 9, 0)}},

		{Txn, "reads its own writes", yes, []any{txn(items(r(1), w(1, 5), r(1)), 0, 5), txn(items(r(1)), 5)}},
		{Txn, "all or nothing", no, []any{txn(items(w(1, 5), w(2, 5))), txn(items(r(1), r(2)), 5, 0)}},
		{Txn, "lists", yes, []any{txn(items(a(1, 7), l(1), a(1, 8)), 1, 7), txn(items(l(1), l(2)), 2, 7, 8, 0)}},
		{Txn, "lists out of order", no, []any{txn(items(a(1, 7), a(1, 8))), txn(items(l(1)), 2, 8, 7)}},
		{Txn, "a register and a list of one key are apart", yes, []any{txn(items(a(1, 7), w(1, 3), l(1), r(1)), 1, 7, 3)}},
		{Txn, "a register that is emptied", yes, []any{txn(items(w(1, 3))), txn(items(w(1, 0))), txn(items(r(1)), 0)}},
		{Txn, "of one key", no, []any{txn(items(w(1, 3))), txn(items(r(1)), 4)}},

		{Sessions, "a paused holder does no harm", yes, []any{
			open(1, 1), acquireFor(1, 1), create(1, 5, 1), renew(1, 2), open(2, 1), acquireFor(2, 0), expire(1, 1, 0), expire(1, 2, 1), acquireFor(2, 2),
			get(0, 0), guard(7, 2, 1), guard(8, 1, 0), get(0, 7), renew(1, 0), changes(5)}},
		{Sessions, "who holds it gets the same token again", yes, []any{open(1, 1), acquireFor(1, 1), acquireFor(1, 1)}},
		{Sessions, "held by two", no, []any{open(1, 1), open(2, 1), acquireFor(1, 1), acquireFor(2, 2)}},
		{Sessions, "a session that is not open", no, []any{acquireFor(1, 1)}},
		{Sessions, "a file outlives its session", no, []any{open(1, 1), create(1, 5, 1), expire(1, 1, 1), get(0, 5)}},
		{Sessions, "an old token writes", no, []any{guard(7, 2, 1), guard(8, 1, 1)}},
		{Sessions, "renewed in between", no, []any{open(1, 1), renew(1, 2), expire(1, 1, 1)}},

		{Lists, "of two alike that were lost one is there", yes, []any{lost(push(1)), lost(push(1)), list(1), list(1)}},
		{Lists, "both are there in the end", yes, []any{lost(push(1)), lost(push(1)), list(1), list(1, 1)}},
		{Lists, "a third is not", no, []any{lost(push(1)), lost(push(1)), list(1, 1, 1)}},
		{Queue, "of two alike that were lost one is there", yes, []any{lost(enq(1)), lost(enq(1)), deq(1), deq(0)}},

		{Decree, "one decision", yes, []any{propose(3, 3), propose(4, 3)}},
		{Decree, "two decisions", no, []any{propose(3, 3), propose(4, 4)}},
	} {
		t.Run(c.model.Name+"/"+c.name, func(t *testing.T) {
			h := sequence(c.ops...)
			i, err := c.model.Refuses(h)
			require.NoError(t, err, "operation %d", i)
			var x checker.Checker
			got := x.Check(h, c.model.For(h), checker.Options{Oracle: true})
			require.Equal(t, c.want, got.Answer, got.Reason)
		})
	}
}

// Two transfers that cross, each seen half done by a reader who asks twice, have no order; asked once each, they have.
func TestConcurrent(t *testing.T) {
	at := func(o any, client uint32, call, ret uint64) *checker.History {
		h := sequence(o)
		h.Ops[0].Client, h.Ops[0].Call, h.Ops[0].Return = client, call, ret
		return h
	}
	join := func(parts ...*checker.History) *checker.History {
		all := &checker.History{}
		for _, p := range parts {
			for _, o := range p.Ops {
				if o.Ext > 0 {
					all.Ext = append(all.Ext, p.Ext[o.Ext-1])
					o.Ext = uint32(len(all.Ext))
				}
				all.Ops = append(all.Ops, o)
			}
		}
		return all
	}
	write := func(c uint32, k, v int64) *checker.History {
		return at(txn(items(w(k, v))), c, uint64(c), uint64(100+c))
	}
	read := func(c uint32, x, y int64) *checker.History {
		return at(txn(items(r(1), r(2)), x, y), c, uint64(10*c), uint64(10*c+5))
	}
	var x checker.Checker
	m := Txn.Model
	good := x.Check(join(write(1, 1, 7), write(2, 2, 8), read(3, 7, 0), read(4, 7, 8)), m, checker.Options{Oracle: true})
	require.Equal(t, checker.Linearizable, good.Answer, good.Reason)
	// Each reader sees one write and not the other (a long fork).
	bad := x.Check(join(write(1, 1, 7), write(2, 2, 8), read(3, 7, 0), read(4, 0, 8)), m, checker.Options{Oracle: true})
	require.Equal(t, checker.NotLinearizable, bad.Answer)
	require.Contains(t, bad.Reason, "c4 txn get k1 = 0 [40,45]")
}

func TestFind(t *testing.T) {
	for _, m := range All() {
		found, err := Find(m.Name)
		require.NoError(t, err)
		require.Equal(t, m.Name, found.Name)
		require.NotEmpty(t, m.Doc, m.Name)
		require.Falsef(t, m.Step == nil && m.Space == nil, m.Name)
		for _, k := range m.Marks {
			require.Contains(t, m.Kinds, k, m.Name)
		}
	}
	_, err := Find("chess")
	require.EqualError(t, err, `there is no model "chess": there are register, kv, counter, list, text, queue, set, lock, bank, insert, txn, sessions, decree`)
}

func TestGuess(t *testing.T) {
	for _, c := range []struct {
		ops   []any
		keyed bool
		want  string
	}{
		{[]any{get(0, 0)}, false, "register"},
		{[]any{get(0, 0), put(0, 1)}, true, "kv"},
		{[]any{try(0, 1, 0)}, true, "kv"},
		{[]any{add(0, 1), get(0, 1)}, true, "counter"},
		{[]any{add(0, 1), transfer(1, 2, 3, 1)}, true, "bank"},
		{[]any{push(1), get(0, 1)}, true, "text"},
		{[]any{push(1), list(1)}, true, "list"},
		{[]any{insert(1, 1), get(0, 1)}, true, "insert"},
		{[]any{enq(1)}, true, "queue"},
		{[]any{contains(1, 0)}, true, "set"},
		{[]any{acquire(1)}, true, "lock"},
		{[]any{txn(items(r(1)), 0)}, true, "txn"},
		{[]any{open(1, 1), acquireFor(1, 1), get(0, 0)}, true, "sessions"},
		{[]any{propose(1, 1)}, false, "decree"},
		{[]any{push(1)}, true, "its operations (append) fit several models: choose list or text"},
		{[]any{enq(1), acquire(1)}, true, "no model knows all of its operations (enqueue, acquire)"},
	} {
		m, err := Guess(sequence(c.ops...), c.keyed)
		if err != nil {
			require.EqualError(t, err, c.want)
			continue
		}
		require.Equal(t, c.want, m.Name)
	}
}

// What a model cannot be asked about is refused before it is.
func TestRefuses(t *testing.T) {
	bare := func(k checker.OpKind) checker.Op { return one(k, 0, 0, 0, 0) }
	for _, c := range []struct {
		model Model
		ops   []any
		index int
		says  string
	}{
		{Queue, []any{enq(1), put(0, 1)}, 1, "put is no operation of the model queue, which has enqueue, dequeue"},
		{Lists, []any{bare(checker.List)}, 0, "list completed, and its result is missing"},
		{Set, []any{bare(checker.Elements)}, 0, "elements completed, and its result is missing"},
		{Bank, []any{bare(checker.Balances)}, 0, "balances completed, and its result is missing"},
		{Txn, []any{bare(checker.Txn)}, 0, "txn says nothing of what it does"},
		{Txn, []any{txn([]int64{checker.TxnRead, 1})}, 0, "the shape of a transaction"},
		{Txn, []any{txn(items(r(1)))}, 0, "the shape of a transaction"},
		{Txn, []any{txn(items(r(1)), 1, 2)}, 0, "the shape of a transaction"},
		{Txn, []any{txn(items(l(1)), 2, 1)}, 0, "the shape of a transaction"},
		{Txn, []any{txn(items(l(1)), -1)}, 0, "the shape of a transaction"},
		{Txn, []any{txn(items(l(1)), 1<<63-1)}, 0, "the shape of a transaction"},
		{Txn, []any{txn([]int64{9, 1, 1})}, 0, "the shape of a transaction"},
		{Txn, []any{txn(items(w(-1, 1)))}, 0, "the shape of a transaction"},
	} {
		i, err := c.model.Refuses(sequence(c.ops...))
		require.Equal(t, c.index, i)
		require.ErrorContains(t, err, c.says)
	}
	h := sequence(bare(checker.List))
	h.Ops[0].Ext = 9
	_, err := Lists.Refuses(h)
	require.ErrorContains(t, err, "refers to what is not in the history")
}

// Equal states have equal numbers, whatever way led to them, and are told in words.
func TestStatesAreCanonical(t *testing.T) {
	for _, c := range []struct {
		model Model
		x, y  []any
		says  string
	}{
		{Texts, []any{push(1), push(2)}, []any{put(0, 3)}, `"ab"`},
		{Queue, []any{enq(1), enq(2), deq(1)}, []any{enq(2)}, "[2]"},
		{Queue, []any{enq(1), deq(1)}, nil, "[]"},
		{Set, []any{include(1), include(2), include(3), exclude(3)}, []any{include(2), include(1)}, `["a" "b"]`},
		{Set, []any{include(1), exclude(1)}, nil, "[]"},
		{Bank, []any{add(1, 5), transfer(1, 2, 5, 1)}, []any{add(2, 5)}, "{k2:5} in all 5"},
		{Bank, []any{add(1, 5), add(1, -5)}, nil, "{} in all 0"},
		{Lock, []any{acquire(1), release(1, 1), acquire(4), release(4, 1)}, []any{acquire(4), release(4, 1)}, "free, tokens above 4"},
		{Lists, []any{push(7), push(8)}, []any{push(7), push(8), list(7, 8)}, "[7 8]"},
		{Txn, []any{txn(items(w(1, 6), a(2, 7)))}, []any{txn(items(a(2, 7))), txn(items(w(3, 9), w(1, 6), w(3, 0)))}, "{k1:6 k2:[7]}"},
	} {
		both := sequence(append(append([]any{}, c.x...), c.y...)...)
		s := c.model.Space(both)
		run := func(ops []checker.Op) (state int64) {
			for i := range ops {
				var ok bool
				state, ok = s.Step(state, &ops[i])
				require.True(t, ok)
			}
			return state
		}
		x := run(both.Ops[:len(c.x)])
		require.Equal(t, x, run(both.Ops[len(c.x):]), c.model.Name)
		if strings.Contains(c.says, `"a"`) || c.model.Name == "text" {
			require.Equal(t, c.says, s.Describe(x))
		} else {
			both.Texts = nil
			require.Equal(t, c.says, s.Describe(x))
		}
	}
}
