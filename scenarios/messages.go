package scenarios

import (
	"encoding/json"
	"fmt"
	"strings"

	"simrun/faults"
	"simrun/netsim"
	"simrun/node"
)

// In memory the kinds of a protocol's messages are numbers. An artifact has their names, so that it keeps its meaning when the protocol
// gets another kind. Numbers are read, too: of artifacts from before, and of protocols that name nothing.

// messageNames are the names of a protocol's kinds of messages, by number; empty where it has none.
type messageNames []string

func (spec *Spec[M, PM]) messageNames() (list messageNames) {
	if spec.MessageName == nil {
		return nil
	}
	for k := 0; k <= int(spec.Messages); k++ {
		list = append(list, "")
		if k > 0 {
			list[k] = spec.MessageName(uint8(k))
		}
	}
	return list
}

// MessageNames returns what the scenario's protocol calls its kinds of messages, by number; nothing where it names none.
func (s Scenario) MessageNames() []string { return s.messages }

// MessageKind returns the number of the kind of message that the scenario's protocol calls by that name.
func (s Scenario) MessageKind(name string) (kind uint8, ok bool) {
	for k, n := range s.messages {
		if n == name && name != "" {
			return uint8(k), true
		}
	}
	return 0, false
}

// messageText is a kind of message as an artifact has it: what the protocol calls it, or what netsim.Kind is in text.
type messageText string

// UnmarshalJSON reads a name or a number, with quotation marks or without.
func (t *messageText) UnmarshalJSON(text []byte) error {
	var number uint16
	if json.Unmarshal(text, &number) == nil {
		*t = messageText(text)
		return nil
	}
	return json.Unmarshal(text, (*string)(t))
}

func (list messageNames) text(k netsim.Kind) messageText {
	if int(k) < len(list) && list[k] != "" {
		return messageText(list[k])
	}
	return messageText(k.String())
}

func (list messageNames) parse(t messageText) (k netsim.Kind, err error) {
	names := make([]string, 0, len(list))
	for i, name := range list {
		if name == string(t) && name != "" {
			return netsim.Kind(i), nil
		}
		if name != "" {
			names = append(names, name)
		}
	}
	if err := k.UnmarshalText([]byte(t)); err != nil && len(names) > 0 {
		return 0, fmt.Errorf("the protocol has no message %q: there are %s; and request, and reply/1 for a reply of status 1", t, strings.Join(names, ", "))
	} else if err != nil {
		return 0, err
	}
	return k, nil
}

// planText and fateTexts are the parts of an Input that name messages, as an artifact has them: each field of theirs takes the place of the one
// of that name in what it is made of.
type planText struct {
	Faults []faultText `json:"faults"`
}

type faultText struct {
	faults.Fault
	Message messageText `json:"message,omitempty"`
}

type fateText struct {
	Fate netsim.Fate `json:"fate"` // these come first
	From node.Addr   `json:"from"`
	To   node.Addr   `json:"to"`
	Kind messageText `json:"kind"`
	Exception
}

func (list messageNames) writePlan(p faults.Plan) (out planText) {
	if p.Faults != nil { // an empty list is another text than none, and the text is what tells of edits
		out.Faults = []faultText{}
	}
	for i := range p.Faults {
		f := faultText{Fault: p.Faults[i]}
		if f.Fault.Message > 0 {
			f.Message = list.text(netsim.Kind(f.Fault.Message))
		}
		out.Faults = append(out.Faults, f)
	}
	return out
}

func (list messageNames) readPlan(p planText) (out faults.Plan, err error) {
	if p.Faults != nil {
		out.Faults = []faults.Fault{}
	}
	for i, f := range p.Faults {
		if f.Message != "" {
			k, err := list.parse(f.Message)
			if err == nil && k > 255 {
				err = fmt.Errorf("it is about messages between replicas, and %q is none", f.Message)
			}
			if err != nil {
				return out, fmt.Errorf("plan: fault %d: message: %w", i+1, err)
			}
			f.Fault.Message = uint8(k)
		}
		out.Faults = append(out.Faults, f.Fault)
	}
	return out, nil
}

func (list messageNames) writeFates(fates []Exception) (out []fateText) {
	for _, e := range fates {
		out = append(out, fateText{e.Fate, e.From, e.To, list.text(e.Kind), e})
	}
	return out
}

func (list messageNames) readFates(fates []fateText) (out []Exception, err error) {
	for i, t := range fates {
		e := t.Exception
		e.Fate, e.From, e.To = t.Fate, t.From, t.To
		if e.Kind, err = list.parse(t.Kind); err != nil {
			return nil, fmt.Errorf("fates: exception %d: kind: %w", i+1, err)
		}
		out = append(out, e)
	}
	return out, nil
}
