package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// output is a file that a flag names to be written.
type output struct{ flag, file string }

// checkOutputs refuses, before any time is spent, files that cannot be written, and those that would overwrite one another or what is read.
func checkOutputs(read []string, outputs ...output) error {
	taken := map[string]string{}
	for _, file := range read {
		taken[file] = "is what is read"
	}
	for _, o := range outputs {
		if o.file == "" || o.file == "-" {
			continue
		}
		for file, what := range taken {
			if same(o.file, file) {
				return fmt.Errorf("%s %s: that %s, so give another file", o.flag, o.file, what)
			}
		}
		taken[o.file] = "is written by " + o.flag + " already"
		if err := checkFile(o); err != nil {
			return err
		}
	}
	return nil
}

// checkFile finds out whether a file can be written, without touching it if it is there.
func checkFile(o output) error {
	info, err := os.Stat(o.file)
	switch {
	case err == nil && info.IsDir():
		return fmt.Errorf("%s %s is a folder, and must be a file", o.flag, o.file)
	case err == nil:
		f, err := os.OpenFile(o.file, os.O_WRONLY, 0)
		if err != nil {
			return fmt.Errorf("%s %s cannot be written: %w", o.flag, o.file, errors.Unwrap(err))
		}
		return f.Close()
	}
	return checkFolder(o.flag+" "+o.file, filepath.Dir(o.file))
}

// checkFolder finds out whether files can be written into a folder, which need not be there yet.
func checkFolder(flag, dir string) error {
	there := nearest(dir)
	if info, err := os.Stat(there); err == nil && !info.IsDir() {
		return fmt.Errorf("%s: %s is a file, and must be a folder", flag, there)
	}
	probe, err := os.CreateTemp(there, ".simrun-*")
	if err != nil {
		return fmt.Errorf("%s: nothing can be written in %s: %w", flag, dir, err)
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name()))
}

// nearest returns the path, or the nearest folder above it that there is.
func nearest(path string) string {
	for {
		if _, err := os.Stat(path); err == nil || filepath.Dir(path) == path {
			return path
		}
		path = filepath.Dir(path)
	}
}

func same(a, b string) bool {
	one, err1 := os.Stat(a)
	two, err2 := os.Stat(b)
	if err1 == nil && err2 == nil {
		return os.SameFile(one, two)
	}
	whole, err1 := filepath.Abs(a)
	other, err2 := filepath.Abs(b)
	return err1 == nil && err2 == nil && whole == other
}

// writeFile writes a file, and makes its folder if that is not there.
func writeFile(file string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, content, 0o644)
}
