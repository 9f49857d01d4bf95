package timeline

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// maxStory is how many sentences a story has at most.
const maxStory = 20

// Tell tells the run in a few sentences, in order of time, the last of which is what came of it. It starts from what went
// wrong and goes back along what happened before it: of that it keeps the ballots, slots and operations that the violation
// is about, and what befell those who took part. It knows the words of Paxos (Prepare, Promise, Accept, Accepted); of
// another protocol it tells who sent what to whom. A run that passed has no story.
func (t *Timeline) Tell() []string {
	if t.Verdict == "pass" || t.Verdict == "" {
		return nil
	}
	s := &story{t: t, focus: t.focus(), open: map[string]int{}, told: map[string]bool{}, stood: map[string]int{}, last: map[string]int{}, reports: map[string]report{}, votes: map[string]report{}}
	s.need = t.past(s.focus.roots, s.focus.until)
	for i := range t.Records {
		if s.need[i] {
			s.take(i)
		}
	}
	return append(append(s.lines(), t.waits(s.focus.stuck)...), t.conclusion())
}

// story is a story in the making.
type story struct {
	t         *Timeline
	focus     *focus
	need      []bool // records that may have led to the violation
	sentences []sentence
	open      map[string]int    // sentences that can be gone on with: the asking of a phase, by its name
	told      map[string]bool   // answers that are in it already
	stood     map[string]int    // sentences of those who say that they begin a phase 1, by its name
	last      map[string]int    // sentences that a later one of the kind takes the place of
	votes     map[string]report // the last vote on a replica's disk, by replica and slot
	reports   map[string]report // the highest vote that promises reported so far, by ballot and slot
}

// A sentence tells what somebody did, and then what others did about it.
type sentence struct {
	at     int64
	weight int // those of little weight are left out of a long story
	head   string
	parts  []part
	again  int   // how often the same was done again
	until  int64 // and when for the last time
}

// part says that some did the same.
type part struct {
	who       []string
	one, many string // what one does, what several do
}

// The weights of sentences.
const (
	weightNone     = 0 // left out in any case
	weightNoise    = 10
	weightMessage  = 20
	weightRefusal  = 30
	weightFault    = 40
	weightLead     = 45
	weightCall     = 50
	weightRestart  = 60
	weightCrash    = 65
	weightPrepare  = 70
	weightAccept   = 75
	weightWitness  = 80
	weightLoss     = 85
	weightDecision = 90
)

// The words of Paxos. What asks is answered; the rest is told as it is.
var answers = map[string]string{"Promise": "Prepare", "Accepted": "Accept", "Reject": ""}

// noise is not worth a sentence: it repeats what others say.
var noise = map[string]bool{
	"Heartbeat": true, "Alive": true, "Learn": true, "Query": true, "Fetch": true, "PreVote": true, "PreVoted": true, "Request": true, "Reply": true,
}

func (s *story) say(r *Record, weight int, head string) int {
	s.sentences = append(s.sentences, sentence{at: r.At, weight: weight, head: head})
	return len(s.sentences) - 1
}

// take takes in a record that may have led to the violation.
func (s *story) take(i int) {
	r := &s.t.Records[i]
	if p := s.focus.broken; p != nil && r.Who == p.who {
		s.promise(i, p)
	}
	switch r.Kind {
	case "call":
		s.call(i)
	case "return":
		s.returned(r)
	case "send":
		s.send(i)
	case "lost", "deaf":
		s.lost(r)
	case "recv":
		s.receive(r)
	case "durable":
		s.durable(r)
	case "crash":
		s.crash(r)
	case "start":
		if s.told["crash "+r.Who] {
			s.together(r, s.weighs(r, weightRestart), "is back", "are back")
		}
	case "fault":
		switch {
		case r.Who != "": // what became of a disk, as its host tells it
			if s.focus.actor(r.Who) {
				s.told[r.Who] = true
				s.say(r, weightLoss, r.Who+": "+r.Text)
			}
		case r.Name != "crash" && s.focus.struck(r):
			s.say(r, weightFault, faultText(r.Text))
		}
	case "observe":
		switch {
		case !s.focus.about(r):
		case r.Name == "leading":
			s.say(r, weightLead, r.Who+" "+r.Text)
		case s.focus.lease && (r.Name == "granted" || r.Name == "leased"):
			s.lease(r)
		}
	case "log":
		if ballot, stands := strings.CutPrefix(r.Text, "stands for election in ballot "); stands && s.focus.lease && s.focus.ballots[ballot] {
			s.ask(&Record{At: r.At, Who: r.Who, Name: "Prepare", Ballot: ballot}, weightPrepare, r.Who+" "+r.Text)
		}
		s.stands(r)
		if s.focus.ballots == nil && s.focus.slots == nil {
			if !strings.HasPrefix(r.Text, "prepares ballot") && !strings.HasPrefix(r.Text, "stands for election") { // its messages tell that
				s.say(r, weightMessage, r.Who+" "+r.Text)
			}
		}
	case "phase":
		if s.focus.mishaps || !strings.HasPrefix(r.Text, "all faults end; ") {
			s.say(r, weightLead, r.Text)
		}
	}
}

