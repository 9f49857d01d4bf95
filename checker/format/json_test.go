package format

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// asGo returns a value as package json reads it.
func asGo(v *value) any {
	switch v.sort {
	case sortNothing:
		return nil
	case sortBool:
		return v.number != 0
	case sortNumber:
		return json.Number(fmt.Sprint(v.number))
	case sortFraction:
		return json.Number(v.text)
	case sortList:
		list := []any{}
		for i := range v.list {
			list = append(list, asGo(&v.list[i]))
		}
		return list
	case sortMap:
		m := map[string]any{}
		for i := 0; i < len(v.list); i += 2 {
			m[v.list[i].text] = asGo(&v.list[i+1])
		}
		return m
	}
	return v.text
}

// Of any line, good or spoilt, the reader says what package json says, which is lenient in two things: names that come twice, and what is not UTF-8.
func TestJSONReader(t *testing.T) {
	var anything func(depth int) *rapid.Generator[string]
	anything = func(depth int) *rapid.Generator[string] {
		plain := []*rapid.Generator[string]{
			rapid.SampledFrom([]string{"null", "true", "false", "0", "-0", "7", "-12", "1.5", "1e9", "-1.25E-7", "9223372036854775807", "9223372036854775808",
				"00", "1.", ".5", "-", "+1", "1e", "nul", "\"a\"", "\"\"", `"\\n\"\/\u00e9\ud83d\ude00"`, `"\ud83d"`, `"\x"`, "\"\t\"", "\"\xff\""}),
			rapid.Custom(func(t *rapid.T) string {
				b, _ := json.Marshal(rapid.String().Draw(t, "text"))
				return string(b)
			}),
		}
		if depth == 0 {
			return rapid.OneOf(plain...)
		}
		blank := rapid.SampledFrom([]string{"", "", " ", "\t "})
		list := rapid.Custom(func(t *rapid.T) string {
			return "[" + strings.Join(rapid.SliceOfN(anything(depth-1), 0, 4).Draw(t, "elements"), blank.Draw(t, "blank")+",") + blank.Draw(t, "blank") + "]"
		})
		object := rapid.Custom(func(t *rapid.T) string {
			var entries []string
			for i, v := range rapid.SliceOfN(anything(depth-1), 0, 4).Draw(t, "entries") {
				entries = append(entries, fmt.Sprintf("%s%q:%s", blank.Draw(t, "blank"), fmt.Sprint("k", i), v))
			}
			return "{" + strings.Join(entries, ",") + "}"
		})
		return rapid.OneOf(append(plain, list, object)...)
	}
	var j jsonReader
	good, bad := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		line := []byte(anything(3).Draw(t, "line"))
		for range rapid.IntRange(0, 2).Draw(t, "spoilt") {
			at := rapid.IntRange(0, len(line)).Draw(t, "at")
			switch rapid.IntRange(0, 2).Draw(t, "how") {
			case 0:
				line = line[:at]
			case 1:
				line = append(line[:at:at], append([]byte(rapid.SampledFrom([]string{",", ":", "]", "}", "1", "\"", "\\", " "}).Draw(t, "more")), line[at:]...)...)
			default:
				line = append(line[:at:at], line[min(at+1, len(line)):]...)
			}
		}
		d := json.NewDecoder(strings.NewReader(string(line)))
		d.UseNumber()
		var want any
		wanted := json.Valid(line) && d.Decode(&want) == nil && utf8.Valid(line)
		for level := range j.used {
			j.used[level] = j.used[level][:0]
		}
		j.text, j.at, j.depth = line, 0, 8
		v, err := j.value(0)
		j.blank()
		if err == nil && j.at < len(line) {
			err = errJSONEnds
		}
		if err != nil && (strings.Contains(err.Error(), "twice") || strings.Contains(err.Error(), "half a character")) {
			return
		}
		require.Equal(t, wanted, err == nil, "%q: %v", line, err)
		if !wanted {
			bad++
			return
		}
		good++
		got := asGo(&v)
		if n, whole := got.(json.Number); whole && n == "0" {
			return // it was -0
		}
		if !strings.Contains(string(line), "-0") {
			require.Equal(t, want, got, "%q", line)
		}
	})
	require.NotZero(t, good)
	require.NotZero(t, bad)
}
