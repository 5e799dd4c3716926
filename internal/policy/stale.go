package policy

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/statecheck/statecheck/verifier"
)

// Stale is something in a policy file that a run found out of date. A gate that lets
// it stand rots: nobody knows any more which waivers are needed.
type Stale struct {
	File         string // path of the policy file, with forward slashes
	Line, Column int    // from 1
	Kind         string // Unused or Expired
	Message      string // what is so, and what to do
}

// Kinds of what is out of date.
const (
	Unused  = "unused"  // no program matches, or none needs it
	Expired = "expired" // its last day has passed
)

// Usage notes what a run needed of its policy files. It may be used by several
// goroutines at once.
type Usage struct {
	mu      sync.Mutex
	files   []*File
	inRun   map[*rule]bool // rules whose path is that of an input
	matched map[*rule]bool // rules that match a program
	used    map[*waiver]bool
}

// NewUsage returns a Usage of these files, to which nothing is noted yet.
func NewUsage(files []*File) *Usage {
	return &Usage{
		files: files, inRun: make(map[*rule]bool), matched: make(map[*rule]bool), used: make(map[*waiver]bool),
	}
}

// Input notes that the file at an absolute path is an input of the run.
func (u *Usage) Input(f *File, path string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	rel := f.relative(path)
	for _, r := range f.rules {
		if matches(r.path, rel) {
			u.inRun[r] = true
		}
	}
}

// Program notes what a program needed of its terms. Where the report leaves findings
// out, it may have needed everything.
func (u *Usage) Program(t *Terms, r verifier.Report, complete bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, r := range t.rules {
		u.matched[r] = true
	}
	for _, f := range r.Waived {
		for name := range strings.SplitSeq(f.WaivedBy, ",") {
			if w := t.waiver(name); w != nil {
				u.used[w] = true
			}
		}
	}
	if !complete || r.Omitted > 0 {
		for _, w := range t.waivers {
			u.used[w] = true
		}
	}
}

// Scope is how much of what the policy files are about a run has seen.
type Scope struct {
	// Complete: every program of the inputs was judged. Else nothing is said to be unused.
	Complete bool
	// Folders: some input was a folder, so that a path which is that of no input leads
	// nowhere. Else the run is about the files that were named.
	Folders bool
}

// Stale lists what is out of date on that day, by file and line.
func (u *Usage) Stale(today time.Time, scope Scope) []Stale {
	u.mu.Lock()
	defer u.mu.Unlock()
	var stale []Stale
	for _, f := range u.files {
		add := func(at place, kind string, format string, args ...any) {
			stale = append(stale, Stale{f.Path, at.line, at.column, kind, fmt.Sprintf(format, args...)})
		}
		for _, r := range f.rules {
			switch about := u.inRun[r] || scope.Folders; {
			case r.expired(today) && (about || u.matched[r]):
				add(r.place, Expired, "the waiver ended on %s: renew it with a new reason, or remove it", r.until.Format(time.DateOnly))
			case r.expired(today) || !about || !scope.Complete:
			case !u.matched[r]:
				add(r.place, Unused, "the rule matches no program: correct its globs, or remove it")
			default:
				for _, w := range r.accept {
					if !u.used[w] {
						add(w.place, Unused, "accepts %s, and no program needs that: remove it", w.name)
					}
				}
				if w := r.stateful; w != nil && !u.used[w] {
					add(w.place, Unused, "expects stateful programs, and these are stateless, or other rules accept their state: remove it")
				}
			}
		}
	}
	return stale
}
