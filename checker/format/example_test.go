package format_test

import (
	"context"
	"fmt"
	"os"
	"strings"

	"simrun/checker/format"
)

// Jepsen's EDN goes in, and JSON lines come out.
func Example() {
	r, err := format.Read(context.Background(), strings.NewReader(`
{:process 0, :type :invoke, :f :write, :value 3}
{:process 1, :type :invoke, :f :read, :value nil}
{:process 1, :type :ok, :f :read, :value 3}
{:process 0, :type :info, :f :write, :value 3}`), format.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for i := range r.History.Ops {
		fmt.Println(r.History.Describe(&r.History.Ops[i]))
	}
	if err := format.Write(os.Stdout, &r.History, "register"); err != nil {
		fmt.Println(err)
	}
	// Output:
	// c0 put k0 3 (unknown) [0,...]
	// c1 get k0 = 3 [1,2]
	// {"history":"simrun","version":1,"model":"register"}
	// {"index":0,"process":0,"type":"invoke","f":"write","key":0,"value":3}
	// {"index":1,"process":1,"type":"invoke","f":"read","key":0,"value":null}
	// {"index":2,"process":1,"type":"ok","f":"read","key":0,"value":3}
}
