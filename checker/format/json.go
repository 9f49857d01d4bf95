package format

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// jsonLine takes an event of a line.
func (r *recorder) jsonLine(number uint32, line []byte) error {
	d := json.NewDecoder(bytes.NewReader(line))
	d.UseNumber()
	v, err := jsonValue(d, r.limits.Depth)
	if err == nil {
		if _, err = d.Token(); errors.Is(err, io.EOF) {
			return r.event(number, &v)
		}
		err = errors.New("there is more behind it")
	}
	return fmt.Errorf("it is not a JSON object, %w", jsonError(err))
}

// jsonError says in few words what is wrong, in the words of JSON and not of Go.
func jsonError(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("or it is cut off")
	}
	return errors.New(strings.TrimPrefix(err.Error(), "json: "))
}

// jsonValue reads a value, of lists at most depth deep.
func jsonValue(d *json.Decoder, depth int) (value, error) {
	t, err := d.Token()
	if err != nil {
		return value{}, err
	}
	switch t := t.(type) {
	case nil:
		return value{}, nil
	case bool:
		v := value{sort: sortBool}
		if t {
			v.number = 1
		}
		return v, nil
	case json.Number:
		n, err := strconv.ParseInt(string(t), 10, 64)
		if err != nil {
			return value{}, fmt.Errorf("%s is no whole number of 64 bits", cut(string(t)))
		}
		return value{sort: sortNumber, number: n}, nil
	case string:
		return value{sort: sortText, text: t}, nil
	}
	if depth == 0 {
		return value{}, errors.New("it has too many lists in lists")
	}
	v := value{sort: sortList}
	if t == json.Delim('{') {
		v.sort = sortMap
	}
	for d.More() {
		e, err := jsonValue(d, depth-1)
		if err != nil {
			return value{}, noEnd(err)
		}
		if v.sort == sortMap && len(v.list)%2 == 0 {
			if v.get(e.text) != nil {
				return value{}, fmt.Errorf("it has %s twice", shortened(e.text))
			}
			if len(v.list) >= 2*mapMost {
				return value{}, errMap
			}
		}
		v.list = append(v.list, e)
	}
	_, err = d.Token()
	return v, noEnd(err)
}

// noEnd keeps an end in the middle of something from being taken for a good one.
func noEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
