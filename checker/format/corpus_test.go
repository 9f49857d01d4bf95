package format

import (
	"cmp"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/stretchr/testify/require"

	"simrun/checker"
	"simrun/checker/models"
)

// recorded is where the recorded histories that porcupine is tested with are: where HISTORIES says, or beside the checkout.
var recorded = cmp.Or(os.Getenv("HISTORIES"), "../../../shared/histories")

// linearizableLogs are those of etcd's logs that porcupine's own tests expect to be linearizable.
var linearizableLogs = map[string]bool{
	"002": true, "005": true, "007": true, "018": true, "025": true, "031": true, "038": true, "045": true, "048": true, "049": true,
	"051": true, "053": true, "056": true, "067": true, "075": true, "076": true, "080": true, "087": true, "092": true, "098": true,
	"100": true, "101": true, "102": true,
}

// files lists recorded histories: all, or where they are not at hand, a few.
func files(t *testing.T, pattern string) []string {
	found, err := filepath.Glob(filepath.Join(recorded, "porcupine", pattern))
	require.NoError(t, err)
	if len(found) == 0 {
		t.Logf("%s is not here: only what is in testdata is read", recorded)
		found, err = filepath.Glob(filepath.Join("testdata", filepath.Base(pattern)))
		require.NoError(t, err)
	}
	require.NotEmpty(t, found)
	return found
}

func read(t *testing.T, file string) (*Recording, error) {
	f, err := os.Open(file)
	require.NoError(t, err)
	defer f.Close()
	return Read(t.Context(), f, Options{})
}

// Every recorded history is decided, as porcupine decides it with models of its own and as its authors expect.
func TestRecordedLogs(t *testing.T) {
	for _, file := range files(t, "jepsen/*.log") {
		number := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(file), "etcd_"), ".log")
		r, err := read(t, file)
		if number == "095" {
			require.EqualError(t, err, "there are no operations in it")
			continue
		}
		require.NoError(t, err, file)
		require.Equal(t, Log, r.Format)
		m, err := models.Guess(&r.History, r.Keyed)
		require.NoError(t, err)
		require.Equal(t, "register", m.Name)
		agree(t, file, r, m, linearizableLogs[number])
	}
}

func TestRecordedStores(t *testing.T) {
	for _, file := range files(t, "kv/*.txt") {
		if testing.Short() && strings.Contains(file, "c50") {
			continue
		}
		r, err := read(t, file)
		require.NoError(t, err, file)
		require.Equal(t, EDN, r.Format)
		require.Empty(t, r.Keys, "they are numbers")
		m, err := models.Guess(&r.History, r.Keyed)
		require.NoError(t, err)
		require.Equal(t, "text", m.Name)
		agree(t, file, r, m, strings.HasSuffix(file, "-ok.txt"))
	}
}

// agree checks that three decide as expected: the checker, porcupine with the same model, and porcupine with a model of its own.
func agree(t *testing.T, file string, r *Recording, m models.Model, want bool) {
	i, err := m.Refuses(&r.History)
	require.NoError(t, err, "%s: line %d", file, i)
	var c checker.Checker
	began := time.Now()
	got := c.Check(&r.History, m.For(&r.History), checker.Options{Oracle: true})
	if want {
		require.Equal(t, checker.Linearizable, got.Answer, "%s: %s", file, got.Reason)
	} else {
		require.Equal(t, checker.NotLinearizable, got.Answer, "%s: %s", file, got.Reason)
		require.NotEmpty(t, got.Witness)
		require.NotEmpty(t, got.Reason)
	}
	took := time.Since(began)
	t.Logf("%s: %d operations, %d configurations, %v, witness of %d", filepath.Base(file), got.Operations, got.Configurations, took, len(got.Witness))
	own := plainRegister
	if m.Name == "text" {
		own = plainTexts(&r.History)
	}
	requirePorcupine(t, want, r, m.Porcupine(&r.History), file)
	requirePorcupine(t, want, r, own, file)
}

// requirePorcupine lets porcupine decide, key by key. With 50 clients it does not get through some of the keys.
func requirePorcupine(t *testing.T, want bool, r *Recording, m porcupine.Model, file string) {
	parts := map[uint32][]porcupine.Operation{}
	for i := range r.History.Ops {
		o := &r.History.Ops[i]
		if o.Outcome == checker.Fail {
			continue
		}
		end := int64(math.MaxInt64)
		if o.Return != checker.Never {
			end = int64(o.Return)
		}
		parts[o.Key] = append(parts[o.Key], porcupine.Operation{ClientId: int(o.Client), Input: o, Call: int64(o.Call), Return: end})
	}
	patience := time.Minute
	if strings.Contains(file, "c50") {
		patience = time.Second / 2
	}
	answers := map[porcupine.CheckResult]int{}
	for _, key := range slices.Sorted(maps.Keys(parts)) {
		answers[porcupine.CheckOperationsTimeout(m, parts[key], patience)]++
	}
	if want {
		require.Zero(t, answers[porcupine.Illegal], file)
		require.NotZero(t, answers[porcupine.Ok], file)
	} else {
		require.NotZero(t, answers[porcupine.Illegal], file)
	}
}

// plainRegister is a register told in another way than by package models.
var plainRegister = porcupine.Model{
	Init: func() any { return int64(0) },
	Step: func(state, input, _ any) (bool, any) {
		o := input.(*checker.Op)
		lost := o.Outcome == checker.Unknown
		switch o.Kind {
		case checker.Get:
			return lost || o.Out == state, state
		case checker.Put:
			return true, o.Arg
		}
		hit := o.Kind == checker.CAS // all that missed do not tell what they saw
		if state != o.Arg {
			return lost || !hit, state
		}
		return lost || hit, o.Arg2
	},
}

func plainTexts(h *checker.History) porcupine.Model {
	text := func(n int64) string {
		if n == 0 {
			return ""
		}
		return h.Texts[n-1]
	}
	return porcupine.Model{
		Init: func() any { return "" },
		Step: func(state, input, _ any) (bool, any) {
			o := input.(*checker.Op)
			switch o.Kind {
			case checker.Append:
				return true, state.(string) + text(o.Arg)
			case checker.Put:
				return true, text(o.Arg)
			}
			return o.Outcome != checker.OK || text(o.Out) == state, state
		},
	}
}
