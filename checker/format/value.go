package format

import (
	"errors"
	"fmt"
)

// value is what JSON and EDN have in common.
type value struct {
	sort   sort
	number int64   // sortNumber; of sortBool 0 or 1
	text   string  // sortText, sortName, sortFraction
	list   []value // sortList; of sortMap keys and values in turn
}

type sort uint8

const (
	sortNothing sort = iota // null, nil
	sortBool
	sortNumber
	sortFraction // a number that is not whole, or has more than 64 bits: no value of a history, but it may stand where nobody looks
	sortText
	sortName // a keyword or symbol of EDN, without its colon
	sortList
	sortMap
)

// String tells what a value is, briefly, for complaints.
func (v *value) String() string {
	switch v.sort {
	case sortNothing:
		return "nil"
	case sortBool:
		return fmt.Sprint(v.number != 0)
	case sortNumber:
		return fmt.Sprint(v.number)
	case sortText:
		return shortened(v.text)
	case sortFraction:
		return cut(v.text)
	case sortName:
		return ":" + cut(v.text)
	case sortList:
		return fmt.Sprintf("a list of %d", len(v.list))
	}
	return "a map"
}

// mapMost is how many entries a map may have. Whether one comes twice is looked up one by one.
const mapMost = 4096

var errMap = errors.New("a map has more entries than are read")

func errFraction(v *value) error { return fmt.Errorf("%s is no whole number of 64 bits", v) }

const textMost = 40

// cut shortens a text for a message.
func cut(s string) string {
	if len(s) > textMost {
		return s[:textMost] + "..."
	}
	return s
}

// shortened quotes a text for a message.
func shortened(s string) string { return fmt.Sprintf("%q", cut(s)) }

// word returns a text or name.
func (v *value) word() (string, bool) { return v.text, v.sort == sortText || v.sort == sortName }

// same tells whether two values are equal.
func (v *value) same(w *value) bool {
	if v.sort != w.sort || v.number != w.number || v.text != w.text || len(v.list) != len(w.list) {
		return false
	}
	for i := range v.list {
		if !v.list[i].same(&w.list[i]) {
			return false
		}
	}
	return true
}

// get returns what a map has for a name, or nil.
func (v *value) get(name string) *value {
	for i := 0; i+1 < len(v.list); i += 2 {
		if s, ok := v.list[i].word(); ok && s == name {
			return &v.list[i+1]
		}
	}
	return nil
}
