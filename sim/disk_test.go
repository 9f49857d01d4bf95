package sim

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var always = DiskFaults{Lose: 1_000_000}

func (d *disk) contents(name string) []byte { return d.open(name).last().bytes }

func (d *disk) durableBytes(name string) []byte {
	f := d.open(name)
	return f.images[0].bytes[:f.durable]
}

// told is what became durable in a file.
type told struct {
	file     string
	appended []byte
	rewrote  bool
}

// commit makes all operations up to the given number durable and reports what changed.
func (d *disk) commit(upTo uint64, each func(told)) {
	for more := true; more; {
		var f *file
		var from int
		switch f, from, more = d.commitNext(upTo); {
		case f == nil:
		case from == rewrote:
			each(told{file: f.name, rewrote: true})
		default:
			each(told{file: f.name, appended: f.images[0].bytes[from:f.durable]})
		}
	}
}

// A group commit covers what was issued when it began, and nothing later.
func TestCommitCoversWhatWasIssued(t *testing.T) {
	var d disk
	d.append("log", []byte("one"))
	upTo := d.issued
	d.append("log", []byte("two"))
	var changes []told
	d.commit(upTo, func(c told) { changes = append(changes, c) })
	require.Equal(t, []told{{file: "log", appended: []byte("one")}}, changes)
	require.Equal(t, "one", string(d.durableBytes("log")))
	require.Equal(t, "onetwo", string(d.contents("log")), "the replica sees its own writes")

	changes = nil
	d.commit(d.issued, func(c told) { changes = append(changes, c) })
	require.Equal(t, []told{{file: "log", appended: []byte("two")}}, changes, "only what is new")
}

// Replace is all or nothing, and reported as a rewrite.
func TestReplace(t *testing.T) {
	for crash := range uint64(50) {
		var d disk
		d.append("log", []byte("old"))
		d.commit(d.issued, func(told) {})
		d.replace("log", []byte("new contents"))
		d.crash(DiskFaults{Lose: 1_000_000, Tear: 1_000_000, Hole: 1_000_000}, crash)
		require.Contains(t, []string{"old", "new contents"}, string(d.contents("log")))
	}
	var d disk
	d.append("log", []byte("old"))
	d.replace("log", []byte("new"))
	d.append("log", []byte("er"))
	var changes []told
	d.commit(d.issued, func(c told) { changes = append(changes, c) })
	require.Equal(t, []told{{file: "log", appended: []byte("old")}, {file: "log", rewrote: true}}, changes, "in passing, the old contents were durable")
	require.Equal(t, "newer", string(d.durableBytes("log")))
}

// What became durable is told in the order in which it was written, also if that was to several files.
func TestCommitOrder(t *testing.T) {
	var d disk
	d.append("vow", []byte("1"))
	d.append("log", []byte("2"))
	d.append("log", []byte("3"))
	d.replace("vow", []byte("4"))
	d.append("log", []byte("5"))
	d.append("idle", nil)
	upTo := d.issued
	d.append("log", []byte("6"))
	var lines []string
	note := func(c told) { lines = append(lines, c.file+" "+string(c.appended)+string(d.durableBytes("vow"))) }
	d.commit(upTo, note)
	require.Equal(t, []string{"vow 11", "log 231", "vow 4", "log 54", "idle 4"}, lines)
	lines = nil
	d.commit(d.issued, note)
	require.Equal(t, []string{"log 64"}, lines)
}

// Truncate survives a crash like any other operation, or does not: then the bytes it cut off are back.
func TestTruncate(t *testing.T) {
	seen := map[string]bool{}
	for crash := range uint64(50) {
		var d disk
		d.append("log", []byte("abcdef"))
		d.commit(d.issued, func(told) {})
		require.False(t, d.truncate("log", 6), "nothing to cut off")
		require.True(t, d.truncate("log", 2))
		d.append("log", []byte("XY"))
		d.crash(always, crash)
		seen[string(d.contents("log"))] = true
	}
	require.Equal(t, map[string]bool{"abcdef": true, "ab": true, "abXY": true}, seen)
}

