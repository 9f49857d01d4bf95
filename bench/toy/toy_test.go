package toy

import (
	"runtime"
	"syscall"
	"testing"
	"testing/synctest"

	"simrun/scenarios/speed"
)

func cpu() int64 {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return u.Utime.Nano() + u.Stime.Nano()
}

// The simulator carries more messages of the same protocol in a second of cpu than goroutines in a bubble of testing/synctest do, although it
// also keeps a history and a hash. The figures are logged.
func TestBesideSynctest(t *testing.T) {
	l := speed.Saturated(5, 10, 1)
	r := speed.Begin(Scenario(), l)
	r.Run(50_000)
	c := r.Measure(500_000)
	ours := c.Rate(c.Messages)

	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	var theirs float64
	synctest.Test(t, func(*testing.T) {
		from := cpu()
		messages := Goroutines(5, 10, 20_000)
		theirs = float64(messages) / float64(cpu()-from) * 1e9
	})
	t.Logf("toy: %.0f messages/s of cpu in the simulator, %.0f with synctest (%s), ratio %.1f", ours, theirs, runtime.Version(), ours/theirs)
	if ours < theirs {
		t.Fail()
	}
}
