// Gen builds the objects of the corpus from their sources:
//
//	go run ./gen [-o FOLDER]
//
// run in the folder corpus/. It needs clang-19 and nothing else: the sources
// include only src/bpf.h.
//
// A source NAME.c becomes NAME.o, little-endian and of cpu v3, as most projects
// build today. NAME.s is what no compiler writes any more, or ever did: old objects
// and irregular slots. Lines of the form
//
//	// build: OBJECT.o FLAG...
//
// name other objects to build instead, and flags for clang. Clang runs in the
// folder of the sources and is told that it is ".", so that the same bytes come
// out wherever the repository lies.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

const compiler = "clang-19"

var commonFlags = []string{
	"-target", "bpfel", "-mcpu=v3", "-O2", "-g", "-Wall", "-Werror",
	"-fdebug-compilation-dir=.",
	"-Wno-unused-command-line-argument", // there is nothing to optimise in assembly
}

func main() {
	out := flag.String("o", "objects", "`folder` to write the objects to; there, objects without a source are removed")
	flag.Parse()
	if err := run("src", *out); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

// run builds all objects of a folder of sources.
func run(src, out string) error {
	sources, err := filepath.Glob(filepath.Join(src, "*.[cs]"))
	if err != nil {
		return err
	}
	if len(sources) == 0 {
		return fmt.Errorf("no sources in %s: run it in the folder corpus", src)
	}
	out, err = filepath.Abs(out)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	built := make(map[string]string) // object -> source
	for _, source := range sources {
		targets, err := readTargets(source)
		if err != nil {
			return err
		}
		for _, t := range targets {
			object := filepath.Join(out, t.object)
			if other, ok := built[object]; ok {
				return fmt.Errorf("%s: %s is built from %s already", source, t.object, other)
			}
			built[object] = source
			if err := compile(source, object, t.flags); err != nil {
				return fmt.Errorf("%s: %s: %w", source, t.object, err)
			}
		}
	}
	present, err := filepath.Glob(filepath.Join(out, "*.o"))
	if err != nil {
		return err
	}
	for _, object := range present {
		if built[object] == "" {
			if err := os.Remove(object); err != nil {
				return err
			}
		}
	}
	return nil
}

// target is an object and what clang must be told to build it.
type target struct {
	object string
	flags  []string
}

// readTargets reads the "build:" lines of a source.
func readTargets(source string) ([]target, error) {
	f, err := os.Open(source)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var targets []target
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		line, ok := strings.CutPrefix(lines.Text(), "// build:")
		if !ok {
			continue
		}
		words := strings.Fields(line)
		if len(words) == 0 || filepath.Ext(words[0]) != ".o" || filepath.Base(words[0]) != words[0] {
			return nil, fmt.Errorf("%s: %q, expected the name of an object and flags after build", source, lines.Text())
		}
		targets = append(targets, target{words[0], words[1:]})
	}
	if len(targets) == 0 {
		name := strings.TrimSuffix(filepath.Base(source), filepath.Ext(source))
		targets = append(targets, target{object: name + ".o"})
	}
	return targets, lines.Err()
}

func compile(source, object string, flags []string) error {
	args := append(append([]string{}, commonFlags...), flags...)
	args = append(args, "-c", filepath.Base(source), "-o", object)
	cmd := exec.Command(compiler, args...)
	cmd.Dir = filepath.Dir(source)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	return cmd.Run()
}
