package format

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/checker"
	"simrun/checker/models"
)

// dump writes a history as people see it, an operation a line.
func dump(r *Recording) string {
	var lines []string
	for i := range r.History.Ops {
		lines = append(lines, r.History.Describe(&r.History.Ops[i]))
	}
	return strings.Join(lines, "\n")
}

// events makes JSON lines of "PROCESS TYPE F VALUE", or "PROCESS TYPE F/KEY VALUE".
func events(short string) string {
	var out strings.Builder
	for _, line := range strings.Split(strings.TrimSpace(short), "\n") {
		words := strings.SplitN(strings.TrimSpace(line), " ", 4)
		f, key, keyed := strings.Cut(words[2], "/")
		fmt.Fprintf(&out, `{"process": %s, "type": %q, "f": %q`, words[0], words[1], f)
		if keyed {
			fmt.Fprintf(&out, `, "key": %s`, key)
		}
		if len(words) == 4 {
			fmt.Fprintf(&out, `, "value": %s`, words[3])
		}
		out.WriteString("}\n")
	}
	return out.String()
}

// What events become, and the model that they are taken for.
func TestMeanings(t *testing.T) {
	for _, c := range []struct{ name, in, model, want string }{
		{"a register, and an operation that is open at the end", `
			0 invoke write 3
			1 invoke read
			0 ok write 3
			1 ok read 3
			0 invoke read null
			1 invoke write 0
			0 ok read 0
			0 invoke write null
			0 ok write null`,
			"register", `
			c0 put k0 3 [0,2]
			c1 get k0 = 3 [1,3]
			c0 get k0 = 0 [4,6]
			c1 put k0 0 (unknown) [5,...]
			c0 put k0 nil [7,8]`},
		{"failures and unknown outcomes", `
			0 invoke write 3
			0 fail write 3
			0 invoke cas [3,4]
			0 info cas "timeout"
			1 invoke read
			1 fail read`,
			"register", `
			c0 put k0 3 (fail) [0,1]
			c0 cas k0 3->4 (unknown) [2,...]
			c1 get k0 (fail) [4,5]`},
		{"what a compare-and-set may return", `
			0 invoke cas/7 [1,2]
			0 ok cas/7 [1,2]
			0 invoke cas/7 [1,2]
			0 ok cas/7 5
			0 invoke cas/7 [1,2]
			0 ok cas/7 false
			0 invoke cas/7 [1,2]
			0 ok cas/7 true
			0 invoke cas/7 [1,2]
			0 ok cas/7 null
			0 invoke try-cas/7 [1,2]
			0 ok try-cas/7 true`,
			"kv", `
			c0 cas k7 1->2 = 1 [0,1]
			c0 cas k7 1->2 = 5 [2,3]
			c0 try-cas k7 1->2 = another value [4,5]
			c0 cas k7 1->2 = 1 [6,7]
			c0 cas k7 1->2 = nil [8,9]
			c0 try-cas k7 1->2 = set [10,11]`},
		{"registers of texts, by keys with names", `
			0 invoke write/"x" "one"
			0 ok write/"x" "one"
			0 invoke read/"y"
			0 ok read/"y" null
			0 invoke read/"x"
			0 ok read/"x" "two"`,
			"kv", `
			c0 put k0 "one" [0,1]
			c0 get k1 = nil [2,3]
			c0 get k0 = "two" [4,5]`},
		{"keys of texts that are numbers", `
			0 invoke write/"40" 1
			0 ok write/"40"`,
			"kv", `c0 put k40 1 [0,1]`},
		{"Jepsen's independent keys", `
			0 invoke write [8,1]
			0 ok write [8,1]
			0 invoke read [8,null]
			0 ok read [8,1]
			0 invoke cas [8,[1,2]]
			0 ok cas [8,[1,2]]`,
			"kv", `
			c0 put k8 1 [0,1]
			c0 get k8 = 1 [2,3]
			c0 cas k8 1->2 = 1 [4,5]`},
		{"a counter", `
			0 invoke add 0
			0 ok add 0
			0 invoke add -2
			0 ok add
			0 invoke read
			0 ok read -2
			0 invoke read
			0 ok read 0
			0 invoke add-get 5
			0 ok add-get 3`,
			"counter", `
			c0 add k0 0 [0,1]
			c0 add k0 -2 [2,3]
			c0 get k0 = -2 [4,5]
			c0 get k0 = 0 [6,7]
			c0 add-get k0 5 = 3 [8,9]`},
		{"a set, told from a counter by what is read", `
			0 invoke add 4
			0 ok add 4
			0 invoke add 0
			0 ok add 0
			0 invoke read
			0 ok read [4,0,-1]
			0 invoke read`,
			"set", `
			c0 include k0 4 [0,1]
			c0 include k0 0 [2,3]
			c0 elements k0 = [0 -1 4] [4,5]
			c0 elements k0 (unknown) [6,...]`},
		{"a set in so many words", `
			0 invoke include "a"
			0 ok include "a"
			0 invoke contains "b"
			0 ok contains false
			0 invoke remove "a"
			0 ok remove
			0 invoke elements
			0 ok elements []`,
			"set", `
			c0 include k0 "a" [0,1]
			c0 contains k0 "b" = no [2,3]
			c0 exclude k0 "a" [4,5]
			c0 elements k0 = [] [6,7]`},
		{"lists", `
			0 invoke append/1 5
			0 ok append/1 5
			0 invoke read/1
			0 ok read/1 [5]`,
			"list", `
			c0 append k1 5 [0,1]
			c0 list k1 = [5] [2,3]`},
		{"a queue", `
			0 invoke enqueue 0
			0 ok enqueue 0
			0 invoke dequeue
			0 ok dequeue 0
			0 invoke dequeue
			0 ok dequeue null`,
			"queue", `
			c0 enqueue k0 0 [0,1]
			c0 dequeue k0 = 0 [2,3]
			c0 dequeue k0 = empty [4,5]`},
		{"a lock", `
			0 invoke acquire
			0 ok acquire 33
			1 invoke acquire
			1 ok acquire null
			0 invoke release 33
			0 ok release 33
			0 invoke release 33
			0 ok release false`,
			"lock", `
			c0 acquire k0 = token 33 [0,1]
			c1 acquire k0 = busy [2,3]
			c0 release k0 33 = done [4,5]
			c0 release k0 33 = refused [6,7]`},
		{"a bank", `
			0 invoke add/1 100
			0 ok add/1
			0 invoke transfer {"from": 1, "to": 2, "amount": 30}
			0 ok transfer {"from": 1, "to": 2, "amount": 30}
			0 invoke transfer {"from": 1, "to": 2, "amount": 80}
			0 ok transfer false
			0 invoke read
			0 ok read {"1": 70, "2": 30, "3": 0}
			0 invoke read/3
			0 ok read/3 0
			0 invoke total
			0 ok total 100`,
			"bank", ""},
		{"transactions", `
			0 invoke txn [["r",1,null],["w",1,5],["append",2,6],["r",2,null]]
			0 ok txn [["r",1,null],["w",1,5],["append",2,6],["r",2,[6]]]
			0 invoke txn [["r",2,null],["r",1,null]]
			0 ok txn [["r",2,null],["r",1,5]]
			0 invoke txn [["r",2,null]]
			0 info txn`,
			"txn", `
			c0 txn get k1 = nil, put k1 5, append k2 6, list k2 = [6] [0,1]
			c0 txn list k2 = [], get k1 = 5 [2,3]
			c0 txn list k2 (unknown) [4,...]`},
		{"a lock service", `
			0 invoke open 1
			0 ok open true
			0 invoke acquire/4 1
			0 ok acquire/4 1
			0 invoke create/5 {"session": 1, "value": 0}
			0 ok create/5 true
			0 invoke renew 1
			0 ok renew 2
			0 invoke guard/5 {"value": 7, "token": 0}
			0 ok guard/5 true
			0 invoke expire {"session": 1, "renewed": 2}
			0 ok expire true
			0 invoke changes/5
			0 ok changes/5 2
			0 invoke renew 1
			0 ok renew 0
			0 invoke cas/5 [7,8]
			0 ok cas/5 7
			1 invoke release/4 1
			1 info release/4`,
			"sessions", `
			c0 open s1 = done [0,1]
			c0 acquire k4 for s1 = token 1 [2,3]
			c0 create k5 0 for s1 = done [4,5]
			c0 renew s1 = 2 [6,7]
			c0 guard k5 7 with token 0 = done [8,9]
			c0 expire s1 renewed 2 times = done [10,11]
			c0 changes k5 = 2 [12,13]
			c0 renew s1 = 0 [14,15]
			c0 cas k5 7->8 = 7 [16,17]
			c1 release k4 1 (unknown) [18,...]`},
		{"one decision", `
			0 invoke propose 4
			0 ok propose 5`,
			"decree", `c0 propose 4 = 5 [0,1]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := events(c.in)
			if c.name == "a bank" { // in which a read of all accounts has no key, and others do
				in = strings.ReplaceAll(in, `"f": "read"}`, `"f": "balances"}`)
				in = strings.ReplaceAll(in, `"f": "read", "value": {`, `"f": "balances", "value": {`)
				c.want = `
				c0 add k1 100 [0,1]
				c0 transfer k1->k2 30 = done [2,3]
				c0 transfer k1->k2 80 = refused [4,5]
				c0 balances = {k1:70 k2:30 k3:0} [6,7]
				c0 get k3 = 0 [8,9]
				c0 total = 100 [10,11]`
			}
			r, err := Read(t.Context(), strings.NewReader(in), Options{})
			require.NoError(t, err)
			require.Equal(t, strings.ReplaceAll(strings.TrimSpace(c.want), "\t", ""), dump(r))
			m, err := models.Guess(&r.History, r.Keyed)
			require.NoError(t, err)
			require.Equal(t, c.model, m.Name)
			i, err := m.Refuses(&r.History)
			require.NoError(t, err, i)
		})
	}
}

// Nobody is a client who has no number; events have the numbers of their index; what else events have is not looked at.
func TestJepsenEDN(t *testing.T) {
	for _, in := range []string{`
; recorded by hand
{:type :info, :f :start, :value nil, :process :nemesis, :time 12, :index 0}
{:type :invoke, :f :write, :value 3, :process 0, :time 13, :index 1}
#jepsen.history.Op{:index 4, :time 1.5, :type :ok, :process 0, :f :write, :value 3, :error [:a "b\n\u0041" #{1 2} (x)]}
{:type :invoke, :f :cas, :value [3 4], :process 0, :time 13, :index 5} {:type :info, :f :cas, :value [3 4], :process 0, :index 6}`,
		`[{:type :invoke, :f :write, :value 3, :process 0, :index 1}
{:type :ok, :f :write, :value 3, :process 0, :index 4}
{:type :invoke, :f :cas, :value [3 4], :process 0, :index 5}]`,
		"\xef\xbb\xbf" + `({:type :invoke :f :write :value 3N :process 0 :index 1} {:type "ok" :f "write" :value +3 :process 0 :index 4},
{:type :invoke :f :cas :value (3 4) :process 0 :index 5})`} {
		r, err := Read(t.Context(), strings.NewReader(in), Options{})
		require.NoError(t, err)
		require.Equal(t, EDN, r.Format)
		require.Equal(t, "c0 put k0 3 [1,4]\nc0 cas k0 3->4 (unknown) [5,...]", dump(r))
	}
}

func TestJepsenLog(t *testing.T) {
	r, err := Read(t.Context(), strings.NewReader(strings.ReplaceAll(`INFO  jepsen.core - Worker 1 starting
INFO  jepsen.util - 0	:invoke	:cas	[1 2]
INFO  jepsen.util - :nemesis	:info	:start	nil
INFO  jepsen.util - 0	:fail	:cas	[1 2]
INFO  jepsen.util - 0	:invoke	:read	nil
INFO  jepsen.util - 0	:fail	:read	:timed-out

INFO  jepsen.util - 0	:invoke	:write	0
INFO  jepsen.util - 0	:info	:write	:timed-out
`, "\n", "\r\n")), Options{})
	require.NoError(t, err)
	require.Equal(t, Log, r.Format)
	require.Equal(t, "c0 try-cas k0 1->2 = another value [0,2]\nc0 get k0 (fail) [3,4]\nc0 put k0 0 (unknown) [5,...]", dump(r))
	require.Equal(t, []uint32{2, 5, 8}, r.Lines)
}

// Small limits, for what is too large.
var small = Limits{Bytes: 2000, Line: 300, Depth: 4, Operations: 5, Numbers: 8}

// What cannot be a history is refused with the line that is wrong.
func TestRefusals(t *testing.T) {
	invoke := func(n int) (s string) {
		for i := range n {
			s += fmt.Sprintf("%d invoke read\n", i)
		}
		return s
	}
	const begun = "0 invoke write 3\n"
	for _, c := range []struct{ in, says string }{
		{"", "there are no operations in it"},
		{" \n\n", "there are no operations in it"},
		{"[\n {\"process\": 0", "line 1: it is a JSON list: write every event on a line of its own"},
		{"hello", "line 1: it looks like none of the formats"},
		{"\x00\x01", "line 1: it looks like none of the formats"},
		{`{"process"`, "line 1: it is not a JSON object, or it is cut off"},
		{`{"process": 1,}`, "line 1: it is not a JSON object, "},
		{`{"a": 1} {"b": 2}`, "line 1: it is not a JSON object, there is more behind it"},
		{`{"process": 1, "process": 2}`, `line 1: it is not a JSON object, it has "process" twice`},
		{`{"a": [[[[[1]]]]]}`, "line 1: it is not a JSON object, it has too many lists in lists"},
		{`{"a": 1.}`, "line 1: it is not a JSON object, 1. is no number"},
		{`{"a": 1,}`, `line 1: it is not a JSON object, '}' is not expected there`},
		{`{"a": tru}`, `line 1: it is not a JSON object, 't' is not expected there`},
		{`{"a": "\ud800"}`, "line 1: it is not a JSON object, a text has half a character in it"},
		{"{\"a\": \"\xff\"}", "line 1: it is not a JSON object, a text is not UTF-8"},
		{"{\"a\": \xff}", "line 1: it is not a JSON object, there is the byte 0xff, which is not UTF-8"},
		{events("0 invoke write 1.5"), "line 1: put: 1.5 is no whole number of 64 bits"},
		{events("0 invoke write 9223372036854775808"), "line 1: put: 9223372036854775808 is no whole number of 64 bits"},
		{`{:process 0 :type :invoke :f :write :value 1.5}`, "line 1: put: 1.5 is no whole number of 64 bits"},
		{events("0 invoke add-get 1e3"), "line 1: add-get: 1e3 is no whole number of 64 bits"},
		{`{"a": "` + strings.Repeat("x", 400) + `"}`, "line 1: it is longer than 300 bytes, the most that is read"},
		{strings.Repeat("\n", 3000), "it has more than 2000 bytes, the most that is read"},
		{strings.Repeat(" ", 250) + "\n" + strings.Repeat("\n", 3000), "it has more than 2000 bytes"},
		{events(invoke(6)), "line 6: there are more than 5 operations, the most that are read"},
		{events("0 invoke append/1 2\n1 invoke list/1\n1 ok list/1 [1,2,3,4,5,6,7,8,9]"), "line 3: list, invoked in line 2: there are more than 8 numbers in lists"},

		{`{"type": "invoke"}`, "line 1: an event must have process, type and f"},
		{events("-1 invoke read"), "line 1: process -1 is no number from 0 to 4294967295"},
		{events("true invoke read"), "line 1: process true is no number"},
		{events("0 begin read"), `line 1: type "begin" is none of invoke, ok, fail and info`},
		{events("0 invoke frobnicate"), `line 1: there is no operation "frobnicate"`},
		{events(begun + "0 invoke read"), "line 2: process 0 invokes an operation, and its operation of line 1 has not ended"},
		{events(begun + "0 info write\n0 invoke read"), "line 3: process 0 goes on after info: "},
		{events(begun + "1 ok write 3"), "line 2: process 1 ends an operation, and has none under way"},
		{events(begun + "0 ok write 3\n0 ok write 3"), "line 3: process 0 ends an operation, and has none under way"},
		{events(begun + "0 ok read 3"), "line 2: process 0 ends get, and what it invoked in line 1 is put"},
		{events(begun + "0 ok write 4"), "line 2: put, invoked in line 1: it ends with the value 4, and was invoked with another"},
		{events("0 invoke write/1 3\n0 ok write/2 3"), "line 2: put, invoked in line 1: it ends with the key 2, and was invoked with another"},
		{events("0 invoke cas [1,2]\n0 ok cas [1,3]"), "line 2: cas, invoked in line 1: it ends with a list of 2, and was invoked with other values"},
		{events("0 invoke cas 1"), "line 1: cas: it must have a list of two values, and has 1"},
		{events("0 invoke read 1"), "line 1: get: it is invoked with the value 1, and must be with nil"},
		{events(begun + `1 invoke write "x"`), `line 2: put: "x" is a value, and values before it are of the other kind`},
		{events("0 invoke write/1 3\n" + `1 invoke write/"x" 3`), `line 2: put: "x" is a key, and keys before it are of the other kind`},
		{events("0 invoke write/1 3\n1 invoke write 3"), "line 2: put: some operations have a key, and some have none"},
		{events("0 invoke write 3\n1 invoke write/1 3"), "line 2: put: some operations have a key, and some have none"},
		{events("0 invoke write/4294967296 3"), "line 1: put: the key 4294967296 is no number from 0 to 4294967295"},
		{events("0 invoke write -9223372036854775808"), "line 1: put: -9223372036854775808 is too small a number"},
		{events("0 invoke write {}"), "line 1: put: a map is neither a number nor a text"},
		{events("0 invoke enqueue"), "line 1: enqueue: it has no value"},
		{events("0 invoke insert 1\n0 ok insert 1"), "line 2: insert, invoked in line 1: it must end with true or false, and ends with 1"},
		{events("0 invoke acquire\n0 ok acquire 0"), "the token 0 is not above 0"},
		{events("0 invoke release x"), "it is not a JSON object"},
		{events(`0 invoke transfer {"from": 1}`), "line 1: transfer: it must have a map of from, to and amount"},
		{events(`0 invoke expire {"session": 1}`), "line 1: expire: it must have a map of session and renewed"},
		{events("0 invoke create/1 7"), "line 1: create: it must have a map of session and value"},
		{events(`0 invoke guard/1 {"value": 1, "token": "x"}`), `line 1: guard: "x" is no number`},
		{events("0 invoke open/1 7"), "line 1: open: it has a key, and is about none"},
		{events("0 invoke open 1\n0 ok open 1"), "line 2: open, invoked in line 1: it must end with true or false, and ends with 1"},
		{events("0 invoke txn 1"), "line 1: txn: it must have a list of items"},
		{events(`0 invoke txn [["r",1]]`), "line 1: txn: item 0 must be a list"},
		{events(`0 invoke txn [["z",1,null]]`), `line 1: txn: item 0 is "z", and must be r, w, append or list`},
		{events(`0 invoke txn [["r",1,5]]`), "line 1: txn: item 0 reads, and is invoked with the value 5"},
		{events("0 invoke txn [[\"r\",1,null]]\n0 ok txn [[\"r\",2,5]]"), "line 2: txn, invoked in line 1: item 0 is not the one that it was invoked with"},
		{events("0 invoke txn [[\"w\",1,4]]\n0 ok txn [[\"w\",1,5]]"), "item 0: its value is not the one that it was invoked with"},
		{events("0 invoke txn [[\"w\",1,4],[\"append\",1,4]]"), "line 1: txn: the key 1 is a list in some transactions, and not in others"},
		{events("0 invoke txn [[\"r\",1,null]]\n0 ok txn [[\"r\",1,5]]\n1 invoke txn [[\"append\",1,4]]"), "line 1: txn: what is read of the key 1 is no list"},
		{events("0 invoke add 1\n1 invoke read\n1 ok read null"), "line 2: get: what is read of a sum must be a number, and it is nil"},
		{events("0 invoke add \"x\""), `there are texts in it, such as "x", and numbers are added up`},
		{events("0 invoke include 1\n1 invoke elements\n1 ok elements [2,1,2]"), "line 2: elements: 2 is twice in what was read of the set"},
		{events("0 invoke include 1\n1 invoke read\n1 ok read 2"), "line 2: get: what is read of a set must be a list"},

		{`{"process":0,"type":"invoke","f":"read","index":3}` + "\n" + `{"process":0,"type":"ok","f":"read","index":3}`, "line 2: index 3 comes behind index 3"},
		{`{"process":0,"type":"invoke","f":"read","index":3}` + "\n" + `{"process":0,"type":"ok","f":"read"}`, "line 2: some events have an index, and some have none"},
		{`{"process":0,"type":"invoke","f":"read","index":-3}`, "line 1: index -3 is no number from 0 to "},
		{`{"process":0,"type":"invoke","f":"read","slot":0}`, "line 1: slot must be a number from 1"},
		{`{"process":0,"type":"invoke","f":"read","slot":1,"place":-1}`, "line 1: place must be a number"},
		{`{"history":"other"}`, `line 1: history is "other", and must be "simrun"`},
		{`{"history":"simrun","version":2}`, "line 1: the version of the history must be 1"},
		{`{"history":"simrun","version":1,"model":4}`, "line 1: model is 4, and must be a name"},
		{`{"history":"simrun","version":1,"model":"queue"}`, "there are no operations in it"},

		{"{:process 0, :type :invoke", "line 1: the input ends in the middle of an event: it is cut off"},
		{"[{:process 0, :type :invoke, :f :read}", "line 1: the input ends in the middle of an event: it is cut off"},
		{"[{:process 0, :type :invoke, :f :read}]\n 4", "line 2: there is more behind the end of the history"},
		{"{:process 0, :type :invoke, :f :read}\n)", "line 2: a bracket closes that was not open"},
		{"{:process 0, :type :invoke, :f :read}\n(", "line 2: the input ends in the middle"},
		{"{:process 0, :type :invoke, :f}", "line 1: a map has a key without a value"},
		{"{:process 0, :process 0}", "line 1: it has :process twice"},
		{"{:process 0, :x (1]}", "line 1: a bracket closes that was not open"},
		{"{:x [[[[1]]]]}", "line 1: it has too many lists in lists"},
		{"{:x #a #a #a #a #a 1}", "line 1: it has too many lists in lists"},
		{"{:x \"" + strings.Repeat("y", 400), "line 1: an event is longer than 300 bytes, the most that is read"},
		{`{:x "\q"}`, `line 1: \q means nothing in a text`},
		{`{:x "\ud800"}`, `line 1: \ud800 is no character`},
		{"{:x \"\xff\"}", "line 1: a text is not UTF-8"},
		{`{:x #_ 4}`, "line 1: #_ does not occur in histories"},
		{`{:x \a}`, `line 1: '\\' does not occur in histories`},
		{"\n\n{:process :nemesis :type :invoke :f :read}\n:x", "line 4: an event must be a map"},
		{"{:process 0.5 :type :invoke :f :read}", "line 1: process 0.5 is no number from 0 to 4294967295"},

		{"INFO", "line 1: it is no line of a log"},
		{"INFO  jepsen.util", "line 1: it is cut off"},
		{"INFO  jepsen.util - 0 :invoke :read", "line 1: it is cut off: a process, a type, an operation and a value must be there"},
		{"INFO  jepsen.util - 0 :invoke :cas [1 2", "line 1: it is cut off"},
		{"INFO  jepsen.util - 0 :invoke :cas ]", "line 1: a bracket closes that was not open"},
		{"INFO  jepsen.util - 0 :invoke :read nil nil nil", "line 1: there is more behind the value: nil"},
		{"INFO  jepsen.util - 0 :ok :read nil", "line 1: process 0 ends an operation, and has none under way"},
		{"INFO  jepsen.core - nothing of interest", "there are no operations in it"},
	} {
		_, err := Read(t.Context(), strings.NewReader(c.in), Options{Limits: small})
		require.ErrorContains(t, err, c.says, c.in)
		require.NotContains(t, err.Error(), "\n", c.in)
		require.Less(t, len(err.Error()), 300, c.in)
	}
}

func TestModelOfTheHeader(t *testing.T) {
	in := `{"history":"simrun","version":1,"model":"set"}` + "\n" + events("0 invoke add 1\n0 ok add 1")
	r, err := Read(t.Context(), strings.NewReader(in), Options{Model: "set"})
	require.NoError(t, err)
	require.Equal(t, "set", r.Model)
	require.Equal(t, checker.Include, r.History.Ops[0].Kind)
	_, err = Read(t.Context(), strings.NewReader(in), Options{Model: "queue"})
	require.EqualError(t, err, `line 1: the history says that it is for the model "set", and it is to be checked with the model "queue"`)
}

// failing is input that ends with an error.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// An input that cannot be read is no history cut off, and the end of the context ends reading.
func TestReadErrors(t *testing.T) {
	broken := errors.New("broken pipe of some kind")
	for _, f := range []Format{Auto, JSON, EDN, Log} {
		_, err := Read(t.Context(), failing{broken}, Options{Format: f})
		require.ErrorIs(t, err, broken, f)
		_, err = Read(t.Context(), io.MultiReader(strings.NewReader("{"), failing{broken}), Options{Format: f})
		require.Error(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err = Read(ctx, strings.NewReader("{}"), Options{Format: f})
		require.ErrorIs(t, err, context.Canceled, f)
	}
	_, err := Read(t.Context(), strings.NewReader("{}"), Options{Format: "xml"})
	require.EqualError(t, err, `there is no format "xml": there are auto, json, edn, log`)
	_, err = Parse("xml")
	require.Error(t, err)
}
