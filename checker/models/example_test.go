package models_test

import (
	"context"
	"fmt"
	"strings"

	"simrun/checker"
	"simrun/checker/format"
	"simrun/checker/models"
)

// A lock is granted to two clients at once. The history is one that clients of some service recorded, and the model is guessed.
func Example() {
	r, err := format.Read(context.Background(), strings.NewReader(`
{"process": 1, "type": "invoke", "f": "acquire", "key": 0}
{"process": 1, "type": "ok", "f": "acquire", "key": 0, "value": 33}
{"process": 2, "type": "invoke", "f": "acquire", "key": 0}
{"process": 2, "type": "ok", "f": "acquire", "key": 0, "value": 34}
`), format.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	m, err := models.Guess(&r.History, r.Keyed)
	if err != nil {
		fmt.Println(err)
		return
	}
	var c checker.Checker
	result := c.Check(&r.History, m.For(&r.History), checker.Options{})
	fmt.Println(m.Name, result.Verdict().Kind)
	fmt.Println(result.Reason)
	// Output:
	// lock violation
	// no order explains c2 acquire k0 = token 34 [2,3], given c1 acquire k0 = token 33 [0,1]
}
