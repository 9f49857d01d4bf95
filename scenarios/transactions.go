package scenarios

import (
	"fmt"
	"math/bits"
	"strings"

	"simrun/checker"
)

// Transactions is a Workload with operations of the kind checker.Txn. Such an Operation reads the keys whose bits are set in Arg, and then writes
// Arg2 to those whose bits are set in Key.
type Transactions interface {
	Workload
	// Seen reads what a transaction's reads saw, by ascending key, in the state machine's answer.
	Seen(output []byte) ([]int64, error)
}

// Items returns what a transaction does, as in checker.Ext.
func (o Operation) Items() []int64 {
	var items []int64
	for keys := uint64(o.Arg); keys != 0; keys &= keys - 1 {
		items = append(items, checker.TxnRead, int64(bits.TrailingZeros64(keys)), 0)
	}
	for keys := o.Key; keys != 0; keys &= keys - 1 {
		items = append(items, checker.TxnWrite, int64(bits.TrailingZeros32(keys)), o.Arg2)
	}
	return items
}

// transaction writes a transaction as "txn get k0, put k1 7".
func (o Operation) transaction() string {
	var parts []string
	for items := o.Items(); len(items) > 0; items = items[3:] {
		if items[0] == checker.TxnRead {
			parts = append(parts, fmt.Sprintf("get k%d", items[1]))
		} else {
			parts = append(parts, fmt.Sprintf("put k%d %d", items[1], items[2]))
		}
	}
	return "txn " + strings.Join(parts, ", ")
}

// result reads a replica's answer to the client's open operation. What does not fit into a number goes into the history.
func (c *cluster[M, PM]) result(x *client, output []byte) (out int64, text string, err error) {
	var t Transactions
	if x.op.Kind == checker.Txn {
		t, _ = c.spec.Workload.(Transactions)
	}
	if t == nil {
		out, err = c.spec.Workload.Result(x.op, output)
		return out, "", err
	}
	seen, err := t.Seen(output)
	if err == nil && len(seen) != bits.OnesCount64(uint64(x.op.Arg)) {
		err = fmt.Errorf("%d values, and %d were asked for", len(seen), bits.OnesCount64(uint64(x.op.Arg)))
	}
	if err != nil {
		return 0, "", err
	}
	c.history.Ext[c.history.Ops[x.open].Ext-1].Out = seen
	return 0, listed(seen), nil
}

// listed writes what reads saw as "1 0"; "-" if there were none.
func listed(seen []int64) string {
	if len(seen) == 0 {
		return "-"
	}
	return strings.Trim(fmt.Sprint(seen), "[]")
}

// itemize puts what a transaction does into the history.
func (c *cluster[M, PM]) itemize(x *client) {
	if x.op.Kind == checker.Txn {
		c.history.Ext = append(c.history.Ext, checker.Ext{In: x.op.Items()})
		c.history.Ops[x.open].Ext = uint32(len(c.history.Ext))
	}
}
