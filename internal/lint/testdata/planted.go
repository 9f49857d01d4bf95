// Package planted holds one of everything that the determinism linter must find.
package planted

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2" // want imports math/rand/v2
	"os"           // want imports os
	"slices"
	"strconv"
	"sync"   // want imports sync
	"time"   // want imports time
	"unsafe" // want imports unsafe
)

func concurrency() {
	go concurrency()            // want starts a goroutine
	done := make(chan struct{}) // want uses a channel
	close(done)                 // want uses a channel
	select {                    // want select chooses
	case <-done: // want uses a channel
	default:
	}
	var mu sync.Mutex
	mu.Lock()
	<-time.After(time.Duration(rand.Int64()) + time.Since(time.Now())) // want uses a channel
	os.Exit(1)
}

type table map[string]int

type keyed interface{ ~map[string]int }

func order[M keyed, N map[string]int](m map[string]int, n table, o M, p N) (out []string) {
	for k := range m { // want iterates over a map
		out = append(out, k)
	}
	for range n { // want iterates over a map
	}
	for range o { // want iterates over a map
	}
	for range p { // want iterates over a map
	}
	for k := range maps.Keys(m) { // want maps.Keys goes through
		out = append(out, k)
	}
	keys := maps.Keys[map[string]int] // want maps.Keys goes through
	out = slices.Sorted(keys(m))
	_ = slices.Collect(maps.Values(m))                                     // want maps.Values goes through
	_ = slices.SortedFunc(maps.Values(m), func(a, b int) int { return 0 }) // want maps.Values goes through
	maps.DeleteFunc(m, func(k string, _ int) bool {                        // want maps.DeleteFunc goes through
		out = append(out, k)
		return false
	})
	//simrun:unordered because // want needs a reason
	for range m {
	}
	//simrun:unordered nothing here needs this // want that nothing needs
	return out
}

type point struct {
	x float32 // want uses floating point
}

func floats(n int, p point) {
	x := 1.5                                // want uses floating point
	y := math.Sqrt(2)                       // want uses floating point
	z, _ := strconv.ParseFloat("3", 64)     // want uses floating point
	p.x++                                   // want uses floating point
	fmt.Println(x+y > z, complex(1, 0))     // want uses floating point
	const whole uint64 = 1e9                // want uses floating point
	fmt.Println(uint64(math.Inf(1)), whole) // want uses floating point
}

type held struct{ next *held }

func addresses(p *int, h held, x any) {
	fmt.Println(p)           // want prints an address
	fmt.Println([]any{h}, h) // want prints an address
	fmt.Printf("%v", &h)     // want prints an address
	_ = fmt.Sprint(floats)   // want prints an address
	fmt.Printf("%p", x)      // want prints an address
	_ = unsafe.Pointer(p)    // want uses addresses
}

var (
	counter int
	names   = [2]string{"a", "b"}
	best    held
	clock   ticker
	nearest = new(held)
	alarm   = &clock
)

type ticker int

func (t *ticker) tick() { *t++ }

func shared(m map[int]int) {
	counter++               // want may write counter
	names[1] = "c"          // want may write names
	best.next = nil         // want may write best
	_, best = 1, held{}     // want may write best
	(counter) = 2           // want may write counter
	*nearest = held{}       // want may write nearest
	alarm.tick()            // want may write alarm
	clock.tick()            // want may write clock
	time.Local = nil        // want may write Local
	for counter = range 3 { // want may write counter
	}
}

func init() {
	later = func() {
		counter++ // want may write counter
	}
}

var later func()
