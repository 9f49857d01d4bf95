package scenarios

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"
	"unicode"

	"simrun/checker"
	"simrun/faults"
	"simrun/sim"
)

// ArtifactVersion is written into every artifact, and the only one that is read.
const ArtifactVersion = 1

// maxArtifact bounds the size of a file that is read as an artifact, in bytes.
const maxArtifact = 64 << 20

// Build says which program made an artifact.
type Build struct {
	Commit   string `json:"commit,omitempty"`   // if the build was stamped with it
	Modified bool   `json:"modified,omitempty"` // the tree had changes that were not committed
	Sources  string `json:"sources"`            // digest of the sources that decide a run
	Go       string `json:"go"`                 // version of the toolchain
}

// Artifact is a run saved to be run again: what decides it, and what came of it. It is JSON, meant to be read and
// edited by people; fields that are not known are refused.
type Artifact struct {
	Version  int    `json:"version"`
	Build    Build  `json:"build"`
	Scenario string `json:"scenario"`
	Profile  string `json:"profile"` // that the input was drawn from

	Input

	Verdict     string   `json:"verdict"`
	Fingerprint string   `json:"fingerprint,omitempty"` // of a violation: which check, and what kind of failure
	Detail      string   `json:"detail,omitempty"`
	TraceHash   string   `json:"traceHash"`
	InputHash   string   `json:"inputHash"` // tells whether somebody edited what decides the run
	Events      uint64   `json:"events"`
	LastEvents  []string `json:"lastEvents,omitempty"` // of the timeline
	// Hashes are those of the run on its way, to tell how far a run of another build is the same. May be missing.
	Hashes []Checkpoint `json:"hashes,omitempty"`

	messages messageNames // of the scenario, as the text has them
}

// plainArtifact has the fields of an Artifact, and not its methods.
type plainArtifact Artifact

// artifactText is an artifact as text: with the names of messages in the place of numbers, and what is long at the end.
type artifactText struct {
	plainArtifact
	Plan       planText     `json:"plan"`
	Fates      []fateText   `json:"fates,omitempty"`
	LastEvents []string     `json:"lastEvents,omitempty"`
	Hashes     []Checkpoint `json:"hashes,omitempty"`
}

// MarshalJSON writes kinds of messages by their names, in an artifact that NewArtifact or ParseArtifact made.
func (a Artifact) MarshalJSON() ([]byte, error) {
	return json.Marshal(artifactText{plainArtifact(a), a.messages.writePlan(a.Plan), a.messages.writeFates(a.Fates), a.LastEvents, a.Hashes})
}

// NewArtifact describes a result.
func NewArtifact(b Build, s Scenario, profile faults.Profile, r Result, lastEvents []string) Artifact {
	return Artifact{
		Version: ArtifactVersion, Build: b, Scenario: s.Name, Profile: profile.Name, Input: r.Input,
		Verdict: r.Verdict.Kind.String(), Fingerprint: r.Verdict.Fingerprint, Detail: r.Verdict.Detail,
		TraceHash: r.Hash.String(), InputHash: inputHash(s.Name, s.messages.inputText(r.Input)), Events: r.Stats.Events, LastEvents: lastEvents,
		messages: s.messages,
	}
}

// Edited tells whether what decides the run was changed after the artifact was made, so that its trace hash is not to be expected.
func (a Artifact) Edited() bool {
	return a.InputHash != inputHash(a.Scenario, a.messages.inputText(a.Input)) &&
		a.InputHash != inputHash(a.Scenario, a.text()) // as it was when messages had numbers
}

// inputText writes an input with the names of messages in the place of their numbers, which change with the protocol.
func (list messageNames) inputText(in Input) []byte {
	return mustMarshal(struct {
		Input
		Plan  planText   `json:"plan"`
		Fates []fateText `json:"fates,omitempty"`
	}{in, list.writePlan(in.Plan), list.writeFates(in.Fates)})
}

func inputHash(scenario string, text []byte) string {
	h := sim.Hash(0)
	h.Bytes([]byte(scenario))
	h.Bytes(text)
	return h.String()
}

// Save writes the artifact to the file, whole or not at all, making the folder it lies in.
func (a Artifact) Save(file string) error {
	text, err := json.MarshalIndent(a, "", "  ")
	if err != nil {
		return err
	}
	return WriteFile(file, append(text, '\n'))
}