// stands notes that a replica says that it begins a ballot, in case no message of it does: none came to be sent, or there is nobody to send it to.
func (s *story) stands(r *Record) {
	for _, words := range []string{"stands for election in ballot ", "prepares ballot "} {
		ballot, begins := strings.CutPrefix(r.Text, words)
		if key := phase("Prepare", r.Who, &Record{Ballot: ballot}); begins && s.focus.ballots[ballot] && !s.told[key] {
			s.stood[key] = s.say(r, weightNone, r.Who+" "+r.Text)
		}
	}
}

// alone tells that there is one replica, which sends itself no messages that could tell what it does.
func (s *story) alone() bool { return s.t.Nodes == 1 }

// barrier closes all sentences: what comes after something grave is told after it.
func (s *story) barrier() { clear(s.open) }

func (s *story) call(i int) {
	r := &s.t.Records[i]
	if !s.focus.operation(r.Name) {
		return
	}
	whom := ""
	if i+1 < len(s.t.Records) {
		if next := &s.t.Records[i+1]; next.Kind == "send" && next.Who == r.Who && next.Event == r.Event {
			whom = " " + next.Peer
		}
	}
	s.open["call "+r.Name] = s.say(r, s.focus.opWeight(r.Name), fmt.Sprintf("%s asks%s: %s (%s)", r.Who, whom, s.focus.asked[r.Name], r.Name))
}

func (s *story) returned(r *Record) {
	if !s.focus.operation(r.Name) {
		return
	}
	_, what, _ := strings.Cut(r.Text, " ")
	at, ongoing := s.open["call "+r.Name]
	switch {
	case r.Peer == "":
		s.say(r, weightNoise, r.Who+" gives up on "+r.Name)
		return
	case ongoing && s.focus.witnessed():
		_, out, _ := strings.Cut(what, " = ")
		s.sentences[at].add(r.Peer, fmt.Sprintf("answers %s at %s", out, milliseconds(r.At)), "")
		return
	}
	s.say(r, s.focus.opWeight(r.Name), fmt.Sprintf("%s hears from %s: %s (%s)", r.Who, r.Peer, what, r.Name))
}

// lease tells of a lease that is granted or relied on, in the place of what was told of it before: only the last time matters.
func (s *story) lease(r *Record) {
	key := "lease " + r.Name + r.Who
	if before, told := s.last[key]; told {
		s.sentences[before].weight = weightNone
	}
	text := r.Who + " " + r.Text
	if r.Name == "granted" {
		text += " in ballot " + r.Ballot
	}
	s.last[key] = s.say(r, weightAccept, text)
}

// phase names what a message of Paxos belongs to: the asking of one replica in one ballot about one slot. None for other messages.
func phase(asking, owner string, r *Record) string {
	if asking == "" || r.Ballot == "" {
		return ""
	}
	slot := r.Slot
	if asking == "Prepare" {
		slot = 0
	}
	return fmt.Sprint(asking, " ", owner, " ", r.Ballot, " ", slot)
}

