package main

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/statecheck/statecheck/internal/report"
)

// repository is the folder tree whose source a report speaks of.
type repository struct {
	root string // absolute; empty: not known
	work string // the working directory, absolute
	// known are the answers so far: each asks the file system.
	known map[[2]string]string
}

// newRepository finds the repository that the working directory lies in: the nearest
// folder upwards that git keeps something in, or else the working directory itself.
func newRepository() *repository {
	r := &repository{known: make(map[[2]string]string)}
	work, err := os.Getwd()
	if err != nil {
		return r
	}
	r.root, r.work = work, work
	for dir := work; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, ".git")); err == nil { // a file in worktrees
			r.root = dir
			return r
		}
		if dir == filepath.Dir(dir) {
			return r
		}
	}
}

// locate is a [report.Locate]. A relative name of a source file is relative to where
// the compiler ran, which nobody wrote down: that is taken to be the working
// directory, the folder of the object, or the root, wherever there is such a file.
func (r *repository) locate(object, file string) string {
	if object == stdinPath && file == "" {
		return stdinPath
	}
	key := [2]string{filepath.Dir(object), file}
	if file == "" {
		key = [2]string{object}
	}
	path, known := r.known[key]
	if !known {
		path = r.find(object, file)
		r.known[key] = path
	}
	return path
}

func (r *repository) find(object, file string) string {
	object = r.absolute(object)
	if file == "" {
		if path, inside := r.inside(object); inside {
			return path
		}
		return report.ObjectPath(object)
	}
	candidates := []string{file}
	if !filepath.IsAbs(file) {
		candidates = []string{filepath.Join(r.work, file), filepath.Join(filepath.Dir(object), file), filepath.Join(r.root, file)}
	}
	for _, candidate := range candidates {
		info, err := os.Stat(candidate)
		if err != nil || !info.Mode().IsRegular() {
			continue
		}
		if path, inside := r.inside(candidate); inside {
			return path
		}
	}
	return ""
}

func (r *repository) absolute(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(r.work, path)
}

// inside returns the path from the root, where it leads downwards.
func (r *repository) inside(path string) (string, bool) {
	rel, err := filepath.Rel(r.root, path)
	if err != nil || rel == ".." || strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
		return "", false
	}
	return filepath.ToSlash(rel), true
}