// LoadArtifact reads an artifact and makes sure that it can be run. The error is a sentence for the person who named
// the file.
func LoadArtifact(file string) (Artifact, Scenario, error) {
	f, err := os.Open(file)
	if err != nil {
		return Artifact{}, Scenario{}, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxArtifact+1))
	if err != nil {
		return Artifact{}, Scenario{}, err
	}
	a, s, err := ParseArtifact(text)
	if err != nil {
		return Artifact{}, Scenario{}, fmt.Errorf("%s: %w", file, err)
	}
	return a, s, nil
}

// ParseArtifact reads an artifact from its text, as LoadArtifact does from a file.
func ParseArtifact(text []byte) (a Artifact, s Scenario, err error) {
	if len(text) > maxArtifact {
		return a, s, fmt.Errorf("larger than %d MiB, which no artifact is", maxArtifact>>20)
	}
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")) // which some editors put before it
	var head struct {
		Version *int `json:"version"`
	}
	if err := json.Unmarshal(text, &head); err != nil {
		return a, s, fmt.Errorf("not an artifact: %w", jsonError(text, err))
	}
	if head.Version == nil {
		return a, s, errors.New("not an artifact: it has no version")
	}
	if *head.Version != ArtifactVersion {
		return a, s, fmt.Errorf("artifact version %d, and this simrun reads version %d: use the one that wrote it", *head.Version, ArtifactVersion)
	}
	if err := repeated(json.NewDecoder(bytes.NewReader(text))); err != nil {
		return a, s, fmt.Errorf("not a valid artifact: %w", err)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	var t artifactText
	if err := d.Decode(&t); err != nil {
		return a, s, fmt.Errorf("not a valid artifact: %w", jsonError(text, err))
	}
	a = Artifact(t.plainArtifact)
	a.LastEvents, a.Hashes = t.LastEvents, t.Hashes
	if s, err = Find(a.Scenario); err != nil {
		return a, s, err
	}
	a.messages = s.messages
	if a.Plan, err = s.messages.readPlan(t.Plan); err != nil {
		return a, s, err
	}
	if a.Fates, err = s.messages.readFates(t.Fates); err != nil {
		return a, s, err
	}
	if _, err := sim.ParseHash(a.TraceHash); err != nil {
		return a, s, fmt.Errorf("traceHash %q is not a hash of 16 hexadecimal digits", a.TraceHash)
	}
	if _, err := checker.ParseKind(a.Verdict); err != nil {
		return a, s, err
	}
	return a, s, s.Check(a.Input)
}

// repeated refuses an object that has a field twice, of which one would be ignored. That they differ in capitals makes no difference to the decoder.
func repeated(d *json.Decoder) error {
	token, err := d.Token()
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for token == json.Delim('{') || token == json.Delim('[') {
		if !d.More() {
			_, err := d.Token()
			return err
		}
		if token == json.Delim('{') {
			key, err := d.Token()
			if err != nil {
				return err
			}
			name, _ := key.(string)
			if seen[strings.ToLower(name)] {
				return fmt.Errorf("the field %q is there twice", name)
			}
			seen[strings.ToLower(name)] = true
		}
		if err := repeated(d); err != nil {
			return err
		}
	}
	return nil
}

// jsonError adds the line to an error of the decoder, where it knows the place.
func jsonError(text []byte, err error) error {
	var offset int64
	var syntax *json.SyntaxError
	var mistyped *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		offset = syntax.Offset
	case errors.As(err, &mistyped):
		offset = mistyped.Offset
	default:
		return inWords(err)
	}
	line := 1 + bytes.Count(text[:min(int(offset), len(text))], []byte("\n"))
	return fmt.Errorf("line %d: %w", line, inWords(err))
}

// inWords says what is wrong with a text of JSON without the names of types in this program.
func inWords(err error) error {
	var mistyped *json.UnmarshalTypeError
	if !errors.As(err, &mistyped) {
		return errors.New(strings.TrimPrefix(err.Error(), "json: "))
	}
	is, _, _ := strings.Cut(mistyped.Value, " ") // "number 1.5"
	must := "text"
	switch mistyped.Type.Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		must = "a whole number that is not too large"
	case reflect.Bool:
		must = "true or false"
	case reflect.Slice, reflect.Array:
		must = "a list"
	case reflect.Struct, reflect.Map:
		must = "an object"
	}
	var path []string // without the structs that lie in others
	for name := range strings.SplitSeq(mistyped.Field, ".") {
		if name != "" && !unicode.IsUpper(rune(name[0])) && name != "plainArtifact" {
			path = append(path, name)
		}
	}
	what := strings.Join(path, ".")
	if what == "" {
		what = "this"
	}
	return fmt.Errorf("%s must be %s, and is %s", what, must, map[string]string{
		"string": "text", "number": "a number", "bool": "true or false", "array": "a list", "object": "an object",
	}[is])
}
