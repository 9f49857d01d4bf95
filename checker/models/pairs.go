package models

import (
	"math/bits"

	"simrun/checker"
)

// pairs numbers pairs of numbers from 1, equal ones equally (hash-consing: Ershov, 1958; Goto, 1974). Larger things are pairs of pairs, and
// 0 is nothing. Numbers are never given up, and depend on nothing but the order of the calls.
type pairs struct {
	numbers map[pair]int64
	pairs   []pair // pairs[n-1] has number n
}

type pair struct{ a, b int64 }

func newPairs() pairs { return pairs{numbers: map[pair]int64{}} }

// number returns the number of a pair.
func (p *pairs) number(a, b int64) int64 {
	n, known := p.numbers[pair{a, b}]
	if !known {
		p.pairs = append(p.pairs, pair{a, b})
		n = int64(len(p.pairs))
		p.numbers[pair{a, b}] = n
	}
	return n
}

// split returns the pair of a number; of 0, it is (0, 0).
func (p *pairs) split(n int64) (a, b int64) {
	if n == 0 {
		return 0, 0
	}
	return p.pairs[n-1].a, p.pairs[n-1].b
}

// A list is 0 if it is empty, and else the pair of the list without its last element, and the element.

// elements returns the elements of a list.
func (p *pairs) elements(list int64) []int64 {
	var out []int64
	for list != 0 {
		var e int64
		list, e = p.split(list)
		out = append(out, e)
	}
	for i, j := 0, len(out)-1; i < j; i, j = i+1, j-1 {
		out[i], out[j] = out[j], out[i]
	}
	return out
}

// listOf returns the list of elements.
func (p *pairs) listOf(elements []int64) int64 {
	list := int64(0)
	for _, e := range elements {
		list = p.number(list, e)
	}
	return list
}

// table is maps from a fixed set of keys to numbers that are not 0, as binary tries over the place of a key: a trie is the
// pair of its halves, and one in which nothing is set is 0. So equal maps are equal tries, and a change makes one pair a level.
type table struct {
	pairs  *pairs
	place  map[int64]uint64
	keys   []int64 // by place
	levels int
}

// newTable makes a table for keys, which may come several times.
func newTable(p *pairs, keys []int64) table {
	t := table{pairs: p, place: map[int64]uint64{}}
	for _, k := range keys {
		if _, known := t.place[k]; !known {
			t.place[k] = uint64(len(t.keys))
			t.keys = append(t.keys, k)
		}
	}
	t.levels = bits.Len64(uint64(max(len(t.keys), 1) - 1))
	return t
}

// get returns what a key has in a map, and 0 if nothing.
func (t *table) get(root, key int64) int64 {
	at, known := t.place[key]
	if !known {
		return 0
	}
	for level := t.levels - 1; level >= 0 && root != 0; level-- {
		left, right := t.pairs.split(root)
		if at>>uint(level)&1 == 0 {
			root = left
		} else {
			root = right
		}
	}
	return root
}

// set returns the map with another value for a key, which must be one of the table's.
func (t *table) set(root, key, value int64) int64 {
	return t.setAt(root, t.place[key], value, t.levels-1)
}

func (t *table) setAt(root int64, at uint64, value int64, level int) int64 {
	if level < 0 {
		return value
	}
	left, right := t.pairs.split(root)
	if at>>uint(level)&1 == 0 {
		left = t.setAt(left, at, value, level-1)
	} else {
		right = t.setAt(right, at, value, level-1)
	}
	if left == 0 && right == 0 {
		return 0
	}
	return t.pairs.number(left, right)
}

// each calls f for what is in a map, in the order in which keys were given to newTable.
func (t *table) each(root int64, f func(key, value int64)) { t.eachAt(root, 0, t.levels-1, f) }

func (t *table) eachAt(root int64, at uint64, level int, f func(key, value int64)) {
	switch {
	case root == 0:
	case level < 0:
		f(t.keys[at], root)
	default:
		left, right := t.pairs.split(root)
		t.eachAt(left, at, level-1, f)
		t.eachAt(right, at|1<<uint(level), level-1, f)
	}
}

// results remembers what the lists that operations returned are, as numbers of one space, by their place in the history.
type results struct{ known []int64 }

// of returns the number of an operation's result, and makes it if it is asked for the first time.
func (r *results) of(h *checker.History, o *checker.Op, number func(out []int64) int64) int64 {
	if r.known == nil {
		r.known = make([]int64, len(h.Ext))
		for i := range r.known {
			r.known[i] = -1
		}
	}
	n := &r.known[o.Ext-1]
	if *n < 0 {
		*n = number(h.Ext[o.Ext-1].Out)
	}
	return *n
}
