package main

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/statecheck/statecheck/internal/policy"
	"github.com/statecheck/statecheck/internal/report"
	"github.com/statecheck/statecheck/verifier"
)

// policyFlags say where policy files are.
type policyFlags struct {
	config   fileName
	noConfig toggle
}

func (f *policyFlags) addTo(flags *pflag.FlagSet) {
	flags.Var(&f.config, "config", "policy file in place of the nearest "+policy.Name)
	f.noConfig.addTo(flags, "no-config", "read no policy file")
}

// fileName is a flag that takes the name of a file.
type fileName string

func (f *fileName) String() string { return string(*f) }

func (f *fileName) Type() string { return "FILE" }

func (f *fileName) Set(value string) error {
	if value == "" {
		return errors.New("expected the name of a file")
	}
	*f = fileName(value)
	return nil
}

func (f *fileName) complete(string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveDefault
}

// policies are the policy files of a run.
type policies struct {
	today   time.Time // midnight UTC
	working string    // folder, absolute
	files   map[string]*policy.File
	usage   *policy.Usage
	folders bool // some inputs were found in folders
}

// read reads the policy files of all inputs: one that is wrong ends the run before
// anything is judged.
func (f *policyFlags) read(inputs []input, today time.Time) (*policies, error) {
	if f.config != "" && bool(f.noConfig) {
		return nil, usagef("--config and --no-config, expected one of them")
	}
	working, err := filepath.Abs(".")
	if err != nil {
		return nil, &exitError{ExitUndecided, err}
	}
	ps := &policies{today: today, working: working, files: make(map[string]*policy.File)}
	read := make(map[string]*policy.File) // by path
	switch {
	case bool(f.noConfig):
	case f.config != "":
		file, err := policy.Read(string(f.config), string(f.config))
		if err != nil {
			return nil, usagef("%w", err)
		}
		read[file.Path] = file
		for _, in := range inputs {
			ps.files[ps.folder(in)] = file
		}
	default:
		for _, in := range inputs {
			folder := ps.folder(in)
			if _, done := ps.files[folder]; done || in.err != nil {
				continue
			}
			path, err := policy.Find(folder, working)
			if err != nil {
				return nil, usagef("%s: %w", path, plain(err))
			}
			if path != "" && read[path] == nil {
				shown := path
				if rel, err := filepath.Rel(working, path); err == nil {
					shown = rel
				}
				if read[path], err = policy.Read(path, shown); err != nil {
					return nil, usagef("%w", err)
				}
			}
			ps.files[folder] = read[path]
		}
	}
	var files []*policy.File
	for _, file := range read {
		if file != nil {
			files = append(files, file)
		}
	}
	slices.SortFunc(files, func(a, b *policy.File) int { return strings.Compare(a.Path, b.Path) })
	ps.usage = policy.NewUsage(files)
	for _, in := range inputs {
		ps.folders = ps.folders || in.found
		if file := ps.of(in); file != nil {
			ps.usage.Input(file, ps.path(in))
		}
	}
	return ps, nil
}

// path is the absolute path of an input. Standard input lies in the working folder.
func (ps *policies) path(in input) string {
	if filepath.IsAbs(in.path) {
		return filepath.Clean(in.path)
	}
	return filepath.Join(ps.working, in.path)
}

func (ps *policies) folder(in input) string { return filepath.Dir(ps.path(in)) }

// of returns the policy file of an input, nil where it has none.
func (ps *policies) of(in input) *policy.File { return ps.files[ps.folder(in)] }

// judge judges a program of the input as its policy has it; options are those of
// the flags. It returns what accepted the findings that are waived.
func (ps *policies) judge(in input, p *verifier.Program, options verifier.Options) (verifier.Report, report.Waiver) {
	file := ps.of(in)
	if file == nil {
		return verifier.Check(p, options), report.ByFlag
	}
	t := file.Terms(ps.path(in), p, ps.today)
	if options.Profile == "" {
		options.Profile = t.Profile
	}
	options.Allow = slices.Concat(t.Accept, options.Allow)
	if t.Strict {
		options.Allow = nil
	}
	r := verifier.Check(p, options)
	ps.usage.Program(&t, r, !options.VerdictOnly || r.Verdict != verifier.Stateful)
	return r, func(accepted string) (by, because string) {
		var all, reasons []string
		for name := range strings.SplitSeq(accepted, ",") {
			at, reason, ok := t.Waiver(name)
			if !ok {
				at, reason = report.ByFlag(name)
			}
			all = append(all, at)
			if reason != "" {
				reasons = append(reasons, reason)
			}
		}
		return strings.Join(slices.Compact(all), ", "), strings.Join(slices.Compact(reasons), "; ")
	}
}

// stale lists what the run found out of date in the policy files.
func (ps *policies) stale(sum *report.Summary, s *selection) []report.Stale {
	var stale []report.Stale
	scope := policy.Scope{
		Complete: sum.Complete() && len(s.programs)+len(s.sections) == 0,
		Folders:  ps.folders,
	}
	for _, found := range ps.usage.Stale(ps.today, scope) {
		stale = append(stale, report.Stale(found))
	}
	return stale
}
