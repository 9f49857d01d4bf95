package cli

import (
	"fmt"
	"strings"
)

// facts are the figures that what the texts say is held against, by contender.
type facts struct {
	messages map[string]map[int]float64 // a command, by size
	trips    map[string]float64         // a command, where disks take no time
	silence  map[string]float64         // after a crash of the leader, in the median, in milliseconds
	without  int                        // commands answered while nobody had a majority, by those that need one
	flexible int                        // and by those that need one for an election only
	slowest  float64                    // commands a second of Multi-Paxos, one at a time
	fastest  float64                    // and with the best batches
}

func (f *facts) note(name string, nodes int, messages, trips float64) {
	if f.messages[name] == nil {
		f.messages[name] = map[int]float64{}
	}
	f.messages[name][nodes] = messages
	f.trips[name] = max(f.trips[name], trips)
}

func (f *facts) silent(name string, ms float64) { f.silence[name] = ms }

// linear tells how many messages there are for each other replica, and whether it is the same number for all sizes, within a twentieth.
func (f *facts) linear(name string) (each float64, is bool) {
	low, high := 1e9, 0.0
	for n, m := range f.messages[name] {
		low, high = min(low, m/float64(n-1)), max(high, m/float64(n-1))
	}
	return high, high <= low*1.05
}

// claims holds what the texts say against the figures.
func (f *facts) claims() string {
	var b strings.Builder
	b.WriteString("## What the texts say\n\n| | measured | |\n|---|---|---|\n")
	say := func(claim, measured string, holds bool, note string) {
		verdict := "confirmed"
		if !holds {
			verdict = "**not confirmed**"
		}
		if note != "" {
			verdict += ": " + note
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", claim, measured, verdict)
	}
	const basic, multi, cas = "Paxos for each command", "Multi-Paxos", "CASPaxos"
	basicEach, basicLinear := f.linear(basic)
	multiEach, multiLinear := f.linear(multi)
	say("Multi-Paxos brings O(n²) messages a command down to O(n)",
		fmt.Sprintf("%.1f messages for each other replica without a leader, and %.1f with a stable one, with 3 replicas and with 9", basicEach, multiEach),
		multiLinear && !basicLinear,
		"both grow with n alone. n² is what it takes where acceptors tell every learner themselves; here, as in most implementations, they tell the proposer, who tells the others. What a leader spares is phase 1, two of five messages")
	say("a stable leader needs one round trip, and Paxos without one needs two",
		fmt.Sprintf("%.2f and %.2f", f.trips[multi], f.trips[basic]), f.trips[multi] <= 1.05 && f.trips[basic] >= 1.9, "")
	say("CASPaxos takes two round trips at any replica", fmt.Sprintf("%.2f", f.trips[cas]), f.trips[cas] >= 1.9 && f.trips[cas] <= 2.1, "")
	say("without a majority there is no progress", fmt.Sprintf("%d commands answered in (2, 2, 1), by all that need majorities", f.without), f.without == 0, "")
	say("with flexible quorums a leader goes on with fewer than a majority, as long as nobody has to be elected",
		fmt.Sprintf("%d commands answered in (2, 2, 1), where phase 2 takes two of five", f.flexible), f.flexible > 0, "")
	say("batching pays with the number of clients", fmt.Sprintf("%.0f commands a second one at a time, %.0f with the best of batches and windows", f.slowest, f.fastest), f.fastest >= 10*f.slowest, "")
	say("a crashed leader costs about an election timeout", fmt.Sprintf("%.0f ms with a timeout of 100 to 200 ms", f.silence[multi]), f.silence[multi] >= 100 && f.silence[multi] <= 300, "")
	leaderless := max(f.silence[basic], f.silence[cas])
	say("without a leader there is nothing to elect: others go on when one crashes", fmt.Sprintf("%.0f ms at most", leaderless), leaderless <= 100, "")
	b.WriteString("\n")
	return b.String()
}
