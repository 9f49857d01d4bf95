// Package legal holds what the determinism linter must let pass.
package legal

import (
	"errors"
	"fmt"
	"maps"
	"slices"
)

func maps1(m map[string]int) (out []string, sum int) {
	for _, k := range slices.Sorted(maps.Keys(m)) {
		out = append(out, k)
	}
	out = append(out, slices.Sorted(maps.Keys[map[string]int](m))...)
	//simrun:unordered a sum does not depend on order
	for _, v := range m {
		sum += v
	}
	for _, v := range m { //simrun:unordered a product does not depend on order
		sum *= v
	}
	maps.DeleteFunc(m, func(_ string, v int) bool { return v > 1 }) //simrun:unordered every pair is judged alone
	for i, v := range out {
		sum += i + len(v)
	}
	for i := range sum {
		sum -= i
	}
	delete(m, "a")
	clear(m)
	return out, sum + len(m)
}

type tree struct {
	value int
	kids  []tree
}

type named struct{ next *named }

func (n *named) String() string { return "named" }

func printing(t *tree, n *named, err error, m map[string]int, x any) {
	fmt.Println(t, *t, n, err, m, x)
	fmt.Println(fmt.Sprintf("%d%%", 3))
}

var (
	names   = [2]string{"a", "b"}
	table   [2]int
	errFull = errors.New("full")
)

func init() {
	table = [2]int{1, 2}
}

func reading(i int) (string, int, error) {
	local := names
	local[0] = "c"
	table := table
	table[1]++
	first := &names[0]
	return *first, table[i], errFull
}