func (s *story) send(i int) {
	r := &s.t.Records[i]
	if _, answer := answers[r.Name]; answer || noise[r.Name] || !s.focus.about(r) {
		return
	}
	switch r.Name {
	case "Prepare":
		if r.Ballot == "" { // another protocol's
			break
		}
		s.ask(r, weightPrepare, fmt.Sprintf("%s prepares ballot %s", r.Who, r.Ballot))
		return
	case "Accept":
		if r.Ballot == "" {
			break
		}
		s.ask(r, weightAccept, fmt.Sprintf("%s asks to accept %s in ballot %s%s", r.Who, s.focus.value(r), r.Ballot, s.slot(r)))
		return
	}
	if s.focus.ballots != nil {
		return // there is better to tell
	}
	// One handler's fan-out is one sentence, named by its event.
	key := fmt.Sprint("fan-out ", r.Event, " ", r.Who, " ", r.Name)
	at, ongoing := s.open[key]
	if !ongoing {
		at = s.say(r, weightMessage, r.Who+" sends "+s.text(r)+" to")
		s.open[key] = at
	}
	s.sentences[at].add(r.Peer, "", "")
}

// ask begins the sentence of a phase, at its first message.
func (s *story) ask(r *Record, weight int, head string) {
	key := phase(r.Name, r.Who, r)
	if s.told[key] {
		return
	}
	s.told[key], s.told[r.Who] = true, true
	if r.Name == "Accept" {
		s.told["over "+phase("Prepare", r.Who, r)] = true
		if seen, ok := s.reports[r.Ballot+s.slot(r)]; ok && seen.value != s.focus.value(r) && !s.told["known "+r.Ballot+s.slot(r)] {
			head += fmt.Sprintf(", although %s had reported %s accepted in %s", seen.by, s.focus.named(seen.value), seen.ballot)
		}
	}
	s.open[key] = s.say(r, weight, head)
}

// answer adds to the sentence of the phase that it answers, or begins one if that is closed.
func (s *story) answer(r *Record, who, owner, asking, one, many string, weight int) {
	key := phase(asking, owner, r)
	mark := key + who + one
	if !s.told[key] || s.told[mark] || s.told["over "+key] && s.focus.stuck == 0 {
		return // the asking is of no interest, or this is told, or it came too late to matter
	}
	s.told[mark], s.told[who] = true, true
	at, ongoing := s.open[key]
	if !ongoing {
		about := "in ballot " + r.Ballot
		if asking == "Accept" {
			about += s.slot(r)
		}
		at = s.say(r, weight, about)
		s.open[key] = at
	}
	s.sentences[at].add(who, one, many)
}

func (s *story) receive(r *Record) {
	if last := &s.t.Records[s.focus.roots[0]]; last.Kind == "VIOLATION" && r.Event == last.Event && len(s.focus.slots) == 0 && r.Who == last.Who {
		s.say(r, weightDecision, fmt.Sprintf("%s handles %s from %s", r.Who, s.text(r), r.Peer))
	}
	if !s.focus.about(r) {
		return
	}
	switch r.Name {
	case "Promise":
		one, many := "promises", "promise"
		for _, x := range s.focus.reported(r) {
			note := fmt.Sprintf(", having accepted %s in %s", s.focus.named(x.value), x.ballot)
			one, many = one+note, many+note
			x.by = r.Peer
			at := r.Ballot + s.slot(&Record{Slot: x.slot})
			if old, ok := s.reports[at]; !ok || less(old.ballot, x.ballot) {
				s.reports[at] = x
			}
		}
		for slot := range s.focus.slots {
			if strings.Contains(r.Text, fmt.Sprint(" ", slot, " chosen as")) {
				s.told["known "+r.Ballot+s.slot(&Record{Slot: slot})] = true // then votes do not matter
			}
		}
		if hidden := s.hidden(r); hidden != "" {
			one, many = one+hidden, many+hidden
		}
		s.answer(r, r.Peer, r.Who, "Prepare", one, many, weightPrepare)
	case "Accepted":
		if !s.focus.evident {
			s.answer(r, r.Peer, r.Who, "Accept", "accepts", "accept", weightAccept)
		}
	case "Reject":
		note := ""
		if b := lastBallot(r.Text); b != "" {
			note = ", having promised " + b
		}
		for _, asking := range []string{"Prepare", "Accept"} {
			if !s.focus.completed[phase(asking, r.Who, r)] {
				s.answer(r, r.Peer, r.Who, asking, "refuses"+note, "refuse"+note, weightRefusal)
			}
		}
	}
}

