package multipaxos

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// rules are what the transcripts hold the replica to, each with an edit that breaks it, and the transcript that shows it.
var rules = []struct{ rule, file, old, new, shows string }{
	{"a promise waits for the disk", "acceptor", "	r.sendDurable(env, from, Message{\n		Kind: Promise", "	r.send(env, from, Message{\n		Kind: Promise", "acceptor"},
	{"a vote waits for the disk", "acceptor", "r.sendDurable(env, to, Message{Kind: Accepted", "r.send(env, to, Message{Kind: Accepted", "acceptor"},
	{"a refusal waits for the disk", "acceptor", "r.sendDurable(env, to, Message{Kind: Reject", "r.send(env, to, Message{Kind: Reject", "acceptor"},
	{"nobody hears of a ballot before it is promised on the own disk", "election", "r.sendDurable(env, to, Message{Kind: Prepare", "r.send(env, to, Message{Kind: Prepare", "election"},
	{"a Prepare that comes twice gets its promise again", "acceptor", "case m.Ballot < r.promised:\n		r.reject(env, from, m.Ballot)\n		return\n	case r.grant", "case m.Ballot <= r.promised:\n		r.reject(env, from, m.Ballot)\n		return\n	case r.grant", "acceptor"},
	{"nobody votes below the floor", "acceptor", "	if slot <= r.log.floor {\n		return true", "	if slot <= r.log.floor {\n		return false", "checkpoint"},
	{"an Accept raises the promise, in both copies", "acceptor", "			r.promised = b\n			r.writeVow(env)", "			r.promised = b", "disk"},
	{"the value of the highest ballot is proposed", "election", "b > p.ballot", "b < p.ballot || p.ballot == 0", "election"},
	{"only promises of the own ballot count", "election", "m.Ballot != r.ballot || m.Slot != r.from", "m.Slot != r.from", "preempt"},
	{"only votes of the own ballot count", "leader", "r.role != leader || m.Ballot != r.ballot || m.Slot <= r.applied || m.Slot >= r.next", "r.role != leader || m.Slot <= r.applied || m.Slot >= r.next", "preempt"},
	{"a candidate catches up before it leads", "election", "r.applied < r.behind || r.gone", "false", "candidate"},
	{"learning by the commit index needs a vote in that ballot", "learner", "e == nil || e.ballot != b", "e == nil", "learner"},
	{"a pre-vote promises nothing, and is refused while a leader is heard", "election", "r.role == leader || r.heardLately(env) ||", "r.role == leader ||", "prevote"},
	{"a candidate asks around first", "election", "case r.config.PreVote:", "case false:", "prevote"},
	{"a leader that hears of no quorum steps down", "peers", "r.config.CheckQuorum && !r.quorumHeard(env.Now())", "false", "checkquorum"},
	{"a read waits for a round begun after it came", "reads", "round := r.round + 1", "round := r.round", "readindex"},
	{"a read waits until all that was chosen before is applied", "leader", "r.config.Reads != ReadLog && r.ready()", "r.config.Reads != ReadLog", "readindex"},
	{"a lease is shorter by what clocks may drift", "lease", "return asked + node.Local(safe)", "return asked + max(span, node.Local(safe))", "lease"},
	{"a lease counts from when it was asked for", "peers", "r.leaseUntil(r.sentAt[m.Mark%rounds]", "r.leaseUntil(env.Now()", "lease"},
	{"a lease is on the disk before it is told", "lease", "		r.append(env, appendGrant(r.wal.Begin(recordGrant), g))", "", "lease"},
	{"a restarted grantor waits for a whole lease", "lease", "r.grant.until = env.Now() + r.grant.span", "r.grant.until = 0", "lease"},
	{"a lease is not granted to a deposed leader in the place of a later one's", "learner", "(m.Ballot > r.promised || m.Ballot < r.grant.ballot) &&", "m.Ballot > r.promised &&", "lease"},
	{"a lease that was granted since is not given back", "lease", "g.round <= mark && ", "", "lease"},
	{"a lease from before a restart is not given back", "lease", " && env.Now() >= g.fixed", "", "lease"},
	{"a log that is written anew at the start keeps the lease", "recover", "	r.resumeGrant(env) // before anything rewrites the log, which leaves out a grant that is over\n", "	defer r.resumeGrant(env)\n", "lease"},
	{"a replica with an empty disk waits for a membership that it is in", "image", "r.standing == blank && foreign(whole, r.id)", "false", "image"},
	{"a new member is not offered an image from before its time", "membership", "	r.offered = image{} // a new member waits for an image that has it\n", "", "add"},
	{"leases are given back before a transfer, also for the time after it", "reconfigure", "r.peers[i].granted = 0", "_ = i", "transfer"},
	{"an unknown session is refused and never opened", "learner", "	if s == nil {\n		r.reply", "	if s == nil {\n		s = r.sessions.open(c.session)\n	}\n	if false {\n		r.reply", "sessions"},
	{"a duplicate is not executed", "learner", "if c.seq > s.seq {", "if true {", "leader"},
	{"how many sessions there are is decided in the log", "learner", "r.sessions.register(id, list.session)", "r.sessions.register(id, uint64(r.config.MaxSessions))", "sessions"},
	{"a learner's vote is none", "membership", "return quorum(&set, e.phase1)", "return len(by) >= e.phase1", "learners"},
	{"a membership governs from alpha slots on", "learner", "newEra(r.applied+r.alpha, m)", "newEra(r.applied+r.alpha+1, m)", "add"},
	{"nothing is proposed beyond applied + alpha", "leader", "min(uint64(r.config.Window), r.alpha)", "uint64(r.config.Window)", "batch"},
	{"a leader has promises of the new membership before it proposes there", "leader", "e.start != r.cleared && !r.clear(env, e)", "false", "add"},
	{"new voters have caught up", "reconfigure", "p.applied+r.alpha > r.applied)", "true)", "add"},
	{"a former member stays until a quorum holds what was its business", "reconfigure", "if quorum(&holds, e.phase2) {", "if true {", "remove"},
	{"who left stays silent", "reconfigure", "	r.append(env, r.wal.Begin(recordLeft))\n", "", "remove"},
	{"a change of the membership has a slot of its own", "leader", "i > 0 && (r.queue.first().op == node.Configure)", "i < 0", "add"},
	{"an offer of an image stands", "image", "r.offered.slot == 0 ||", "true ||", "image"},
	{"who began a later image gets a new offer", "image", "r.offered.slot < max(slot, r.log.floor)", "r.offered.slot < r.log.floor", "image"},
	{"a damaged image changes nothing", "image", "|| fresh.state() != state", "|| fresh.state() != state && false", "image"},
	{"installing an image keeps the promise and later votes", "image", "	r.log.drop(r.applied)\n	r.rewrite(env)\n	if first", "	r.log, r.promised = slots{}, 0\n	r.rewrite(env)\n	if first", "checkpoint"},
	{"a voter with an empty disk falls silent", "image", "r.standing == blank && r.eras.voter(r.id)", "false", "image"},
	{"damage in the log is repaired and not forgotten", "recover", "case err != nil || !sound || written && len(r.eras) == 0:", "case err != nil && false || !sound || written && len(r.eras) == 0:", "repair"},
	{"that something is missing survives a crash", "checkpoint", "if r.standing == repairing {", "if false {", "repair"},
	{"repair ends when all that the leader took over is applied", "recover", "len(r.eras) > 0 && r.applied >= m.Slot", "len(r.eras) > 0", "repair"},
	{"a log that is gone is not a disk that is new", "recover", "case !written && (vow > 0 || lease.ballot > 0 || !vowed):", "case false:", "repair"},
	{"a founding member waits for its first log", "recover", "	r.rewrite(env)\n	r.awaitFounding(env)", "	r.rewrite(env)", "founding"},
	{"a checkpoint keeps the lease that is out", "checkpoint", "g.ballot != 0 && env.Now() < g.until", "false", "lease"},
	{"requests wait in a bounded queue", "leader", "r.queue.len()+r.reads.len() >= r.config.MaxQueue", "false", "batch"},
	{"patience grows with every election that failed", "election", "spread *= 2", "_ = i", "backoff"},
}

