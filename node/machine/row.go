package machine

import "bytes"

// RowOf returns the key that a command of KV is about, for stores that keep every key by itself. It returns false if the command makes no sense.
func RowOf(cmd []byte) (key []byte, ok bool) {
	c, ok := parseRow(cmd)
	return c.key, ok
}

// ReadsRow tells whether the command is a get.
func ReadsRow(cmd []byte) bool { return len(cmd) > 0 && cmd[0] == opGet }

// ChangeRow is what a command of KV does to the value of its key: it returns the new value, nil if that stays as it is, and the result, as KV.Apply does.
func ChangeRow(cmd, old []byte, found bool) (value, output []byte) {
	c, ok := parseRow(cmd)
	if !ok {
		return nil, []byte{resultError}
	}
	if found {
		output = append([]byte{resultValue}, old...)
	} else {
		output = []byte{resultAbsent}
	}
	hit := false
	switch c.op {
	case opPut:
		hit = true
	case opCASAbsent:
		hit = !found
	case opCAS:
		hit = found && bytes.Equal(old, c.expect)
	}
	if !hit {
		return nil, output
	}
	return append([]byte{}, c.value...), output
}

type rowCommand struct {
	op                 byte
	key, expect, value []byte
}

func parseRow(cmd []byte) (c rowCommand, ok bool) {
	if len(cmd) == 0 || cmd[0] < opGet || cmd[0] > opCASAbsent {
		return c, false
	}
	c.op = cmd[0]
	key, at := cutBytes(cmd, 1)
	c.key = key
	if c.op == opCAS {
		c.expect, at = cutBytes(cmd, at)
	}
	if c.op != opGet {
		c.value, at = cutBytes(cmd, at)
	}
	return c, at == len(cmd)
}
