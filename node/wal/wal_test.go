package wal

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// memory is a disk with one file.
type memory struct{ b []byte }

func (m *memory) Append(_ string, b []byte)     { m.b = append(m.b, b...) }
func (m *memory) Replace(_ string, b []byte)    { m.b = bytes.Clone(b) }
func (m *memory) Truncate(_ string, n int)      { m.b = m.b[:n] }
func (m *memory) Read(_ string) ([]byte, error) { return bytes.Clone(m.b), nil }

// open opens the log and returns what was in it, as "seq:payload".
func open(t testing.TB, m *memory) (Log, []string, Report, error) {
	t.Helper()
	var got []string
	l, report, err := Open(m, "log", func(r Record) { got = append(got, fmt.Sprintf("%d:%s", r.Seq, r.Payload)) })
	return l, got, report, err
}

// filled returns a disk with n records "a", "b", ..., of which the log knew synced to be durable when it wrote the rest; and where each
// record begins.
func filled(n int, synced uint64) (*memory, []int) {
	m := &memory{}
	l, _, _ := Open(m, "log", func(Record) {})
	var starts []int
	for i := range n {
		starts = append(starts, len(m.b))
		l.Append(m, 1, []byte{byte('a' + i)})
		if uint64(i+1) == synced {
			l.Synced(synced)
		}
	}
	return m, append(starts, len(m.b))
}

func TestOpen(t *testing.T) {
	for _, c := range []struct {
		name    string
		n       int
		synced  uint64
		damage  func(b []byte, at []int) []byte
		want    []string
		damaged Damage
		first   uint64 // missing
		last    uint64
	}{
		{name: "empty"},
		{name: "clean", n: 3, want: []string{"1:a", "2:b", "3:c"}},
		{name: "torn", n: 3, damage: func(b []byte, at []int) []byte { return b[:at[3]-1] }, want: []string{"1:a", "2:b"}, damaged: Tail},
		{name: "torn in the header", n: 3, damage: func(b []byte, at []int) []byte { return b[:at[2]+3] }, want: []string{"1:a", "2:b"}, damaged: Tail},
		{name: "torn, rest reads as zeros", n: 3, damage: func(b []byte, at []int) []byte { clear(b[at[2]+5:]); return b }, want: []string{"1:a", "2:b"}, damaged: Tail},
		{name: "zeros at the end", n: 2, damage: func(b []byte, at []int) []byte { return append(b, make([]byte, 100)...) }, want: []string{"1:a", "2:b"}, damaged: Tail},
		{name: "only zeros", damage: func([]byte, []int) []byte { return make([]byte, 100) }, damaged: Tail},
		{
			name: "hole in what was never synced", n: 4,
			damage: func(b []byte, at []int) []byte { clear(b[at[1]:at[2]]); return b },
			want:   []string{"1:a"}, damaged: Tail,
		},
		{
			name: "hole behind what was synced", n: 4, synced: 1,
			damage: func(b []byte, at []int) []byte { clear(b[at[1]:at[2]]); return b },
			want:   []string{"1:a"}, damaged: Tail,
		},
		{
			name: "damage in what was synced", n: 4, synced: 2,
			damage: func(b []byte, at []int) []byte { b[at[1]+10] ^= 1; return b },
			want:   []string{"1:a", "3:c", "4:d"}, damaged: Corrupt, first: 2, last: 2,
		},
		{
			name: "two damaged records", n: 5, synced: 3,
			damage: func(b []byte, at []int) []byte { b[at[1]] ^= 1; b[at[2]] ^= 1; return b },
			want:   []string{"1:a", "4:d", "5:e"}, damaged: Corrupt, first: 2, last: 3,
		},
		{
			name: "first record damaged", n: 3, synced: 1,
			damage: func(b []byte, at []int) []byte { b[0] ^= 1; return b },
			want:   []string{"2:b", "3:c"}, damaged: Corrupt, first: 1, last: 1,
		},
		{
			name: "last synced batch, of which no later record tells", n: 3, synced: 3,
			damage: func(b []byte, at []int) []byte { b[at[2]] ^= 1; return b },
			want:   []string{"1:a", "2:b"}, damaged: Tail,
		},
		{
			name: "record twice", n: 3,
			damage: func(b []byte, at []int) []byte { return slices.Insert(b, at[2], b[at[1]:at[2]]...) },
			want:   []string{"1:a", "2:b"}, damaged: Tail,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, starts := filled(c.n, c.synced)
			if c.damage != nil {
				m.b = c.damage(m.b, starts)
			}
			before := len(m.b)
			_, got, report, err := open(t, m)
			require.Equal(t, c.want, got)
			require.Equal(t, c.damaged, report.Damage, "%v", report)
			require.Equal(t, c.damaged == Corrupt, err != nil)
			require.Equal(t, c.first, report.First)
			require.Equal(t, c.last, report.Last)
			require.Equal(t, len(c.want), report.Records)
			if c.damaged == Corrupt {
				require.Len(t, m.b, before, "a corrupt log is left alone")
				return
			}
			_, again, report, err := open(t, m)
			require.NoError(t, err)
			require.Equal(t, Clean, report.Damage, "the tail is gone")
			require.Equal(t, got, again)
		})
	}
}

