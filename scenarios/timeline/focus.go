package timeline

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// focus is what the violation of a run is about, and so what its story is about.
type focus struct {
	t        *Timeline
	roots    []int             // records to go back from
	until    int               // the last record of which a fault can be a cause
	slots    map[uint64]bool   // nil: all
	ballots  map[string]bool   // nil: all
	asked    map[string]string // operations by name, in words
	central  map[string]bool   // operations that the violation is about
	actors   map[string]bool   // replicas that take part; nil: all
	struckAt map[string]bool   // kinds of losses of messages that matter: "partition", "chance"

	completed map[string]bool // phases that came to what they were for
	broken    *promise        // the promise that the violation breaks, or nil
	judged    bool            // it was found in what clients saw, by the scenario's own rule
	mishaps   bool            // there are faults, or messages that did not simply arrive
	evident   bool            // votes can be read from disks, and need not be taken from messages
	single    bool            // there is one slot only
	lease     bool            // it is a lease that was broken
	stuck     uint64          // the first slot that was voted on and that nobody learned, in a run that does not go on; or 0
}

// report is a vote that a promise tells of.
type report struct {
	slot          uint64
	ballot, value string
	by            string
}

// mostWitnesses bounds the operations that a story tells of those that no order explains: the last ones.
const mostWitnesses = 8

// mostBallots bounds the ballots that a story is about, if nothing tells which matter.
const mostBallots = 5

// focus finds out what the violation is about.
func (t *Timeline) focus() *focus {
	f := &focus{t: t, asked: map[string]string{}, central: map[string]bool{}, completed: map[string]bool{}, single: true}
	for _, o := range t.Ops {
		f.asked[o.Name] = o.Text
	}
	end := len(t.Records) - 1
	for i := range t.Records {
		r := &t.Records[i]
		if r.Kind == "VIOLATION" {
			end = i
		}
		f.single = f.single && r.Slot <= 1
		f.evident = f.evident || r.Kind == "durable" && r.Name == "voted"
		f.mishaps = f.mishaps || r.Kind == "fault" || r.Kind == "lost" || r.Kind == "copy" || r.Kind == "crash"
	}
	if end >= 0 {
		f.roots = append(f.roots, end)
	}
	f.witnesses()
	for _, name := range operationInText.FindAllString(t.Detail, -1) {
		if f.asked[name] != "" {
			f.central[name] = true
		}
	}
	f.judge(end)
	f.until = f.lastCause()
	if end >= 0 && t.Records[end].Kind == "VIOLATION" && t.Records[end].Slot > 0 {
		f.slots = map[uint64]bool{t.Records[end].Slot: true}
		for _, m := range slotInText.FindAllStringSubmatch(t.Detail, -1) {
			if slot, err := strconv.ParseUint(m[1], 10, 64); err == nil {
				f.slots[slot] = true
			}
		}
	}
	if strings.HasPrefix(t.Fingerprint, "liveness:") {
		f.unfinished()
	} else {
		f.findPromise()
		f.findBallots()
		f.findLease()
		f.takePart()
	}
	f.complete()
	return f
}

// witnesses makes the operations that no order explains roots, and their slots what the story is about.
func (f *focus) witnesses() {
	last := f.t.Witness[max(0, len(f.t.Witness)-mostWitnesses):]
	for n, i := range last {
		o := &f.t.Ops[i]
		f.central[o.Name] = true
		if o.Slot > 0 && n >= len(last)-2 {
			if f.slots == nil {
				f.slots = map[uint64]bool{}
			}
			f.slots[o.Slot] = true
		}
	}
	for i := range f.t.Records {
		if r := &f.t.Records[i]; (r.Kind == "call" || r.Kind == "return") && f.central[r.Name] {
			f.roots = append(f.roots, i)
		}
	}
}