// hidden says which vote a promise should have told of, and did not.
func (s *story) hidden(r *Record) string {
	told := map[uint64]bool{}
	for _, x := range s.focus.reported(r) {
		told[x.slot] = true
	}
	from := uint64(1)
	if m := fromSlot.FindStringSubmatch(r.Text); m != nil {
		from, _ = strconv.ParseUint(m[1], 10, 64)
	}
	for _, slot := range slices.Sorted(maps.Keys(s.focus.slots)) {
		v, voted := s.votes[fmt.Sprint(r.Peer, " ", slot)]
		switch {
		case !voted || told[slot] || slot < from || !less(v.ballot, r.Ballot):
		case strings.Contains(r.Text, "floor") || strings.Contains(r.Text, fmt.Sprint(slot, " chosen as")):
		default:
			return fmt.Sprintf(", not telling that it accepted %s in %s", v.value, v.ballot)
		}
	}
	return ""
}

func (s *story) durable(r *Record) {
	if r.Name == "voted" {
		s.votes[fmt.Sprint(r.Who, " ", r.Slot)] = report{slot: r.Slot, ballot: r.Ballot, value: s.focus.value(r)}
	}
	if !s.focus.about(r) {
		return
	}
	switch r.Name {
	case "voted":
		s.answer(r, r.Who, owner(r.Ballot), "Accept", "accepts", "accept", weightAccept)
	case "chosen":
		s.told["over "+phase("Accept", owner(r.Ballot), r)] = true
		if at, ongoing := s.open["call "+r.Value]; ongoing && s.focus.witnessed() {
			s.sentences[at].add("it", "is chosen in ballot "+r.Ballot+s.slot(r), "")
			return
		}
		s.barrier()
		head, quorum := "so a quorum", ""
		if s.alone() {
			head, quorum = r.Who, ", and is a quorum by itself"
		}
		s.say(r, weightDecision, fmt.Sprintf("%s has accepted %s in ballot %s%s: it is chosen%s", head, s.focus.value(r), r.Ballot, quorum, s.slot(r)))
	}
}

// lost tells of a message that did not get through, if its phase came to nothing.
func (s *story) lost(r *Record) {
	from, to, why := r.Who, r.Peer, "is lost"
	if r.Kind == "deaf" {
		from, to, why = r.Peer, r.Who, "finds it down"
	}
	if !s.focus.about(r) {
		return
	}
	asking, isAnswer := answers[r.Name]
	switch {
	case isAnswer && asking != "" && (s.focus.stuck > 0 || !s.focus.completed[phase(asking, to, r)]):
		s.answer(r, from+"'s "+strings.ToLower(r.Name), to, asking, why, strings.Replace(why, "is", "are", 1), weightRefusal)
	case !isAnswer && (r.Name == "Prepare" || r.Name == "Accept") && (s.focus.stuck > 0 || !s.focus.completed[phase(r.Name, from, r)]):
		one := "does not get it"
		if r.Kind == "deaf" {
			one = "is down"
		}
		s.answer(r, to, from, r.Name, one, strings.NewReplacer("does", "do", "is", "are").Replace(one), weightRefusal)
	}
}

func (s *story) crash(r *Record) {
	if !s.focus.actor(r.Who) || s.focus.actors != nil && !s.told[r.Who] && !s.alone() {
		return // it had no part in it yet
	}
	s.told["crash "+r.Who] = true
	if strings.HasPrefix(r.Text, "nothing") {
		s.together(r, s.weighs(r, weightCrash), "crashes", "crash")
		return
	}
	loss := strings.NewReplacer(", 0 torn", "", ", 0 with a hole", "").Replace(r.Text)
	s.together(r, weightLoss, "crashes, "+loss, "crash, "+loss+" each")
}

// weighs returns the weight of what happened to a replica: more, if it is the one that the violation is about.
func (s *story) weighs(r *Record, weight int) int {
	if len(s.focus.roots) > 0 {
		if last := &s.t.Records[s.focus.roots[0]]; last.Kind == "VIOLATION" && last.Who == r.Who {
			return weightLoss
		}
	}
	return weight
}

