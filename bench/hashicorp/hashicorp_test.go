package hashicorp

import (
	"syscall"
	"testing"
)

// The figure is logged: commits in a second of cpu.
func TestCommits(t *testing.T) {
	var took int64
	const commands = 20_000
	err := Run(5, 64, commands, func(work func()) {
		from := cpu()
		work()
		took = cpu() - from
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("hashicorp/raft v1.8.0: %.0f commits/s of cpu", commands/float64(took)*1e9)
}

func cpu() int64 {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return u.Utime.Nano() + u.Stime.Nano()
}