// judge makes operations roots where a scenario's own rule is broken by what clients saw: those that the violation names, or else all that completed. Such a violation is found in
// the end, in an event in which nothing else happens.
func (f *focus) judge(end int) {
	if end < 0 || len(f.t.Witness) > 0 || strings.HasPrefix(f.t.Fingerprint, "liveness:") || strings.HasPrefix(f.t.Fingerprint, "livelock:") {
		return
	}
	r := &f.t.Records[end]
	alone := end == 0 || f.t.Records[end-1].Event != r.Event
	healed := slices.ContainsFunc(f.t.Records[:end], func(r Record) bool { return r.Kind == "phase" })
	if r.Kind != "VIOLATION" || r.Who != "" || r.Slot > 0 || !alone || !healed {
		return
	}
	f.judged = true
	named := len(f.central) > 0
	completed := map[string]bool{}
	for _, o := range f.t.Ops {
		if o.Outcome != "ok" || named && !f.central[o.Name] {
			continue
		}
		completed[o.Name] = true
		if o.Slot > 0 && named {
			if f.slots == nil {
				f.slots = map[uint64]bool{}
			}
			f.slots[o.Slot] = true
		}
	}
	for i := range f.t.Records {
		if r := &f.t.Records[i]; (r.Kind == "call" || r.Kind == "return") && (completed[r.Name] || f.central[r.Name]) {
			f.roots = append(f.roots, i)
		}
	}
	f.central = completed
}

// witnessed tells whether the violation is one of operations.
func (f *focus) witnessed() bool { return len(f.t.Witness) > 0 || f.judged }

// lastCause returns the last record of which a fault can be a cause: where a violation is one of operations, what begins when the last of them has returned is none, however
// much later the violation is found.
func (f *focus) lastCause() int {
	last := len(f.t.Records)
	if !f.witnessed() {
		return last
	}
	completed := map[string]bool{}
	for _, o := range f.t.Ops {
		completed[o.Name] = o.Outcome == "ok" && f.central[o.Name]
	}
	for i := range f.t.Records {
		if r := &f.t.Records[i]; r.Kind == "return" && completed[r.Name] {
			last = i
		}
	}
	return last
}

// unfinished makes the story one of the last ballots and of the operations that never ended. All that happened may be to blame.
func (f *focus) unfinished() {
	for _, o := range f.t.Ops {
		if o.Outcome == "open" {
			f.central[o.Name] = true
		}
	}
	last := map[string]int{}
	var seen []string
	for i := range f.t.Records {
		r := &f.t.Records[i]
		last[r.Who] = i
		if r.Ballot != "" && !slices.Contains(seen, r.Ballot) {
			seen = append(seen, r.Ballot)
		}
	}
	f.roots = append(f.roots, slices.Sorted(maps.Values(last))...)
	slices.SortFunc(seen, func(a, b string) int {
		if less(a, b) {
			return -1
		}
		return 1
	})
	if len(seen) > 0 {
		f.ballots = map[string]bool{}
		for _, b := range seen[max(0, len(seen)-2):] {
			f.ballots[b] = true
		}
	}
	f.findStuck()
}

// findStuck makes the story one of the first slot that was voted on and that nobody ever learned: all that comes after it waits for it. It looks at votes
// and at what replicas observe of themselves.
func (f *focus) findStuck() {
	learned := map[uint64]bool{}
	for i := range f.t.Records {
		if r := &f.t.Records[i]; r.Kind == "observe" && r.Name == "learned" {
			learned[r.Slot] = true
		}
	}
	for i := range f.t.Records {
		if r := &f.t.Records[i]; r.Kind == "durable" && r.Name == "voted" && r.Slot > 0 && !learned[r.Slot] && (f.stuck == 0 || r.Slot < f.stuck) {
			f.stuck = r.Slot
		}
	}
	if f.single || f.stuck == 0 {
		f.stuck = 0
		return
	}
	f.slots = map[uint64]bool{f.stuck: true}
	for i := range f.t.Records {
		r := &f.t.Records[i]
		if r.Kind != "durable" || r.Name != "voted" || r.Slot != f.stuck {
			continue
		}
		f.roots = append(f.roots, i)
		if len(f.ballots) < mostBallots {
			f.ballots[r.Ballot] = true
		}
		for _, name := range strings.Fields(r.Value) {
			f.central[name] = f.central[name] || f.asked[name] != ""
		}
	}
}

var operationInText = regexp.MustCompile(`\bc[0-9]+#[0-9]+\b`)

var slotInText = regexp.MustCompile(`\bslot ([0-9]+)\b`)

var ballotInText = regexp.MustCompile(`\b[0-9]+\.[0-9]+\b`)

