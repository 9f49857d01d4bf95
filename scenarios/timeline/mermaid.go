package timeline

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// maxMermaid bounds the lines of a diagram: what is longer nobody can read, and many programs refuse to draw.
const maxMermaid = 250

// WriteMermaid writes the end of the run as a Mermaid sequence diagram: messages where they arrive or are lost, operations,
// crashes, elections, and the violation. Heartbeats and the like are left out.
func WriteMermaid(w io.Writer, t *Timeline) error {
	var lines []string
	for i := range t.Records {
		if line := mermaidLine(&t.Records[i], t); line != "" {
			lines = append(lines, line)
		}
	}
	cut := max(0, len(lines)-maxMermaid)
	b := bufio.NewWriter(w)
	fmt.Fprint(b, "sequenceDiagram\n")
	for lane := range t.Nodes + t.Clients {
		fmt.Fprintf(b, "    participant %s\n", t.laneName(lane))
	}
	if cut > 0 {
		fmt.Fprintf(b, "    Note over n1: %d lines are left out before this\n", cut)
	}
	for _, line := range lines[cut:] {
		fmt.Fprintf(b, "    %s\n", line)
	}
	return b.Flush()
}

func mermaidLine(r *Record, t *Timeline) string {
	text := mermaidText(r.Text)
	switch r.Kind {
	case "recv":
		if noise[r.Name] && r.Name != "Request" && r.Name != "Reply" {
			return ""
		}
		return fmt.Sprintf("%s->>%s: %s", r.Peer, r.Who, text)
	case "lost":
		return fmt.Sprintf("%s-x%s: %s", r.Who, r.Peer, text)
	case "deaf":
		return fmt.Sprintf("%s-x%s: %s (down)", r.Peer, r.Who, text)
	case "crash":
		return fmt.Sprintf("Note over %s: crashes, %s", r.Who, text)
	case "start":
		if r.Event <= 1 {
			return ""
		}
		return fmt.Sprintf("Note over %s: is back", r.Who)
	case "call":
		return fmt.Sprintf("Note over %s: calls %s", r.Who, text)
	case "return":
		return fmt.Sprintf("Note over %s: returns %s", r.Who, text)
	case "observe", "log":
		return fmt.Sprintf("Note over %s: %s", r.Who, text)
	case "durable":
		if r.Name == "chosen" {
			return fmt.Sprintf("Note over %s: %s", r.Who, text)
		}
	case "fault", "heal", "phase", "VIOLATION":
		over := "n1"
		if t.Nodes > 1 {
			over = fmt.Sprintf("n1,n%d", t.Nodes)
		}
		return strings.TrimRight(fmt.Sprintf("Note over %s: %s %s", over, r.Kind, text), " ")
	}
	return ""
}

// mermaidText escapes what Mermaid would take for its own.
func mermaidText(text string) string {
	return strings.NewReplacer("#", "#35;", ";", "#59;", "\n", " ").Replace(text)
}
