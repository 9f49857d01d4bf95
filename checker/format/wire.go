package format

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"simrun/checker"
)

// What operations are called, with the value of their invocation and of their end:
//
//	read, get          nil               the value; a list, of lists and sets; a map, of accounts
//	write, put         the value         the same
//	cas                [from to]         what it saw; or [from to] or true if it hit, and false if not
//	try-cas            [from to]         true or false
//	propose            the value         what was decided
//	insert             the value         true or false
//	add, inc           the number        the same       of sets, an element
//	add-get            the number        the sum
//	append             the value         the same
//	list               nil               the list
//	enqueue            the value         the same
//	dequeue            nil               the value; nil, if empty
//	include, exclude   the element       the same
//	contains           the element       true or false
//	elements           nil               the list
//	acquire            nil; the session  the token; nil or false, if busy
//	release            the token         true or false; the token, if done
//	transfer           {from to amount}  true or false; the map, if done
//	balances           nil               {account balance ...}
//	total              nil               the sum
//	txn                [[f key value] ...] with the fs r, w, append and list; the same, with what was read
//	open               the session       true or false
//	renew              the session       how often it was renewed since and with its opening; 0, if it is not open
//	expire             {session renewed} true or false
//	create             {session value}   true or false
//	guard              {value token}     true or false
//	changes            nil               how often
//
// propose is of a register that is written once, by whoever comes first: all get to know what it has. So it needs no read.
// All but propose, transfer, balances, total, txn, open, renew and expire are about a key, which is beside the value ("key"), or nowhere in a history of one
// register.
var wireNames = map[string]checker.OpKind{
	"read": checker.Get, "get": checker.Get, "write": checker.Put, "put": checker.Put, "cas": checker.CAS, "try-cas": checker.TryCAS,
	"propose": checker.Propose, "insert": checker.Insert, "add": checker.Add, "inc": checker.Add, "add-get": checker.AddGet,
	"append": checker.Append, "list": checker.List, "enqueue": checker.Enqueue, "dequeue": checker.Dequeue,
	"include": checker.Include, "exclude": checker.Exclude, "remove": checker.Exclude, "contains": checker.Contains, "elements": checker.Elements,
	"acquire": checker.Acquire, "release": checker.Release, "transfer": checker.Transfer, "balances": checker.Balances, "total": checker.Total,
	"txn": checker.Txn, "open": checker.OpenSession, "renew": checker.Renew, "expire": checker.Expire, "create": checker.Create, "guard": checker.Guard,
	"changes": checker.Changes,
}

// keyless tells of operations that they are about no key of their own.
func keyless(k checker.OpKind) bool {
	switch k {
	case checker.Propose, checker.Transfer, checker.Balances, checker.Total, checker.Txn, checker.OpenSession, checker.Renew, checker.Expire:
		return true
	}
	return false
}

func kindOf(name string) (checker.OpKind, error) {
	if k, known := wireNames[name]; known {
		return k, nil
	}
	return 0, fmt.Errorf("there is no operation %s", shortened(name))
}

var nothing value

// orNothing makes nil of what is missing.
func orNothing(v *value) *value {
	if v == nil {
		return &nothing
	}
	return v
}

// asks takes what an operation asks for from its invocation.
func (r *recorder) asks(o *checker.Op, event *value) (err error) {
	key, v := event.get("key"), orNothing(event.get("value"))
	if key == nil {
		if k, inner := independent(o.Kind, v); k != nil {
			key, v = k, inner
		}
	}
	if err := r.takeKey(o, key); err != nil {
		return err
	}
	switch o.Kind {
	case checker.Acquire:
		if v.sort != sortNothing {
			o.Arg, err = sum(v)
		}
	case checker.Get, checker.List, checker.Dequeue, checker.Elements, checker.Balances, checker.Total, checker.Changes:
		if v.sort != sortNothing {
			return fmt.Errorf("it is invoked with the value %s, and must be with nil", v)
		}
	case checker.CAS, checker.TryCAS:
		if v.sort != sortList || len(v.list) != 2 {
			return fmt.Errorf("it must have a list of two values, and has %s", v)
		}
		if o.Arg, err = r.value(&v.list[0]); err == nil {
			o.Arg2, err = r.value(&v.list[1])
		}
	case checker.AddGet, checker.Release, checker.OpenSession, checker.Renew:
		o.Arg, err = sum(v)
	case checker.Expire, checker.Create, checker.Guard:
		err = r.asksService(o, v)
	case checker.Transfer:
		err = r.asksTransfer(o, v)
	case checker.Txn:
		err = r.asksTxn(o, v)
	case checker.Put:
		o.Arg, err = r.value(v)
	default:
		if o.Arg, err = r.value(v); err == nil && o.Arg == 0 {
			err = errors.New("it has no value")
		}
	}
	return err
}