// findBallots finds the ballots that matter: those in which something was chosen for the slots of the violation, those that it
// names, and those that their values were adopted from. All evidence of the slots is a root: what was chosen was chosen by
// many, and perhaps nobody knew.
func (f *focus) findBallots() {
	named := map[string]bool{}
	for _, b := range ballotInText.FindAllString(f.t.Detail, -1) {
		named[b] = true
	}
	voted := []string{}
	found := map[string]bool{}
	if f.broken != nil {
		found[f.broken.ballot] = true
	}
	for i := range f.t.Records {
		r := &f.t.Records[i]
		switch {
		case r.Ballot == "" || r.Kind != "durable":
			continue
		case named[r.Ballot]:
			found[r.Ballot] = true
		}
		if r.Slot == 0 || !f.slots[r.Slot] {
			continue
		}
		f.roots = append(f.roots, i)
		if r.Name == "chosen" {
			found[r.Ballot] = true
		}
		if !slices.Contains(voted, r.Ballot) {
			voted = append(voted, r.Ballot)
		}
	}
	if len(found) == 0 {
		for _, b := range voted[max(0, len(voted)-mostBallots):] {
			found[b] = true
		}
	}
	if len(found) == 0 {
		found = named
	}
	if len(found) == 0 {
		return
	}
	f.ballots = found
	f.adopted()
}

// findLease makes the story of a broken lease one of those who granted it, and of the ballots in which that was and was not to be. What was chosen matters only
// where the lease was broken by that.
func (f *focus) findLease() {
	shape, lease := strings.CutPrefix(f.t.Fingerprint, "lease: ")
	if !lease {
		return
	}
	f.lease = true
	if !strings.Contains(shape, "higher ballot") {
		f.slots = map[uint64]bool{}
	}
	if f.ballots == nil {
		f.ballots = map[string]bool{}
	}
	for _, b := range ballotInText.FindAllString(f.t.Detail, -1) {
		f.ballots[b] = true
	}
}

// adopted adds the ballots that values were adopted from, as the rule has it: the value of the highest ballot that the promises
// reported. Where a ballot went another way, that is the point of the story, and it goes back no further.
func (f *focus) adopted() {
	values := map[string]string{} // that each ballot proposed, by ballot and slot
	for i := range f.t.Records {
		if r := &f.t.Records[i]; r.Kind == "send" && r.Name == "Accept" {
			values[fmt.Sprint(r.Ballot, " ", r.Slot)] = f.value(r)
		}
	}
	for grown := true; grown; {
		grown = false
		highest := map[string]report{}
		for i := range f.t.Records {
			r := &f.t.Records[i]
			if r.Kind != "recv" || r.Name != "Promise" || !f.ballots[r.Ballot] {
				continue
			}
			for _, x := range f.reported(r) {
				key := fmt.Sprint(r.Ballot, " ", x.slot)
				if old, ok := highest[key]; !ok || less(old.ballot, x.ballot) {
					highest[key] = x
				}
			}
		}
		for _, key := range slices.Sorted(maps.Keys(highest)) {
			x := highest[key]
			if values[key] == x.value && !f.ballots[x.ballot] && len(f.ballots) < 2*mostBallots {
				f.ballots[x.ballot], grown = true, true
			}
		}
	}
}

var (
	acceptedOne  = regexp.MustCompile(`\(accepted [0-9a-f]* in ([0-9]+\.[0-9]+)\)`)
	acceptedSlot = regexp.MustCompile(`([0-9]+) accepted in ([0-9]+\.[0-9]+) as \[([^\]]*)\]`)
)

var (
	fromSlot   = regexp.MustCompile(`from slot ([0-9]+)`)
	listInText = regexp.MustCompile(`\[([^\]]*)\]`)
)

// reported returns the votes that a promise tells of, for the slots that the story is about.
func (f *focus) reported(r *Record) (all []report) {
	if m := acceptedOne.FindStringSubmatch(r.Text); m != nil {
		return []report{{slot: 1, ballot: m[1], value: r.Value}}
	}
	for _, m := range acceptedSlot.FindAllStringSubmatch(r.Text, -1) {
		slot, err := strconv.ParseUint(m[1], 10, 64)
		if err != nil || f.slots != nil && !f.slots[slot] {
			continue
		}
		all = append(all, report{slot: slot, ballot: m[2], value: operations(m[3])})
	}
	return all
}