// A record belongs to its file.
func TestFileName(t *testing.T) {
	m, _ := filled(2, 0)
	_, report, err := Open(m, "other", func(Record) { t.Error("a record of another file") })
	require.NoError(t, err)
	require.Equal(t, Tail, report.Damage)
}

// After a rewrite sequence numbers go on, and the log opens clean.
func TestRewrite(t *testing.T) {
	m, _ := filled(5, 4)
	l, _, _, err := open(t, m)
	require.NoError(t, err)
	l.Rewriting()
	l.Add(2, []byte("x"))
	l.Add(2, []byte("y"))
	l.Replace(m)
	require.Equal(t, uint64(8), l.Append(m, 1, []byte("z")))
	_, got, report, err := open(t, m)
	require.NoError(t, err)
	require.Equal(t, Clean, report.Damage)
	require.Equal(t, []string{"6:x", "7:y", "8:z"}, got)
}

// What is appended can be scanned by itself, from any record on.
func TestScanFromTheMiddle(t *testing.T) {
	m, starts := filled(4, 2)
	var got []string
	report := Scan("log", m.b[starts[2]:], func(r Record) { got = append(got, string(r.Payload)) })
	require.Equal(t, Clean, report.Damage)
	require.Equal(t, []string{"c", "d"}, got)
}

// Whatever a crash does to bytes that were not synced, what is recovered is a prefix of what was written, and includes all
// that was synced.
func TestCrash(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &memory{}
		l, _, _ := Open(m, "log", func(Record) {})
		var want []string
		syncedRecords, syncedBytes := 0, 0
		for range rapid.IntRange(1, 12).Draw(t, "records") {
			payload := rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "payload")
			l.Append(m, 1, payload)
			want = append(want, string(payload))
			if rapid.Bool().Draw(t, "sync") {
				syncedRecords, syncedBytes = len(want), len(m.b)
				if rapid.Bool().Draw(t, "known") {
					l.Synced(l.Last())
				}
			}
		}
		m.b = m.b[:rapid.IntRange(syncedBytes, len(m.b)).Draw(t, "length")]
		for range rapid.IntRange(0, 2).Draw(t, "holes") {
			if syncedBytes < len(m.b) {
				from := rapid.IntRange(syncedBytes, len(m.b)-1).Draw(t, "from")
				clear(m.b[from:rapid.IntRange(from, len(m.b)).Draw(t, "to")])
			}
		}
		var got []string
		_, report, err := Open(m, "log", func(r Record) { got = append(got, string(r.Payload)) })
		require.NoError(t, err, "%v", report)
		require.GreaterOrEqual(t, len(got), syncedRecords)
		require.Equal(t, want[:len(got)], append([]string{}, got...))
	})
}

// A flipped bit in what the log knew to be synced, when it wrote something later, is corruption and never a shorter log.
func TestBitRot(t *testing.T) {
	m, starts := filled(6, 4)
	for bit := range 8 * starts[4] {
		rotten := &memory{b: bytes.Clone(m.b)}
		rotten.b[bit/8] ^= 1 << (bit % 8)
		_, got, report, err := open(t, rotten)
		require.ErrorIs(t, err, ErrCorrupt, "bit %d: %v", bit, report)
		require.Len(t, got, 5, "bit %d: every other record is still there", bit)
	}
}