// independent splits the value [key value] with which Jepsen gives operations on registers a key.
func independent(k checker.OpKind, v *value) (key, inner *value) {
	if v.sort != sortList || len(v.list) != 2 {
		return nil, nil
	}
	switch k {
	case checker.Get, checker.Put:
		return &v.list[0], &v.list[1]
	case checker.CAS, checker.TryCAS:
		if v.list[1].sort == sortList {
			return &v.list[0], &v.list[1]
		}
	}
	return nil, nil
}

// takeKey takes the key of an operation, which all of those have that are about one, or none.
func (r *recorder) takeKey(o *checker.Op, key *value) (err error) {
	if keyless(o.Kind) {
		if key != nil && key.sort != sortNothing {
			return errors.New("it has a key, and is about none")
		}
		return nil
	}
	if key == nil || key.sort == sortNothing {
		r.unkeyed = true
	} else if o.Key, err = r.key(key, false); err != nil {
		return err
	}
	if r.unkeyed && r.Keyed && (key == nil || len(r.history.Ops) > 0) {
		return errors.New("some operations have a key, and some have none")
	}
	return nil
}

// sum takes a number in which 0 is 0.
func sum(v *value) (int64, error) {
	if v.sort == sortFraction {
		return 0, errFraction(v)
	}
	if v.sort != sortNumber || v.number == math.MinInt64 {
		return 0, fmt.Errorf("%s is no number", v)
	}
	return v.number, nil
}

func (r *recorder) asksTransfer(o *checker.Op, v *value) error {
	from, to, amount := v.get("from"), v.get("to"), v.get("amount")
	if v.sort != sortMap || from == nil || to == nil || amount == nil {
		return errors.New("it must have a map of from, to and amount")
	}
	var err error
	if o.Key, err = r.key(from, false); err != nil {
		return err
	}
	k, err := r.key(to, false)
	if err != nil {
		return err
	}
	o.Arg = int64(k)
	o.Arg2, err = sum(amount)
	return err
}

// asksService takes the two arguments of an operation on a lock service, which are named.
func (r *recorder) asksService(o *checker.Op, v *value) (err error) {
	first, second := serviceNames(o.Kind)
	a, b := v.get(first), v.get(second)
	if v.sort != sortMap || a == nil || b == nil {
		return fmt.Errorf("it must have a map of %s and %s", first, second)
	}
	if o.Kind == checker.Guard {
		o.Arg, err = r.value(a)
	} else {
		o.Arg, err = sum(a)
	}
	if err != nil {
		return err
	}
	if o.Kind == checker.Create {
		o.Arg2, err = r.value(b)
	} else {
		o.Arg2, err = sum(b)
	}
	return err
}

// serviceNames returns what the two arguments of an operation on a lock service are called.
func serviceNames(k checker.OpKind) (first, second string) {
	switch k {
	case checker.Expire:
		return "session", "renewed"
	case checker.Create:
		return "session", "value"
	}
	return "value", "token"
}

// txnNames are what the items of transactions are called.
var txnNames = map[string]int64{
	"r": checker.TxnRead, "read": checker.TxnRead, "w": checker.TxnWrite, "write": checker.TxnWrite,
	"append": checker.TxnAppend, "list": checker.TxnList,
}