// takePart finds the replicas and operations that have to do with the ballots.
func (f *focus) takePart() {
	if f.ballots == nil {
		return
	}
	f.actors, f.struckAt = map[string]bool{}, map[string]bool{}
	for i := range f.t.Records {
		r := &f.t.Records[i]
		if r.Kind == "VIOLATION" && r.Who != "" {
			f.actors[r.Who] = true
		}
		if r.Ballot == "" || !f.about(r) {
			continue
		}
		switch {
		case r.Kind == "durable", r.Kind == "recv" && (r.Name == "Promise" || r.Name == "Prepare"):
			f.actors[r.Who] = true
		case r.Kind == "lost" && strings.HasSuffix(r.Text, "(partition)"):
			f.struckAt["partition"] = true
		}
		if r.Kind == "send" && r.Name == "Accept" || r.Kind == "durable" && (r.Name == "voted" || r.Name == "chosen") {
			for _, name := range strings.Fields(r.Value) {
				f.central[name] = f.central[name] || f.asked[name] != ""
			}
		}
	}
}

// complete finds the phases that came to what they were for: of a Prepare that something was proposed, of an Accept that the
// value was chosen.
func (f *focus) complete() {
	for i := range f.t.Records {
		r := &f.t.Records[i]
		switch {
		case r.Kind == "send" && r.Name == "Accept":
			f.completed[phase("Prepare", r.Who, r)] = true
		case r.Kind == "durable" && r.Name == "chosen":
			f.completed[phase("Accept", owner(r.Ballot), r)] = true
		}
	}
}

// about tells whether a record has to do with the slots and ballots of the violation. One that names none has.
func (f *focus) about(r *Record) bool {
	if r.Ballot != "" && f.ballots != nil && !f.ballots[r.Ballot] {
		return false
	}
	return r.Slot == 0 || f.slots == nil || f.slots[r.Slot] || r.Kind == "observe"
}

func (f *focus) actor(who string) bool { return f.actors == nil || f.actors[who] }

// struck tells whether a fault that begins kept back what mattered.
func (f *focus) struck(r *Record) bool {
	if f.struckAt == nil {
		return true
	}
	switch r.Name {
	case "partition", "one-way":
		return f.struckAt["partition"]
	case "isolate", "mute", "deaf":
		return f.struckAt["partition"] && f.names(r)
	case "pause", "sync-fail", "stuck-disk", "disk-full", "clock-jump", "clock-drift":
		return f.names(r)
	}
	return false
}

// names tells whether the text of a record names a replica that takes part.
func (f *focus) names(r *Record) bool {
	return slices.ContainsFunc(strings.Fields(r.Text), func(word string) bool { return f.actors[word] })
}

func (f *focus) operation(name string) bool { return len(f.central) == 0 || f.central[name] }

func (f *focus) opWeight(name string) int {
	if f.witnessed() && f.central[name] {
		return weightWitness
	}
	return weightCall
}

// value names the value of a record, by the list in a message that tells what is in it, or else as it was when it became durable.
func (f *focus) value(r *Record) string {
	if m := listInText.FindStringSubmatch(r.Text); m != nil && r.Kind != "durable" {
		return operations(m[1])
	}
	if strings.Contains(r.Value, "#") {
		return operations(r.Value)
	}
	return f.named(r.Value)
}

// operations names a value by the operations in a list such as "c1#4 read c2#1". What is no operation of the history keeps its word, since it has a number of its own: "register c1#1".
func operations(list string) string {
	var names []string
	before := ""
	for _, word := range strings.Fields(list) {
		if strings.Contains(word, "#") {
			if before == "register" || before == "configure" || before == "transfer" {
				word = before + " " + word
			}
			names = append(names, word)
		}
		before = word
	}
	if len(names) == 0 {
		return "no-op"
	}
	return strings.Join(names, " ")
}

func (f *focus) named(value string) string {
	if value == "" {
		return "a value"
	}
	return value
}

// owner returns the replica whose ballot it is.
func owner(ballot string) string {
	_, id, _ := strings.Cut(ballot, ".")
	return "n" + id
}

func lastBallot(text string) string {
	all := ballotInText.FindAllString(text, -1)
	if len(all) == 0 {
		return ""
	}
	return all[len(all)-1]
}

// less orders ballots: by round, then by owner.
func less(a, b string) bool {
	ar, ai, _ := strings.Cut(a, ".")
	br, bi, _ := strings.Cut(b, ".")
	if ar != br {
		return len(ar) < len(br) || len(ar) == len(br) && ar < br
	}
	return len(ai) < len(bi) || len(ai) == len(bi) && ai < bi
}

