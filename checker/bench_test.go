//go:build unix

package checker

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/anishathalye/porcupine"
)

// long returns a history of 30 clients, 5% of whose operations have an unknown outcome.
// The log is full, or has a place for writes alone, or there is none.
func long(operations, keys int, log string) *History {
	return generate(rand.New(rand.NewPCG(7, uint64(operations))), KV, weather{
		operations: operations, clients: 30, keys: keys, unknown: 0.05, noReads: log == "writes", noLog: log == "none",
	})
}

// makeStale makes one read near the end return what had been replaced long before.
func makeStale(h *History) {
	for i := len(h.Ops) * 9 / 10; i < len(h.Ops); i++ {
		if o := &h.Ops[i]; o.Kind == Get && o.Outcome == OK {
			for j := i / 2; j < i; j++ {
				if p := &h.Ops[j]; p.Kind == Put && p.Outcome == OK && p.Key == o.Key {
					o.Out = p.Arg
					return
				}
			}
		}
	}
}

// BenchmarkCheck decides long histories, each time with a fresh checker. B/operation is what a fresh checker
// and the history need together.
func BenchmarkCheck(b *testing.B) {
	for _, c := range []struct {
		operations, keys int
		log              string
		stale            bool
		method           string
	}{
		{1_000_000, 1, "full", false, ByCertificate}, {1_000_000, 1, "full", true, ByUniqueValues},
		{1_000_000, 1, "writes", false, ByWriteOrder}, {1_000_000, 1, "writes", true, ByUniqueValues},
		{1_000_000, 1, "none", false, ByUniqueValues}, {1_000_000, 1, "none", true, ByUniqueValues},
		{100_000, 10, "full", false, ByCertificate}, {100_000, 10, "full", true, ByUniqueValues},
		{100_000, 10, "writes", false, ByWriteOrder}, {100_000, 10, "writes", true, ByUniqueValues},
		{100_000, 10, "none", false, ByUniqueValues}, {100_000, 10, "none", true, ByUniqueValues},
	} {
		name := fmt.Sprintf("operations=%d/keys=%d/log=%s/stale=%v", c.operations, c.keys, c.log, c.stale)
		b.Run(name, func(b *testing.B) {
			h := long(c.operations, c.keys, c.log)
			want := Linearizable
			if c.stale {
				makeStale(h)
				want = NotLinearizable
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			var k Checker
			r := k.Check(h, KV, Options{})
			runtime.ReadMemStats(&after)
			began := cpu()
			for b.Loop() {
				k = Checker{}
				if r = k.Check(h, KV, Options{}); r.Answer != want || r.Method != c.method {
					b.Fatal(r.Answer, r.Method, r.Reason)
				}
			}
			b.ReportMetric(float64(cpu()-began)/float64(b.N)/1e6, "cpu-ms/op")
			held := after.TotalAlloc - before.TotalAlloc + uint64(len(h.Ops))*uint64(unsafe.Sizeof(Op{}))
			b.ReportMetric(float64(held)/float64(len(h.Ops)), "B/operation")
		})
	}
}

// cpu returns the nanoseconds of cpu this process has used, which do not depend on what else the machine does.
func cpu() int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return u.Utime.Nano() + u.Stime.Nano()
}

// BenchmarkPorcupine has porcupine beside the layers, on histories of few clients, which it can get through.
func BenchmarkPorcupine(b *testing.B) {
	for _, operations := range []int{100, 1000, 10_000, 30_000} {
		for _, unknown := range []float64{0, 0.05} {
			h := generate(rand.New(rand.NewPCG(7, uint64(operations))), KV, weather{operations: operations, clients: 4, keys: 1, unknown: unknown, noLog: true})
			var k keys
			k.index(h.Ops, true)
			k.split(h.Ops)
			part := operationsOf(h, &k)
			name := fmt.Sprintf("operations=%d/unknown=%v", operations, unknown)
			b.Run(name+"/porcupine", func(b *testing.B) {
				for b.Loop() {
					if r := porcupine.CheckOperationsTimeout(KV.Porcupine(h), part, 5*time.Second); r != porcupine.Ok {
						b.Skipf("%v after 5s", r)
					}
				}
			})
			for _, m := range []Model{KV, plain} {
				b.Run(name+"/"+m.Name, func(b *testing.B) {
					var c Checker
					for b.Loop() {
						if r := c.Check(h, m, Options{}); r.Answer != Linearizable {
							b.Skip(r.Reason)
						}
					}
				})
			}
		}
	}
}

func operationsOf(h *History, k *keys) []porcupine.Operation {
	return operations(pick(h.Ops, k.part(0)))
}