func (r *recorder) asksTxn(o *checker.Op, v *value) error {
	if v.sort != sortList || len(v.list) == 0 {
		return errors.New("it must have a list of items, such as [\"w\" 1 7]")
	}
	if err := r.room(3 * len(v.list)); err != nil {
		return err
	}
	in := make([]int64, 0, 3*len(v.list))
	for i := range v.list {
		item := &v.list[i]
		if item.sort != sortList || len(item.list) != 3 {
			return fmt.Errorf("item %d must be a list of what it does, a key and a value", i)
		}
		name, _ := item.list[0].word()
		what, known := txnNames[name]
		if !known {
			return fmt.Errorf("item %d is %s, and must be r, w, append or list", i, &item.list[0])
		}
		key, err := r.key(&item.list[1], false)
		if err != nil {
			return fmt.Errorf("item %d: %w", i, err)
		}
		n := int64(0)
		if what == checker.TxnWrite || what == checker.TxnAppend {
			if n, err = r.value(&item.list[2]); err != nil {
				return fmt.Errorf("item %d: %w", i, err)
			}
		} else if item.list[2].sort != sortNothing {
			return fmt.Errorf("item %d reads, and is invoked with the value %s", i, &item.list[2])
		}
		in = append(in, what, int64(key), n)
	}
	r.ext(o).In = in
	return nil
}

// returns takes what an operation returned.
func (r *recorder) returns(o *checker.Op, event *value) (err error) {
	key, v := event.get("key"), orNothing(event.get("value"))
	if key == nil && r.Keyed {
		if k, inner := independent(o.Kind, v); k != nil && (o.Kind == checker.Get || o.Kind == checker.Put || v.list[1].sort == sortList) {
			key, v = k, inner
		}
	}
	if key != nil && key.sort != sortNothing {
		k, err := r.key(key, false)
		if err != nil {
			return err
		}
		if k != o.Key {
			return fmt.Errorf("it ends with the key %s, and was invoked with another", key)
		}
	}
	switch o.Kind {
	case checker.Get:
		switch v.sort {
		case sortList:
			o.Kind = checker.List
			return r.list(o, v)
		case sortMap:
			o.Kind = checker.Balances
			return r.balances(o, v)
		}
		o.Out, err = r.value(v)
	case checker.Dequeue, checker.Propose:
		o.Out, err = r.value(v)
	case checker.CAS:
		return r.returnsCAS(o, v)
	case checker.AddGet, checker.Total, checker.Renew, checker.Changes:
		o.Out, err = sum(v)
	case checker.Acquire:
		if v.sort == sortNothing || v.sort == sortBool && v.number == 0 {
			return nil
		}
		if o.Out, err = sum(v); err == nil && o.Out <= 0 {
			err = fmt.Errorf("the token %s is not above 0", v)
		}
	case checker.TryCAS, checker.Insert, checker.Contains, checker.Release, checker.Transfer, checker.OpenSession, checker.Expire, checker.Create, checker.Guard:
		return r.returnsWhether(o, v)
	case checker.List, checker.Elements:
		return r.list(o, v)
	case checker.Balances:
		return r.balances(o, v)
	case checker.Txn:
		return r.returnsTxn(o, v)
	default: // no more than it asked for
		if v.sort == sortNothing {
			return nil
		}
		n, err := r.value(v)
		if err != nil {
			return err
		}
		if n != o.Arg {
			return fmt.Errorf("it ends with the value %s, and was invoked with another", v)
		}
	}
	return err
}

func (r *recorder) returnsCAS(o *checker.Op, v *value) (err error) {
	switch v.sort {
	case sortList:
		var again checker.Op
		if len(v.list) == 2 {
			if again.Arg, err = r.value(&v.list[0]); err == nil {
				again.Arg2, err = r.value(&v.list[1])
			}
		}
		if err == nil && (len(v.list) != 2 || again.Arg != o.Arg || again.Arg2 != o.Arg2) {
			err = fmt.Errorf("it ends with %s, and was invoked with other values", v)
		}
		o.Out = o.Arg
	case sortBool:
		if o.Out = o.Arg; v.number == 0 {
			o.Kind, o.Out = checker.TryCAS, 0
		}
	default:
		o.Out, err = r.value(v)
	}
	return err
}

