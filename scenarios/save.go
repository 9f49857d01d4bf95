package scenarios

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// WriteFile writes a file, whole or not at all: where the disk is full, what was there before stays. It makes the folder that the file lies in.
func WriteFile(file string, content []byte) error {
	return WriteFileBy(file, func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	})
}

// WriteFileBy is WriteFile for what is too large to be kept: write writes it, and an error of it leaves the file as it was.
func WriteFileBy(file string, write func(io.Writer) error) error {
	return replace(file, func(f *os.File) error { return write(f) })
}

// replace has a new file written beside the one that is meant, and puts it in its place.
func replace(file string, write func(*os.File) error) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	mode := fs.FileMode(0o644)
	info, err := os.Stat(file)
	switch {
	case err == nil && !info.Mode().IsRegular():
		return within(file, write) // a pipe or a device stays what it is
	case err == nil:
		mode = info.Mode().Perm()
		if file, err = filepath.EvalSymlinks(file); err != nil { // the link stays, too
			return err
		}
	}
	aside, err := beside(filepath.Dir(file), mode)
	if errors.Is(err, fs.ErrPermission) && info != nil {
		return within(file, write) // nothing new can lie in this folder
	}
	if err != nil {
		return err
	}
	err = write(aside)
	if info != nil {
		err = errors.Join(err, aside.Chmod(mode))
	}
	if err = errors.Join(err, aside.Close()); err == nil {
		err = os.Rename(aside.Name(), file)
	}
	if err != nil {
		os.Remove(aside.Name())
	}
	return err
}

// beside makes a file in a folder, of a name that nothing has. Its mode is what the user's mask leaves of the one given.
func beside(dir string, mode fs.FileMode) (f *os.File, err error) {
	for n := range 10_000 {
		f, err = os.OpenFile(filepath.Join(dir, fmt.Sprintf(".simrun-%d-%d", os.Getpid(), n)), os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
		if !errors.Is(err, fs.ErrExist) {
			break
		}
	}
	return f, err
}

func within(file string, write func(*os.File) error) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_TRUNC, 0)
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Close())
}
