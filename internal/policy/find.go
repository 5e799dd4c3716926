package policy

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Name is what a policy file is called that nobody names.
const Name = ".statecheck.yaml"

// maxSize bounds a policy file in bytes.
const maxSize = 1 << 20

// Find returns the path of the policy file for what lies in a folder: the nearest one in
// it or above, as far as the repository's root (the folder that has .git), or without a
// repository as far as the working folder. It is empty where there is none. Both folders
// are absolute paths.
//
// What lies outside says nothing: in a folder like /tmp anyone could put a policy.
func Find(folder, working string) (string, error) {
	found := ""
	for {
		if found == "" {
			path := filepath.Join(folder, Name)
			if _, err := os.Lstat(path); err == nil {
				found = path
			} else if !errors.Is(err, fs.ErrNotExist) {
				return "", err
			}
		}
		if _, err := os.Lstat(filepath.Join(folder, ".git")); err == nil {
			return found, nil
		}
		parent := filepath.Dir(folder)
		if parent == folder {
			break
		}
		folder = parent
	}
	if rel, err := filepath.Rel(working, found); err != nil || !filepath.IsLocal(rel) {
		return "", nil
	}
	return found, nil
}

// Read reads a policy file. Errors are of one line and name the file as shown does.
func Read(path, shown string) (*File, error) {
	shown = filepath.ToSlash(shown)
	raw, err := readBounded(path)
	if err != nil {
		if pathError, ok := errors.AsType[*fs.PathError](err); ok {
			err = pathError.Err // the line begins with the path
		}
		return nil, fmt.Errorf("%s: %w", shown, err)
	}
	folder, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", shown, err)
	}
	rules, err := parse(raw)
	if err != nil {
		return nil, fmt.Errorf("%s:%w", shown, err)
	}
	return &File{Path: shown, folder: folder, rules: rules}, nil
}

func readBounded(path string) ([]byte, error) {
	// Asked before it is opened: opening a FIFO would wait for a writer.
	switch info, err := os.Stat(path); {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errors.New("not a regular file, expected a policy in YAML")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxSize+1))
	if err == nil && len(raw) > maxSize {
		err = fmt.Errorf("more than %d bytes, expected a policy in YAML", maxSize)
	}
	return raw, err
}