// returnsWhether takes yes or no. Some say yes by giving back what was asked for.
func (r *recorder) returnsWhether(o *checker.Op, v *value) error {
	switch {
	case v.sort == sortBool:
		o.Out = v.number
		return nil
	case o.Kind == checker.Release && v.sort == sortNumber && v.number == o.Arg:
		o.Out = 1
		return nil
	case o.Kind == checker.Transfer && v.sort == sortMap:
		var again checker.Op
		if err := r.asksTransfer(&again, v); err != nil {
			return err
		}
		if again.Key == o.Key && again.Arg == o.Arg && again.Arg2 == o.Arg2 {
			o.Out = 1
			return nil
		}
	}
	return fmt.Errorf("it must end with true or false, and ends with %s", v)
}

func (r *recorder) list(o *checker.Op, v *value) error {
	if v.sort != sortList {
		return fmt.Errorf("it must end with a list, and ends with %s", v)
	}
	out, err := r.elements(nil, v)
	if err == nil {
		r.ext(o).Out = out
	}
	return err
}

// elements puts the elements of a list behind others.
func (r *recorder) elements(out []int64, v *value) ([]int64, error) {
	if err := r.room(len(v.list)); err != nil {
		return nil, err
	}
	out = slices.Grow(out, len(v.list))
	for i := range v.list {
		n, err := r.value(&v.list[i])
		if err != nil {
			return nil, err
		}
		out = append(out, n)
	}
	return out, nil
}

func (r *recorder) balances(o *checker.Op, v *value) error {
	if v.sort != sortMap {
		return fmt.Errorf("it must end with a map of accounts, and ends with %s", v)
	}
	if err := r.room(len(v.list)); err != nil {
		return err
	}
	out := make([]int64, 0, len(v.list))
	for i := 0; i < len(v.list); i += 2 {
		k, err := r.key(&v.list[i], true)
		if err != nil {
			return err
		}
		n, err := sum(&v.list[i+1])
		if err != nil {
			return err
		}
		out = append(out, int64(k), n)
	}
	r.ext(o).Out = out
	return nil
}

func (r *recorder) returnsTxn(o *checker.Op, v *value) error {
	in := r.ext(o).In
	if v.sort != sortList || 3*len(v.list) != len(in) {
		return errors.New("it must end with the items that it was invoked with")
	}
	var out []int64
	for i := range v.list {
		item := &v.list[i]
		if item.sort != sortList || len(item.list) != 3 {
			return fmt.Errorf("item %d must be a list of what it does, a key and a value", i)
		}
		name, _ := item.list[0].word()
		key, err := r.key(&item.list[1], false)
		if err != nil {
			return fmt.Errorf("item %d: %w", i, err)
		}
		if txnNames[name] != in[3*i] || int64(key) != in[3*i+1] {
			return fmt.Errorf("item %d is not the one that it was invoked with", i)
		}
		result := &item.list[2]
		switch {
		case in[3*i] == checker.TxnWrite || in[3*i] == checker.TxnAppend:
			n, err := r.value(result)
			if err == nil && n != in[3*i+2] {
				err = errors.New("its value is not the one that it was invoked with")
			}
			if err != nil {
				return fmt.Errorf("item %d: %w", i, err)
			}
		case result.sort == sortList: // what reads a list is known by what it returns
			in[3*i] = checker.TxnList
			out, err = r.elements(append(out, int64(len(result.list))), result)
		case in[3*i] == checker.TxnList && result.sort != sortNothing:
			err = fmt.Errorf("it must read a list, and reads %s", result)
		default: // the value, or the length of a list of none
			var n int64
			n, err = r.value(result)
			out = append(out, n)
		}
		if err != nil {
			return fmt.Errorf("item %d: %w", i, err)
		}
	}
	if err := r.room(len(v.list)); err != nil {
		return err
	}
	r.ext(o).Out = out
	return nil
}