// past returns which records may have led to one of the roots: those that happened before it, along the lanes of replicas
// and clients and along messages, or are the testbed's. Of a fault that begins behind a record, until, nothing came that matters.
func (t *Timeline) past(roots []int, until int) []bool {
	lane := map[string]int{}
	sent := map[uint64]int{}
	previous, sender := make([]int, len(t.Records)), make([]int, len(t.Records))
	for i := range t.Records {
		r := &t.Records[i]
		previous[i], sender[i] = -1, -1
		if p, ok := lane[r.Who]; ok && r.Who != "" {
			previous[i] = p
		}
		lane[r.Who] = i
		switch r.Kind {
		case "send", "copy":
			sent[r.Message] = i
		case "recv":
			if p, ok := sent[r.Message]; ok {
				sender[i] = p
			}
		}
	}
	need := make([]bool, len(t.Records))
	stack := slices.Clone(roots)
	for _, i := range roots { // what a check sees in an event is what that event did, to whomever
		for j := i; j >= 0 && t.Records[j].Event == t.Records[i].Event; j-- {
			stack = append(stack, j)
		}
	}
	for len(stack) > 0 {
		i := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if i < 0 || need[i] {
			continue
		}
		need[i] = true
		stack = append(stack, previous[i], sender[i])
	}
	last := 0
	for _, i := range roots {
		last = max(last, i)
	}
	mine := map[uint64]bool{} // messages that were sent in the past, which may not have arrived
	for i := range t.Records {
		r := &t.Records[i]
		switch r.Kind {
		case "send":
			mine[r.Message] = need[i]
		case "deaf":
			need[i] = mine[r.Message] && i <= last
		case "fault":
			need[i] = i <= min(last, until)
		case "phase":
			need[i] = i <= last
		}
	}
	return need
}

// waits says what replicas were left with when nothing went on any more, and which slot they are stuck at, if there is one. It is for runs that did not come to an end.
func (t *Timeline) waits(stuck uint64) (lines []string) {
	if !strings.HasPrefix(t.Fingerprint, "liveness:") {
		return nil
	}
	if stuck > 0 {
		lines = append(lines, fmt.Sprintf("in the end nobody has learned slot %d, which all that comes after it waits for", stuck))
	}
	last := map[string][]string{}
	for _, s := range t.States {
		last[s.Who] = s.Lines
	}
	const most = 7
	for n := 1; n <= t.Nodes && n <= most; n++ {
		who := "n" + strconv.Itoa(n)
		if state := last[who]; state != nil {
			lines = append(lines, fmt.Sprintf("in the end: %s: %s", who, strings.Join(state[:min(len(state), 6)], ", ")))
		}
	}
	return lines
}

var (
	digestInText   = regexp.MustCompile(`\b[0-9a-f]{8}\b`)
	intervalInText = regexp.MustCompile(` \[[0-9]+,([0-9]+|\.\.\.)\]`)
)

// conclusion says what came of the run, with operations in place of digests.
func (t *Timeline) conclusion() string {
	check, _, _ := strings.Cut(t.Fingerprint, ":")
	if len(t.Witness) > 0 {
		return milliseconds(t.End) + ": violation of " + check + ": " + t.unexplained()
	}
	text := intervalInText.ReplaceAllString(t.Detail, "")
	text = digestInText.ReplaceAllStringFunc(text, func(digest string) string {
		if name := t.Digests[digest]; name != "" { // what holds no operation has none
			return name
		}
		return digest
	})
	what := t.Verdict
	if check != "" {
		what += " of " + check
	}
	return strings.TrimSuffix(fmt.Sprintf("%s: %s: %s", milliseconds(t.End), what, text), ": ")
}

// unexplained says which operation no order explains, given the others.
func (t *Timeline) unexplained() string {
	last := t.Witness[len(t.Witness)-1]
	var others []string
	for _, i := range t.Witness[:len(t.Witness)-1] {
		others = append(others, t.Ops[i].String())
	}
	text := "no order explains " + t.Ops[last].String()
	const most = 6
	more := len(others) - most
	if more > 0 {
		others = others[more:]
	}
	if len(others) > 0 {
		text += ", given " + strings.Join(others, "; ")
	}
	if more > 0 {
		text += fmt.Sprintf("; and %d before these", more)
	}
	return text
}

// String writes the operation as "c3#4 cas k1 4->7 = 4".
func (o Op) String() string {
	text := o.Name + " " + o.Text
	switch {
	case o.Outcome == "ok" && o.Out != "" && !strings.HasPrefix(o.Text, "put "):
		text += " = " + o.Out
	case o.Outcome != "ok" && o.Outcome != "":
		text += " (" + o.Outcome + ")"
	}
	return text
}