// Every rule is one edit away from a transcript that shows its breach. Whether the edits fit is looked at each time; MUST=short tries every eighth
// of them, MUST=long all.
func TestRulesCanBeBroken(t *testing.T) {
	every := map[string]int{"short": 8, "long": 1}[os.Getenv("MUST")]
	broken := 0
	for i, r := range rules {
		path, err := filepath.Abs(r.file + ".go")
		require.NoError(t, err)
		source, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, 1, strings.Count(string(source), r.old), "%s: %q is not at one place in %s", r.rule, r.old, r.file)
		if every == 0 || i%every != 0 {
			continue
		}
		out, err := withOverlay(t, path, strings.Replace(string(source), r.old, r.new, 1))
		require.Error(t, err, "%s: no transcript shows the breach", r.rule)
		require.Contains(t, out, "--- FAIL: TestTranscripts/"+r.shows+" ", "%s: %s", r.rule, out)
		broken++
	}
	if every > 0 {
		t.Logf("rules: %d of %d broken by an edit each, and caught by the transcript named for it", broken, len(rules))
	}
}

// withOverlay runs the transcripts with another source in the place of one.
func withOverlay(t *testing.T, path, source string) (out string, err error) {
	scratch := t.TempDir()
	changed, overlay := filepath.Join(scratch, "changed.go"), filepath.Join(scratch, "overlay.json")
	require.NoError(t, os.WriteFile(changed, []byte(source), 0o600))
	b, err := json.Marshal(map[string]map[string]string{"Replace": {path: changed}})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(overlay, b, 0o600))
	text, err := exec.Command("go", "test", "-vet=off", "-overlay", overlay, "-run", "^TestTranscripts$", ".").CombinedOutput()
	return string(text), err
}
