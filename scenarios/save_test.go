package scenarios

import (
	"errors"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// A file that cannot be written to its end stays as it was, and nothing is left beside it.
func TestWholeOrNotAtAll(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("file", []byte("before"), 0o600))
	full := errors.New("no space left on device")
	for _, file := range []string{"file", "other"} {
		require.ErrorIs(t, replace(file, func(f *os.File) error {
			_, err := f.WriteString("half")
			return errors.Join(err, full)
		}), full)
	}
	names := func() (list []string) {
		entries, err := os.ReadDir(".")
		require.NoError(t, err)
		for _, e := range entries {
			list = append(list, e.Name())
		}
		return list
	}
	require.Equal(t, []string{"file"}, names())
	text, err := os.ReadFile("file")
	require.NoError(t, err)
	require.Equal(t, "before", string(text))

	// A link, and the mode of the file it leads to, stay as they are.
	require.NoError(t, os.Symlink("file", "link"))
	require.NoError(t, WriteFile("link", []byte("after")))
	require.Equal(t, []string{"file", "link"}, names())
	text, err = os.ReadFile("file")
	require.NoError(t, err)
	require.Equal(t, "after", string(text))
	info, err := os.Stat("file")
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode())
	require.NoError(t, WriteFile(os.DevNull, []byte("after")))
	require.NoError(t, WriteFile("new/folder/file", nil))
}
