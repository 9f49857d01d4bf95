package machine

import (
	"cmp"
	"encoding/binary"
	"slices"
)

// Bank is numbered accounts and transfers among them. What is in an account never falls below zero by a transfer; the sum changes by
// deposits alone. The zero Bank has nothing in any account.
type Bank struct {
	accounts []account // in order of their numbers; those with nothing in them are left out
	sum      int64
	digest   [2]uint64
}

type account struct {
	number  uint32
	balance int64
}

// Opcodes of commands of a Bank. Numbers behind them are big endian: accounts have four bytes, amounts eight.
const (
	bankDeposit  byte = iota + 1 // account, amount
	bankTransfer                 // from, to, amount
	bankBalance                  // account
	bankTotal
)

// AppendDeposit appends the command that pays amount into an account, or takes it out if negative. Its result is the balance after.
func AppendDeposit(dst []byte, to uint32, amount int64) []byte {
	return appendAmount(binary.BigEndian.AppendUint32(append(dst, bankDeposit), to), amount)
}

// AppendTransfer appends the command that moves amount between accounts if the first has that much. Its result is 1 if it did, and 0 if not.
func AppendTransfer(dst []byte, from, to uint32, amount int64) []byte {
	dst = binary.BigEndian.AppendUint32(append(dst, bankTransfer), from)
	return appendAmount(binary.BigEndian.AppendUint32(dst, to), amount)
}

// AppendBalance appends the command that reads an account.
func AppendBalance(dst []byte, of uint32) []byte {
	return binary.BigEndian.AppendUint32(append(dst, bankBalance), of)
}

// AppendTotal appends the command that reads the sum of all accounts.
func AppendTotal(dst []byte) []byte { return append(dst, bankTotal) }

// Amount reads the result of a command: eight bytes, big endian.
func Amount(out []byte) (int64, error) {
	if len(out) != 8 {
		return 0, errMalformed
	}
	return int64(binary.BigEndian.Uint64(out)), nil
}

func appendAmount(dst []byte, amount int64) []byte {
	return binary.BigEndian.AppendUint64(dst, uint64(amount))
}

// Apply executes a command made by one of the Append functions above.
func (b *Bank) Apply(cmd, dst []byte) []byte {
	if len(cmd) == 0 {
		return append(dst, resultError)
	}
	args := cmd[1:]
	switch {
	case cmd[0] == bankDeposit && len(args) == 12:
		to, amount := binary.BigEndian.Uint32(args), int64(binary.BigEndian.Uint64(args[4:]))
		b.add(to, amount)
		return appendAmount(dst, b.balance(to))
	case cmd[0] == bankTransfer && len(args) == 16:
		from, to := binary.BigEndian.Uint32(args), binary.BigEndian.Uint32(args[4:])
		amount := int64(binary.BigEndian.Uint64(args[8:]))
		if amount < 0 || b.balance(from) < amount {
			return appendAmount(dst, 0)
		}
		b.add(from, -amount)
		b.add(to, amount)
		return appendAmount(dst, 1)
	}
	out, ok := b.Query(cmd, dst)
	if !ok {
		return append(dst, resultError)
	}
	return out
}

// Query executes a command made by AppendBalance or AppendTotal.
func (b *Bank) Query(cmd, dst []byte) ([]byte, bool) {
	switch {
	case len(cmd) == 5 && cmd[0] == bankBalance:
		return appendAmount(dst, b.balance(binary.BigEndian.Uint32(cmd[1:]))), true
	case len(cmd) == 1 && cmd[0] == bankTotal:
		return appendAmount(dst, b.sum), true
	}
	return dst, false
}

func (b *Bank) find(number uint32) (at int, found bool) {
	return slices.BinarySearchFunc(b.accounts, number, func(a account, n uint32) int { return cmp.Compare(a.number, n) })
}

func (b *Bank) balance(number uint32) int64 {
	if at, found := b.find(number); found {
		return b.accounts[at].balance
	}
	return 0
}

func (b *Bank) add(number uint32, amount int64) {
	at, found := b.find(number)
	if !found {
		b.accounts = slices.Insert(b.accounts, at, account{number: number})
	}
	a := &b.accounts[at]
	b.toggle(*a, -1)
	a.balance += amount
	b.sum += amount
	b.toggle(*a, 1)
	if a.balance == 0 {
		b.accounts = slices.Delete(b.accounts, at, at+1)
	}
}

// toggle puts an account's share into the digest, or takes it out. Nothing in an account is no share.
func (b *Bank) toggle(a account, sign int64) {
	if a.balance == 0 {
		return
	}
	h0, h1 := mix(empty0, empty1, uint64(a.number))
	h0, h1 = mix(h0, h1, uint64(a.balance))
	b.digest[0] += h0 * uint64(sign)
	b.digest[1] += h1 * uint64(sign)
}

// Digest identifies the balances.
func (b *Bank) Digest() [2]uint64 { return b.digest }

// Snapshot appends the accounts in order: number and balance, twelve bytes each.
func (b *Bank) Snapshot(dst []byte) []byte {
	for _, a := range b.accounts {
		dst = appendAmount(binary.BigEndian.AppendUint32(dst, a.number), a.balance)
	}
	return dst
}

// Restore sets the balances to those of a snapshot. It refuses anything that Snapshot would not write.
func (b *Bank) Restore(snapshot []byte) error {
	if len(snapshot)%12 != 0 {
		return errMalformed
	}
	var restored Bank
	for ; len(snapshot) > 0; snapshot = snapshot[12:] {
		number, balance := binary.BigEndian.Uint32(snapshot), int64(binary.BigEndian.Uint64(snapshot[4:]))
		if n := len(restored.accounts); balance == 0 || n > 0 && restored.accounts[n-1].number >= number {
			return errMalformed
		}
		restored.add(number, balance)
	}
	*b = restored
	return nil
}