// together tells in one sentence of all that the same happened to at one time.
func (s *story) together(r *Record, weight int, one, many string) {
	key := fmt.Sprint(one, r.At)
	at, ongoing := s.open[key]
	s.barrier()
	if !ongoing {
		at = s.say(r, weight, "")
	}
	s.open[key] = at
	s.sentences[at].add(r.Who, one, many)
}

// faultText tells a fault without its time: "partition {n1 n2 | n3} begins, for 300ms".
func faultText(text string) string {
	_, text, _ = strings.Cut(text, " ")
	for _, long := range []string{"until healed", "for good"} {
		if what, ok := strings.CutPrefix(text, long+" "); ok {
			return what + " begins, " + long
		}
	}
	span, what, _ := strings.Cut(text, " ")
	return what + " begins, for " + strings.TrimPrefix(span, "+")
}

// slot says which slot a record is about, where there are several.
func (s *story) slot(r *Record) string {
	if r.Slot == 0 || s.focus.single {
		return ""
	}
	return fmt.Sprintf(" for slot %d", r.Slot)
}

// text is a message in words, short enough for a sentence.
func (s *story) text(r *Record) string {
	const long = 60
	if len(r.Text) > long {
		return r.Text[:long] + "..."
	}
	return r.Text
}

// fold tells once what was sent again and again, while nothing else happened than that messages were sent.
func (s *story) fold() {
	kept := s.sentences[:0]
	for _, x := range s.sentences {
		at := len(kept) - 1
		for at >= 0 && kept[at].weight == weightMessage && x.weight == weightMessage && !kept[at].same(&x) {
			at--
		}
		if at < 0 || x.weight != weightMessage || kept[at].weight != weightMessage {
			kept = append(kept, x)
			continue
		}
		kept[at].again++
		kept[at].until = x.at
	}
	s.sentences = kept
}

// same tells whether the sentences say the same, of different times.
func (x *sentence) same(y *sentence) bool {
	return x.head == y.head && slices.EqualFunc(x.parts, y.parts, func(p, q part) bool { return p.one == q.one && slices.Equal(p.who, q.who) })
}

// lines writes the sentences that weigh most.
func (s *story) lines() []string {
	for key, i := range s.stood {
		if !s.told[key] {
			s.sentences[i].weight = weightPrepare
		}
	}
	s.fold()
	s.sentences = slices.DeleteFunc(s.sentences, func(x sentence) bool { return x.weight == weightNone })
	room := maxStory - 1 - len(s.t.waits(s.focus.stuck))
	for len(s.sentences) > room {
		least := 0
		for i := range s.sentences {
			if s.sentences[i].weight < s.sentences[least].weight {
				least = i
			}
		}
		s.sentences = append(s.sentences[:least], s.sentences[least+1:]...)
	}
	var lines []string
	for i := range s.sentences {
		x := &s.sentences[i]
		lines = append(lines, milliseconds(x.at)+": "+x.String())
	}
	return lines
}

func milliseconds(at int64) string { return fmt.Sprintf("%d.%03dms", at/1_000_000, at/1000%1000) }

func (x *sentence) add(who, one, many string) {
	for i := range x.parts {
		if p := &x.parts[i]; p.one == one {
			p.who = append(p.who, who)
			return
		}
	}
	x.parts = append(x.parts, part{[]string{who}, one, many})
}

// String writes the sentence: "n1 prepares ballot 3.1; n2 and n3 promise".
func (x *sentence) String() string {
	text := x.head
	for i, p := range x.parts {
		switch {
		case p.one == "":
			text += " " + list(p.who)
			continue
		case text == "":
		case i == 0 && strings.HasPrefix(x.head, "in ballot"):
			text += ", "
		default:
			text += "; "
		}
		text += list(p.who) + " "
		if len(p.who) == 1 {
			text += p.one
		} else {
			text += p.many
		}
	}
	if x.again > 0 {
		text += fmt.Sprintf(", %d times until %s", x.again+1, milliseconds(x.until))
	}
	return text
}

func list(who []string) string {
	if len(who) == 1 {
		return who[0]
	}
	return strings.Join(who[:len(who)-1], ", ") + " and " + who[len(who)-1]
}
