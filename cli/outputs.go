package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
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
	what := o.flag + " " + brief(o.file)
	info, err := os.Stat(o.file)
	switch {
	case err == nil && info.IsDir():
		return fmt.Errorf("%s is a folder, and must be a file", what)
	case err == nil && !info.Mode().IsRegular() && info.Mode()&os.ModeCharDevice == 0:
		return nil // to open a pipe is to wait for its reader
	case err == nil:
		f, err := os.OpenFile(o.file, os.O_WRONLY, 0)
		if err != nil {
			return fmt.Errorf("%s cannot be written: %w", what, reason(err))
		}
		return f.Close()
	case os.IsPathSeparator(o.file[len(o.file)-1]):
		return fmt.Errorf("%s is the name of a folder, and must be that of a file", what)
	}
	if err := checkPath(what, o.file); err != nil {
		return err
	}
	return checkFolder(what, filepath.Dir(o.file))
}

// checkFolder finds out whether files can be written into a folder, which need not be there yet.
func checkFolder(flag, dir string) error {
	if err := checkPath(flag, dir); err != nil {
		return err
	}
	there := nearest(dir)
	probe, err := os.CreateTemp(there, ".simrun-*")
	if err != nil {
		return fmt.Errorf("%s: nothing can be written in %s: %w", flag, brief(dir), reason(err))
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name()))
}

// maxName is how long a name in a folder can be, in bytes, on all file systems that are common.
const maxName = 255

// checkPath refuses a path that nothing can be made at: through a file, through a link that leads nowhere, or of a name that is too long.
func checkPath(flag, path string) error {
	for _, name := range strings.FieldsFunc(path, func(r rune) bool { return r == '/' || r == filepath.Separator }) {
		if len(name) > maxName {
			return fmt.Errorf("%s: the name %s has %d bytes, and can have %d", flag, brief(name), len(name), maxName)
		}
	}
	for at := path; ; at = filepath.Dir(at) {
		_, err := os.Stat(at)
		switch {
		case err == nil:
			if info, err := os.Stat(at); err == nil && !info.IsDir() {
				return fmt.Errorf("%s: %s is a file, and must be a folder", flag, brief(at))
			}
			return nil
		case isLink(at):
			return fmt.Errorf("%s: %s is a link that leads nowhere", flag, brief(at))
		case !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR) && !errors.Is(err, syscall.ELOOP):
			return fmt.Errorf("%s: %w", flag, reason(err))
		case filepath.Dir(at) == at:
			return nil
		}
	}
}

func isLink(path string) bool {
	info, err := os.Lstat(path)
	return err == nil && info.Mode()&fs.ModeSymlink != 0
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

// brief cuts what somebody else wrote to a length that fits into a message.
func brief(s string) string {
	const most = 80
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "..."
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

// isOutput tells whether a name is another one of what the program prints to, where that is a file: one would overwrite the other.
func isOutput(file string) bool {
	if file == "" {
		return false
	}
	info, err := os.Stat(file)
	if err != nil || !info.Mode().IsRegular() {
		return false
	}
	printed, err := os.Stdout.Stat()
	return err == nil && os.SameFile(info, printed)
}
