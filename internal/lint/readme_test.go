package lint

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// commandTimeMax is how long the commands of one block may take.
const commandTimeMax = 3 * time.Minute

// block is a fenced block of shell commands.
type block struct {
	line   int // of its opening fence
	text   string
	status int    // it is expected to exit with
	skip   string // why it is not run, if it is not
}

// A comment above a block says what is expected of it: <!-- run exit=1 -->, or <!-- no run: reason -->. Without one, it must
// exit with 0.
var (
	runComment   = regexp.MustCompile(`^<!-- run(?: exit=(\d+))? -->$`)
	noRunComment = regexp.MustCompile(`^<!-- no run: (.+) -->$`)
)

// blocks finds the shell blocks of a Markdown text.
func blocks(markdown string) (found []block, err error) {
	lines := strings.Split(markdown, "\n")
	above := "" // last line that is not blank
	for i := 0; i < len(lines); i++ {
		fence, isFence := strings.CutPrefix(lines[i], "```")
		if !isFence {
			if strings.TrimSpace(lines[i]) != "" {
				above = lines[i]
			}
			continue
		}
		b := block{line: i + 1}
		for i++; i < len(lines) && lines[i] != "```"; i++ {
			b.text += lines[i] + "\n"
		}
		if i == len(lines) {
			return nil, fmt.Errorf("line %d: the block is not closed", b.line)
		}
		if m := runComment.FindStringSubmatch(above); m != nil {
			b.status, _ = strconv.Atoi("0" + m[1])
		} else if m := noRunComment.FindStringSubmatch(above); m != nil {
			b.skip = m[1]
		} else if strings.HasPrefix(above, "<!--") {
			return nil, fmt.Errorf("line %d: the comment above it is neither <!-- run exit=N --> nor <!-- no run: reason -->", b.line)
		}
		if strings.Contains(b.text, "go test ./...") || strings.Contains(b.text, ".ci/run") {
			b.skip = "it would run this test again"
		}
		if fence == "sh" {
			found = append(found, b)
		}
		above = ""
	}
	return found, nil
}

// What the README tells people to type works: its shell blocks are run from the root of the tree, line by line until one fails.
func TestReadme(t *testing.T) {
	if testing.Short() {
		t.Skip("runs what the README says")
	}
	require.NoError(t, touch(root))
	text, err := os.ReadFile(filepath.Join(root, "README.md"))
	require.NoError(t, err)
	found, err := blocks(string(text))
	require.NoError(t, err)
	ran := 0
	for _, b := range found {
		if b.skip != "" {
			t.Logf("README.md:%d: not run: %s", b.line, b.skip)
			continue
		}
		ran++
		status, output := run(t, b.text)
		require.Equal(t, b.status, status, "README.md:%d: exit status of\n%s\n%s", b.line, b.text, output)
	}
	require.Positive(t, ran, "README.md shows no command")
}

// run gives commands to a shell that stops at the first that fails, and returns its exit status and what it wrote.
func run(t *testing.T, commands string) (status int, output string) {
	ctx, cancel := context.WithTimeout(t.Context(), commandTimeMax)
	defer cancel()
	c := exec.CommandContext(ctx, "bash", "-euo", "pipefail", "-c", commands)
	c.Dir = root
	c.WaitDelay = time.Second
	out, err := c.CombinedOutput()
	require.NoError(t, ctx.Err(), "too slow: %s", commands)
	if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) {
		require.NoError(t, err)
	}
	return c.ProcessState.ExitCode(), string(out)
}

func TestRunStopsAtTheFirstFailure(t *testing.T) {
	status, output := run(t, "echo one\nfalse | cat\necho two\n")
	require.Equal(t, 1, status)
	require.Equal(t, "one\n", output)
	status, _ = run(t, "exit 3")
	require.Equal(t, 3, status)
}

func TestBlocks(t *testing.T) {
	found, err := blocks(strings.ReplaceAll(`Text
'''sh
one
two
'''

<!-- run exit=1 -->

'''sh
three
'''
'''
output
'''
<!-- run -->
'''sh
go test ./...
'''
<!-- no run: it takes an hour -->
'''sh
four
'''
'''sh
five
'''
`, "'", "`"))
	require.NoError(t, err)
	require.Equal(t, []block{
		{line: 2, text: "one\ntwo\n"},
		{line: 9, text: "three\n", status: 1},
		{line: 16, text: "go test ./...\n", skip: "it would run this test again"},
		{line: 20, text: "four\n", skip: "it takes an hour"},
		{line: 23, text: "five\n"}, // what is said of a block does not hold for the next
	}, found)

	_, err = blocks("<!-- run exti=1 -->\n```sh\nx\n```\n")
	require.ErrorContains(t, err, "line 2: the comment above it")
	_, err = blocks("```sh\nx\n")
	require.ErrorContains(t, err, "line 1: the block is not closed")
}
