package gallery

import (
	"fmt"

	"simrun/checker"
	"simrun/checker/models"
	"simrun/faults"
	"simrun/node/machine"
	"simrun/scenarios"
	"simrun/sim/stream"
)

// accounts is the workload of a bank. Account 0 is the one that everybody draws from, the others are the cash desks.
type accounts struct{}

// opening is what is paid into account 0 at first, and withdrawal what everybody wants, in dollars.
const (
	opening    = 1500
	withdrawal = 1000
)

// Operation pays in, moves money, or looks at it. When the safety phase is over everybody counts all the money there is.
func (accounts) Operation(c *scenarios.Config, lot uint64, index int) scenarios.Operation {
	s := stream.New(lot, "bank", 0)
	account := func() uint32 { return uint32(s.N(uint64(c.Keys) + 2)) }
	switch {
	case index == 0:
		return scenarios.Operation{Kind: checker.Add, Key: 0, Arg: opening}
	case index >= c.Operations:
		return scenarios.Operation{Kind: checker.Total}
	}
	switch s.N(6) {
	case 0:
		return scenarios.Operation{Kind: checker.Add, Key: account(), Arg: int64(s.N(opening))}
	case 1:
		return scenarios.Operation{Kind: checker.Get, Key: account()}
	case 2:
		return scenarios.Operation{Kind: checker.Total}
	case 3:
		return scenarios.Operation{Kind: checker.Transfer, Key: account(), Arg: 0, Arg2: int64(s.N(withdrawal))}
	}
	return scenarios.Operation{Kind: checker.Transfer, Key: 0, Arg: int64(account()), Arg2: withdrawal}
}

// Command encodes the operation for machine.Bank.
func (accounts) Command(dst []byte, o scenarios.Operation) []byte {
	switch o.Kind {
	case checker.Add:
		return machine.AppendDeposit(dst, o.Key, o.Arg)
	case checker.Transfer:
		return machine.AppendTransfer(dst, o.Key, uint32(o.Arg), o.Arg2)
	case checker.Get:
		return machine.AppendBalance(dst, o.Key)
	}
	return machine.AppendTotal(dst)
}

// Result decodes an amount.
func (accounts) Result(_ scenarios.Operation, output []byte) (int64, error) {
	return machine.Amount(output)
}

// Kinds is what Operation makes up.
func (accounts) Kinds() []checker.OpKind {
	return []checker.OpKind{checker.Add, checker.Get, checker.Total, checker.Transfer}
}

// Model returns the bank's.
func (accounts) Model() checker.Model { return models.Bank.Model }

// neverOverdrawn looks at account 0 alone, and so says in plain words what linearizability would say in general ones: all that was taken out of it for certain
// is not more than may have been put in.
func neverOverdrawn(c *scenarios.Config, h *checker.History) *checker.Violation {
	in, out := int64(0), int64(0)
	var payments, withdrawals []string
	for i := range h.Ops {
		o := &h.Ops[i]
		switch {
		case o.Kind == checker.Add && o.Key == 0 && o.Outcome != checker.Fail:
			in += o.Arg
			payments = append(payments, scenarios.OperationName(c, h, i))
		case o.Kind == checker.Transfer && o.Arg == 0 && o.Key != 0 && (o.Outcome != checker.OK || o.Out != 0):
			in += o.Arg2
			payments = append(payments, scenarios.OperationName(c, h, i))
		case o.Kind == checker.Transfer && o.Key == 0 && o.Arg != 0 && o.Outcome == checker.OK && o.Out != 0:
			out += o.Arg2
			withdrawals = append(withdrawals, scenarios.OperationName(c, h, i))
		}
	}
	if out > in {
		return &checker.Violation{Check: "bank", Shape: "overdrawn",
			Detail: fmt.Sprintf("$%d were paid out of account 0 in %d withdrawals, and no more than $%d can have been in it: paid in by %s, out by %s",
				out, len(withdrawals), in, names(payments), names(withdrawals))}
	}
	return nil
}

// threeWithdrawals is the script of the story: c1 pays in; c2 in New York, c3 in London and c4 in Tokyo want the money at the same moment, each from the replica next to it.
func threeWithdrawals(c *scenarios.Config) faults.Plan {
	c.Nodes, c.Clients = 3, 4
	c.Script = []scenarios.Call{
		{Client: 1, At: 300 * ms, To: 1, Do: "add", Key: 0, Arg: opening},
		{Client: 2, At: 600 * ms, To: 1, Do: "transfer", Key: 0, Arg: 1, Arg2: withdrawal},
		{Client: 3, At: 600 * ms, To: 2, Do: "transfer", Key: 0, Arg: 2, Arg2: withdrawal},
		{Client: 4, At: 600 * ms, To: 3, Do: "transfer", Key: 0, Arg: 3, Arg2: withdrawal},
	}
	return faults.Plan{}
}

func bank() scenarios.Scenario {
	s := scenarios.OnLog(func() machine.Machine { return new(machine.Bank) })
	s.Name = "bank"
	s.Doc = "$1,500 and three withdrawals of $1,000 at the same moment, in New York, London and Tokyo: exactly one gets the money"
	s.Workload = accounts{}
	s.Judge = neverOverdrawn
	s.Story = &scenarios.Story{
		Look: "c1 pays $1,500 into account 0. At 600ms c2 (New York, n1), c3 (London, n2) and c4 (Tokyo, n3) ask for $1,000 each. All three requests " +
			"end up in the log of one leader, in three slots: the first of them finds $1,500, the other two find $500 and are refused. The sum of all accounts is $1,500 before and after.",
		Told: threeWithdrawals,
	}
	return scenarios.Define(s)
}

func bankUncoordinated() scenarios.Scenario {
	s := unordered(func() machine.Machine { return new(machine.Bank) })
	s.Name = "bank-uncoordinated"
	s.Doc = "contrast: the same bank, whose branches answer from their own copy and tell the others later: all three pay out"
	s.Workload = accounts{}
	s.Judge = neverOverdrawn
	s.Story = &scenarios.Story{
		Look: "each branch looks at its own copy, finds $1,500, pays $1,000 and then tells the others. $3,000 leave an account that had $1,500, without a " +
			"single fault: no order of the three withdrawals explains what the customers saw.",
		Told:   threeWithdrawals,
		Expect: "bank: overdrawn",
	}
	return scenarios.Define(s)
}