// A record that is begun and appended to is the record that a payload makes, in the log and in an image.
func TestBegin(t *testing.T) {
	copied, begun := &memory{}, &memory{}
	a, _, _ := Open(copied, "log", func(Record) {})
	b, _, _ := Open(begun, "log", func(Record) {})
	payload := bytes.Repeat([]byte("payload"), 30)
	for range 2 {
		for n := range 3 {
			require.Equal(t, a.Append(copied, 7, payload[n:]), b.Commit(begun, append(b.Begin(7), payload[n:]...)))
		}
		require.Equal(t, copied.b, begun.b)
		a.Rewriting()
		b.Rewriting()
		for n := range 3 {
			a.Add(8, payload[n:])
			b.AddBegun(append(b.Begin(8), payload[n:]...))
		}
		a.Replace(copied)
		b.Replace(begun)
		require.Equal(t, copied.b, begun.b)
	}
	report := Scan("log", begun.b, func(Record) {})
	require.Equal(t, Report{Records: 3, Intact: len(begun.b)}, report)
}

// What could not be read back is not written.
func TestTooLongAPayload(t *testing.T) {
	longest = 8
	t.Cleanup(func() { longest = MaxPayload })
	m := &memory{}
	l, _, _ := Open(m, "log", func(Record) {})
	l.Append(m, 1, make([]byte, 8))
	before := bytes.Clone(m.b)
	const complaint = "wal: a payload of 9 bytes, and at most 8 can be read back"
	require.PanicsWithValue(t, complaint, func() { l.Append(m, 1, make([]byte, 9)) })
	l.Rewriting()
	l.Add(1, make([]byte, 8))
	require.PanicsWithValue(t, complaint, func() { l.Add(1, make([]byte, 9)) })
	require.Equal(t, before, m.b)
}

func TestAppendDoesNotAllocate(t *testing.T) {
	m := &memory{b: make([]byte, 0, 1<<20)}
	l, _, _ := Open(m, "log", func(Record) {})
	payload := make([]byte, 100)
	l.Append(m, 1, payload)
	require.Zero(t, testing.AllocsPerRun(100, func() { l.Append(m, 1, payload) }))
}

func FuzzScan(f *testing.F) {
	m, _ := filled(3, 2)
	f.Add(m.b)
	f.Add(m.b[:len(m.b)-2])
	f.Fuzz(func(t *testing.T, b []byte) {
		last, n := uint64(0), 0
		report := Scan("log", b, func(r Record) {
			if r.Seq <= last && n > 0 || r.Kind == 0 {
				t.Fatalf("record %d after %d", r.Seq, last)
			}
			last = r.Seq
			n++
		})
		if report.Records != n || report.Intact+report.Dropped != len(b) {
			t.Fatalf("%+v", report)
		}
	})
}

// Damage in an image that was put on the disk in one step is corruption, wherever it is, unless nothing at all is left of it: no crash leaves a part
// of it. Behind the image, what was never known to be synced may still be a tail.
func TestDamagedImage(t *testing.T) {
	d := &memory{}
	l, _, err := Open(d, "log", func(Record) {})
	require.NoError(t, err)
	l.Rewriting()
	for range 3 {
		l.Add(1, []byte("payload"))
	}
	l.Replace(d)
	image := len(d.b)
	l.Append(d, 1, []byte("later"))
	record := image / 3
	for at := range d.b {
		b := slices.Clone(d.b)
		b[at] ^= 4
		report := Scan("log", b, func(Record) {})
		if at < image {
			require.Equal(t, Report{Damage: Corrupt, Records: 3, Intact: at / record * record, Dropped: len(b) - at/record*record, First: uint64(at/record) + 1, Last: uint64(at/record) + 1},
				report, "byte %d", at)
		} else {
			require.Equal(t, Tail, report.Damage, "byte %d", at)
		}
	}
	require.Equal(t, Report{Damage: Corrupt, Records: 2, Intact: 2 * record, Dropped: 5, First: 3, Last: 3}, Scan("log", d.b[:2*record+5], func(Record) {}))
}
