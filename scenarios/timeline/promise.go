package timeline

import (
	"slices"
	"strings"
)

// promise is a promise that the violation breaks. Its story is that of the promise as much as that of the vote: when it was made, and what befell the
// replica before it forgot.
type promise struct {
	who, ballot string
	asked       int  // the record in which the replica began to promise; -1 before
	kept        bool // it is on the disk, and told
}

// findPromise finds the promise that the violation breaks: of the ballots that it names, the highest.
func (f *focus) findPromise() {
	if !strings.HasPrefix(f.t.Fingerprint, "promise:") || len(f.roots) == 0 {
		return
	}
	last := &f.t.Records[f.roots[0]]
	p := promise{who: last.Who, asked: -1}
	for _, b := range ballotInText.FindAllString(f.t.Detail, -1) {
		if p.ballot == "" || less(p.ballot, b) {
			p.ballot = b
		}
	}
	if last.Kind == "VIOLATION" && p.who != "" && p.ballot != "" {
		f.broken = &p
	}
}

// promise tells when the promise was made. The promiser's own ballot may die with it before any message is out, and a promise may be on the disk
// although the crash came before the group commit was through: no record then says that it is durable.
func (s *story) promise(i int, p *promise) {
	r := &s.t.Records[i]
	switch {
	case p.kept:
	case r.Kind == "log" && strings.HasSuffix(r.Text, " ballot "+p.ballot) && owner(p.ballot) == p.who,
		r.Kind == "recv" && r.Name == "Prepare" && r.Ballot == p.ballot:
		p.asked = i
	case r.Kind == "durable" && r.Ballot == p.ballot:
		if p.asked < 0 {
			p.asked = i
		}
		if p.kept = true; !s.heard(i, p) {
			s.promised(&s.t.Records[p.asked], p, "promises", "promise")
		}
	case r.Kind == "crash" && p.asked >= 0 && !s.later(i, p):
		p.kept = true
		s.promised(&s.t.Records[p.asked], p, "writes its promise", "write their promise")
	}
}

// later tells whether the promise is made only after this record: what a crash took was none.
func (s *story) later(i int, p *promise) bool {
	return slices.ContainsFunc(s.t.Records[i:], func(r Record) bool { return r.Kind == "durable" && r.Who == p.who && r.Ballot == p.ballot })
}

// heard tells whether the promise came to the one it was given to before its replica crashed: that tells of it too, with what it says.
func (s *story) heard(i int, p *promise) bool {
	for j := i + 1; j < len(s.t.Records); j++ {
		switch r := &s.t.Records[j]; {
		case r.Kind == "crash" && r.Who == p.who:
			return false
		case s.need[j] && r.Kind == "recv" && r.Name == "Promise" && r.Peer == p.who && r.Ballot == p.ballot:
			return true
		}
	}
	return false
}

// promised adds the promise to what asks for it, which is told here if no message does.
func (s *story) promised(r *Record, p *promise, one, many string) {
	asker := owner(p.ballot)
	asking := *r
	asking.Ballot = p.ballot
	key := phase("Prepare", asker, &asking)
	if !s.told[key] {
		s.told[key], s.told[asker] = true, true
		s.open[key] = s.say(r, weightPrepare, asker+" prepares ballot "+p.ballot)
	}
	s.answer(&asking, p.who, asker, "Prepare", one, many, weightPrepare)
}