// Every outcome of a crash that the contract allows is reached, and no other.
func TestCrashOutcomes(t *testing.T) {
	outcomes := func(f DiskFaults) map[string]bool {
		seen := map[string]bool{}
		for crash := range uint64(500) {
			var d disk
			d.append("log", []byte("D"))
			d.commit(d.issued, func(told) {})
			d.append("log", []byte("ab"))
			d.append("log", []byte("cd"))
			d.crash(f, crash)
			require.Equal(t, d.issued, d.durable)
			seen[string(d.contents("log"))] = true
		}
		return seen
	}
	require.Equal(t, map[string]bool{"Dabcd": true}, outcomes(DiskFaults{}))
	require.Equal(t, map[string]bool{"D": true, "Dab": true, "Dabcd": true}, outcomes(always))
	require.Equal(t, map[string]bool{"Da": true, "Dabc": true, "Dabcd": true}, outcomes(DiskFaults{Lose: 1_000_000, Tear: 1_000_000}))
	holed := map[string]bool{} // every stretch of zeros
	for from := range 4 {
		for to := from + 1; to <= 4; to++ {
			holed["Dabcd"[:1+from]+"\x00\x00\x00\x00"[:to-from]+"Dabcd"[1+to:]] = true
		}
	}
	require.Equal(t, holed, outcomes(DiskFaults{Hole: 1_000_000}))
}

// Whatever happens, a crash leaves every file with a prefix of its operations that includes all durable ones.
func TestCrashKeepsWhatIsDurable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var d disk
		if rapid.Bool().Draw(t, "used before") {
			d.append("log", []byte("stale"))
			d.replace("other", []byte("stale"))
			d.reset()
		}
		states := [][]byte{nil} // that a crash may leave, the durable one first
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			now := bytes.Clone(states[len(states)-1])
			switch rapid.IntRange(0, 5).Draw(t, "step") {
			case 0, 1:
				b := rapid.SliceOfN(rapid.Byte(), 1, 8).Draw(t, "bytes")
				d.append("log", b)
				states = append(states, append(now, b...))
			case 2:
				b := rapid.SliceOfN(rapid.Byte(), 0, 8).Draw(t, "bytes")
				d.replace("log", b)
				states = append(states, bytes.Clone(b))
			case 3:
				n := rapid.IntRange(0, 12).Draw(t, "size")
				if d.truncate("log", n) {
					states = append(states, now[:n])
				}
			case 4:
				cut := rapid.IntRange(0, len(states)-1).Draw(t, "covered")
				d.commit(d.durable+uint64(cut), func(told) {})
				states = states[cut:]
			case 5:
				d.crash(always, rapid.Uint64().Draw(t, "crash"))
				after := bytes.Clone(d.contents("log"))
				ok := false
				for _, s := range states {
					ok = ok || bytes.Equal(s, after)
				}
				require.True(t, ok, "%q is none of %q", after, states)
				states = [][]byte{after}
			}
			require.Equal(t, string(states[len(states)-1]), string(d.contents("log")))
			require.Equal(t, string(states[0]), string(d.durableBytes("log")))
		}
	})
}

// Of what was appended and not yet durable any set of sectors may be missing.
func TestMissingSectors(t *testing.T) {
	seen := map[string]bool{}
	for crash := range uint64(500) {
		var d disk
		d.append("log", bytes.Repeat([]byte("D"), sector/2))
		d.commit(d.issued, func(told) {})
		d.append("log", bytes.Repeat([]byte("x"), 2*sector)) // in three sectors
		d.crash(DiskFaults{Hole: 1_000_000}, crash)
		b := d.contents("log")
		require.Equal(t, strings.Repeat("D", sector/2), string(b[:sector/2]))
		require.Contains(t, string(b), "\x00")
		shape := ""
		for _, part := range [][]byte{b[sector/2 : sector], b[sector : 2*sector], b[2*sector:]} {
			switch zeros := bytes.Count(part, []byte{0}); zeros {
			case 0:
				shape += "x"
			case len(part):
				shape += "-"
			default:
				shape += "?"
			}
		}
		seen[shape] = true
	}
	for _, shape := range []string{"-xx", "x-x", "xx-", "--x", "-x-", "x--", "---"} {
		require.True(t, seen[shape], "%s of %v", shape, seen)
	}
}

// What is lost is counted as people count.
func TestLossInWords(t *testing.T) {
	require.Equal(t, "nothing on disk lost", loss{}.String())
	require.Equal(t, "1 unsynced write lost, 0 torn, 0 with a hole", loss{lost: 1}.String())
	require.Equal(t, "2 unsynced writes lost, 1 torn, 0 with a hole", loss{lost: 2, torn: 1}.String())
}
