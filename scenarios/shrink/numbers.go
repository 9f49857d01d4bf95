package shrink

import (
	"math/bits"
	"reflect"
	"slices"
	"strings"

	"simrun/faults"
	"simrun/scenarios"
	"simrun/sim/stream"
)

// number is one number of an input that can be made calmer.
type number struct {
	get  func(*scenarios.Input) int64
	set  func(*scenarios.Input, int64)
	calm int64 // the best value
	also int64 // another that is nearly as good; or calm again
	// Values below are not tried; 0: there is no such bound.
	least int64
}

// tame holds the calm values of the configuration's fields that are not zero, by the name of the field.
var tame = map[string]int64{
	"Keys":       1,
	"Retry":      int64(100 * faults.Millisecond),
	"Patience":   int64(faults.Second),
	"LatencyMin": int64(faults.Millisecond),
	"SyncMin":    int64(100 * faults.Microsecond),
	"Recovery":   int64(faults.Second),
	"Rate":       stream.Million,
}

// structural are the fields of a configuration or fault that other passes see to.
var structural = map[string]bool{"Role": true, "Nodes": true, "Clients": true, "Operations": true, "Horizon": true, "Recovery": true, "Knobs": true}

// weather returns the numbers of the configuration that say how calm a run is: all its fields but the structural ones, and the knobs. Fields are
// found by reflection, so that none is forgotten when there are more.
func weather(s scenarios.Scenario, in *scenarios.Input) []number {
	list := fieldsOf(in, func(in *scenarios.Input) reflect.Value { return reflect.ValueOf(&in.Config).Elem() })
	for _, k := range s.Knobs {
		list = append(list, number{
			get:  func(in *scenarios.Input) int64 { return in.Config.Knobs[k.Name] },
			set:  func(in *scenarios.Input, v int64) { in.Config.Knobs[k.Name] = v },
			calm: k.Calm, also: k.Calm,
		})
	}
	return list
}

// ends returns the numbers that say how long a run may take. A cluster that does not recover must keep enough time for it: any
// cluster fails to recover in none. And a case whose bug is mended must have the time to pass: a client that does not ask again waits for what is lost
// until its patience is over, and only then begins what is asked of the healed cluster.
func ends(s scenarios.Scenario, in *scenarios.Input, fingerprint string) []number {
	field := func(name string) number {
		return fieldOf(reflect.Int64, name, func(in *scenarios.Input) reflect.Value { return reflect.ValueOf(&in.Config).Elem().FieldByName(name) })
	}
	recovery := field("Recovery")
	switch {
	case strings.HasPrefix(fingerprint, "liveness"):
		recovery.calm, recovery.least = patient, patient
	case s.SendsOnce():
		recovery.calm += int64(in.Config.Patience)
		recovery.least = recovery.calm
	}
	recovery.also = recovery.calm
	return []number{field("Horizon"), recovery}
}

// patient is how long a cluster may always take to recover, in nanoseconds: many elections.
const patient = int64(10 * faults.Second)

// mishapNumbers returns the numbers of the faults and exceptions of this input.
func mishapNumbers(in *scenarios.Input) (list []number) {
	for i := range in.Plan.Faults {
		list = append(list, fieldsOf(in, func(in *scenarios.Input) reflect.Value { return reflect.ValueOf(&in.Plan.Faults[i]).Elem() })...)
	}
	for i := range in.Fates {
		list = append(list, fieldOf(reflect.Int64, "Delay", func(in *scenarios.Input) reflect.Value { return reflect.ValueOf(&in.Fates[i].Delay).Elem() }))
	}
	return list
}

// fieldsOf returns the numbers among the fields of a struct, and of the structs in it.
func fieldsOf(in *scenarios.Input, of func(*scenarios.Input) reflect.Value) (list []number) {
	v := of(in)
	for i := range v.NumField() {
		name := v.Type().Field(i).Name
		field := func(in *scenarios.Input) reflect.Value { return of(in).Field(i) }
		switch kind := v.Field(i).Kind(); {
		case structural[name] || name == "Kind" || !v.Type().Field(i).IsExported():
		case kind == reflect.Struct:
			list = append(list, fieldsOf(in, field)...)
		case v.Field(i).CanInt() || v.Field(i).CanUint() || kind == reflect.Bool:
			list = append(list, fieldOf(kind, name, field))
		}
	}
	return list
}

// fieldOf makes a number of a field. Unsigned ones are chances, which are calm at zero and nearly so at certainty.
func fieldOf(kind reflect.Kind, name string, field func(*scenarios.Input) reflect.Value) number {
	n := number{calm: tame[name], also: tame[name]}
	switch kind {
	case reflect.Bool:
		n.get = func(in *scenarios.Input) int64 {
			if field(in).Bool() {
				return 1
			}
			return 0
		}
		n.set = func(in *scenarios.Input, v int64) { field(in).SetBool(v != 0) }
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		n.also = stream.Million
		n.get = func(in *scenarios.Input) int64 { return int64(field(in).Uint()) }
		n.set = func(in *scenarios.Input, v int64) { field(in).SetUint(uint64(v)) }
	default:
		n.get = func(in *scenarios.Input) int64 { return field(in).Int() }
		n.set = func(in *scenarios.Input, v int64) { field(in).SetInt(v) }
	}
	return n
}

// unrest says how far a value is from calm: in binary digits, so that halving the distance counts.
func (n *number) unrest(v int64) int64 {
	switch v {
	case n.calm:
		return 0
	case n.also:
		return 1
	}
	return 1 + int64(bits.Len64(distance(v, n.calm)))
}

// clutter says how many decimal digits a value has that is not calm, but for zeros at its end.
func (n *number) clutter(v int64) (digits int64) {
	if v == n.calm || v == n.also {
		return 0
	}
	for v != 0 && v%10 == 0 {
		v /= 10
	}
	for ; v != 0; v /= 10 {
		digits++
	}
	return digits
}

func distance(a, b int64) uint64 {
	if a < b {
		return uint64(b - a)
	}
	return uint64(a - b)
}

// calmer returns values to try in place of v, the best first.
func (n *number) calmer(v int64) []int64 {
	if v == n.calm || v < n.least {
		return nil
	}
	middle := n.calm + (v-n.calm)/2
	quarter := n.calm + (v-n.calm)/4
	list := []int64{n.calm, n.also, rounded(quarter, 1), rounded(middle, 1), rounded(v, 1), rounded(v, 1) + unit(v, 1), rounded(v, 2), rounded(v, 2) + unit(v, 2)}
	if n.least == 0 {
		return list
	}
	return slices.DeleteFunc(list, func(v int64) bool { return v < n.least })
}

// unit returns the value of the given significant digit of v, from 1.
func unit(v int64, digit int) int64 {
	u, limit := int64(1), int64(10)
	for range digit - 1 {
		limit *= 10
	}
	for v/u >= limit {
		u *= 10
	}
	return u
}

// rounded cuts v down to its first significant digits.
func rounded(v int64, digits int) int64 {
	u := unit(v, digits)
	return v / u * u
}
