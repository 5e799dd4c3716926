package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/statecheck/statecheck/verifier"
	"github.com/statecheck/statecheck/verifier/effect"
)

// redirect is a finding at a slot, as the verifier makes it.
func redirect(slot int) verifier.Finding {
	return verifier.Finding{
		Effects: effect.Ambient | effect.Handoff, Kind: effect.KindHelper, Name: "bpf_redirect", ID: 23,
		Slot: slot, Function: "fwd", Reason: "leaves its target behind",
		Kernel: "net/core/filter.c:bpf_redirect", Instead: "return a verdict",
	}
}

// source knows the lines of the even slots.
func source(slot int) (verifier.Line, bool) {
	if slot%2 == 1 {
		return verifier.Line{}, false
	}
	return verifier.Line{File: "prog.c", Line: 100 + slot}, true
}

func stateful(findings ...verifier.Finding) verifier.Report {
	return verifier.Report{Verdict: verifier.Stateful, Precision: verifier.PrecisionCFG, Findings: findings}
}

func TestText(t *testing.T) {
	many := func(n int) (all []verifier.Finding) {
		for i := range n {
			all = append(all, redirect(10+i))
		}
		return all
	}
	const head = "prog.o: fwd (xdp): stateful\n  bpf_redirect: handoff: leaves its target behind [net/core/filter.c:bpf_redirect]\n"
	with := func(change func(*verifier.Finding)) verifier.Report {
		f := redirect(17)
		change(&f)
		return stateful(f)
	}
	for _, tt := range []struct {
		name   string
		reason string // why the case is here
		opts   TextOptions
		report verifier.Report
		want   string
	}{
		{
			name: "stateless", reason: "one line",
			report: verifier.Report{Verdict: verifier.Stateless},
			want:   "prog.o: fwd (xdp): stateless\n",
		},
		{
			name: "invalid", reason: "the error goes to standard error",
			report: verifier.Report{Verdict: verifier.Invalid, Err: errors.New("slot 3: bad")},
		},
		{
			name: "invalid in a file", reason: "standard error is lost there",
			opts:   TextOptions{Errors: true},
			report: verifier.Report{Verdict: verifier.Invalid, Err: errors.New("slot 3: bad")},
			want:   "prog.o: fwd (xdp): invalid: slot 3: bad\n",
		},
		{
			name: "no source", reason: "the slot is the place",
			report: stateful(redirect(17)),
			want:   head + "    at slot 17 in fwd\n    path: reached without a branch\n    instead: return a verdict\n",
		},
		{
			name: "four parts", reason: "reason, source line, path, instead; branches with their lines where known",
			report: with(func(f *verifier.Finding) {
				f.Line = verifier.Line{File: "prog.c", Line: 42, Column: 9, Text: "\treturn bpf_redirect(idx, 0); "}
				f.Path = []verifier.Branch{{Slot: 3, Taken: true}, {Slot: 8}}
			}),
			want: head + "    at prog.c:42:9 in fwd, slot 17: return bpf_redirect(idx, 0);\n" +
				"    path: slot 3 taken, slot 8 (prog.c:108) not taken\n    instead: return a verdict\n",
		},
		{
			name: "nothing to do instead", reason: "the part is never left out",
			report: with(func(f *verifier.Finding) { f.Instead, f.PathOmitted = "", true }),
			want:   head + "    at slot 17 in fwd\n    path: too long to list\n    instead: no stateless way is known\n",
		},
		{
			name: "long path", reason: "its two ends are what a person reads",
			report: with(func(f *verifier.Finding) {
				for i := range 20 {
					f.Path = append(f.Path, verifier.Branch{Slot: 2*i + 1, Taken: i%2 == 0})
				}
			}),
			want: head + "    at slot 17 in fwd\n    path: slot 1 taken, slot 3 not taken, slot 5 taken, slot 7 not taken, 12 more, " +
				"slot 33 taken, slot 35 not taken, slot 37 taken, slot 39 not taken\n    instead: return a verdict\n",
		},
		{
			name: "long source line", reason: "generated code has lines without end",
			report: with(func(f *verifier.Finding) {
				f.Line = verifier.Line{File: "prog.c", Line: 42, Text: strings.Repeat("é", 500)}
			}),
			want: head + "    at prog.c:42 in fwd, slot 17: " + strings.Repeat("é", 120) +
				"...\n    path: reached without a branch\n    instead: return a verdict\n",
		},
		{
			name: "many places", reason: "one construct is explained once",
			report: stateful(many(9)...),
			want: head + "    at slot 10 in fwd\n    path: reached without a branch\n    instead: return a verdict\n" +
				"    also at slot 11, slot 12, slot 13, slot 14, slot 15, slot 16, and 2 more\n",
		},
		{
			name: "too many to list", reason: "a count stands for the rest",
			report: verifier.Report{Verdict: verifier.Stateful, Findings: many(1), Omitted: 7},
			want: head + "    at slot 10 in fwd\n    path: reached without a branch\n    instead: return a verdict\n" +
				"  and 7 more, too many to list\n",
		},
		{
			name: "accepted", reason: "a verdict that leans on --allow says so",
			report: verifier.Report{Verdict: verifier.Stateless, Waived: []verifier.Finding{
				{Effects: effect.Map, WaivedBy: "map"}, {Effects: effect.Handoff, WaivedBy: "bpf_redirect"},
				{Effects: effect.Map, WaivedBy: "map"},
			}},
			want: "prog.o: fwd (xdp): stateless, with --allow bpf_redirect, --allow map\n",
		},
		{
			name: "the stricter profile", reason: "it rejects what the flag lets pass",
			opts:   TextOptions{Profile: verifier.ProfilePure},
			report: stateful(redirect(17)),
			want: strings.Replace(head, "handoff", "ambient, handoff", 1) +
				"    at slot 17 in fwd\n    path: reached without a branch\n    instead: return a verdict\n",
		},
		{
			name: "color", reason: "verdicts and names stand out",
			opts:   TextOptions{Color: true},
			report: stateful(redirect(17)),
			want: "prog.o: fwd (xdp): \x1b[1;31mstateful\x1b[0m\n  \x1b[1mbpf_redirect\x1b[0m: handoff: leaves its target behind [net/core/filter.c:bpf_redirect]\n" +
				"    at slot 17 in fwd\n    path: reached without a branch\n    instead: return a verdict\n",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.opts.Profile == "" {
				tt.opts.Profile = verifier.ProfileFlag
			}
			p := &verifier.Program{Name: "fwd", Section: "xdp", Source: source}
			o := Object{Path: "prog.o"}
			o.Add(p, tt.report)
			var sum Summary
			sum.Add(&o)
			var got bytes.Buffer
			h := Text(&got, tt.opts)
			if err := errors.Join(h.Object(&o), h.Close(&sum)); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got.String()); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tt.reason, diff)
			}
		})
	}
}

// What is written reads back as what was handed in, whatever the objects.
func TestJSON(t *testing.T) {
	full := Object{Path: "prog.o"}
	full.Add(&verifier.Program{Name: "fwd", Source: source}, stateful(redirect(1), redirect(2)))
	full.Add(&verifier.Program{Name: "b"}, verifier.Report{Verdict: verifier.Invalid, Err: errors.New("<no & no>")})
	for _, objects := range [][]Object{
		{},
		{{Path: "gone.o", Error: "no such file", Programs: []Program{}}},
		{full, {Path: "empty.o", Programs: []Program{}}},
	} {
		run := Run{Tool{"statecheck", "v1"}, verifier.ProfilePure, verifier.PrecisionCFG, verifier.Model}
		want := Report{Schema: Schema, Run: run, Verdict: Undecided, Objects: objects}

		var text bytes.Buffer
		var sum Summary
		h := JSON(&text, run)
		for i := range objects {
			sum.Add(&objects[i])
			if err := h.Object(&objects[i]); err != nil {
				t.Fatal(err)
			}
		}
		if err := h.Close(&sum); err != nil {
			t.Fatal(err)
		}
		var got Report
		if err := json.Unmarshal(text.Bytes(), &got); err != nil {
			t.Fatalf("%v in\n%s", err, &text)
		}
		if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(Object{})); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		// The programs have a line each.
		lines, programs := strings.Count(text.String(), "\n{\"name\":"), 0
		for _, o := range objects {
			programs += len(o.Programs)
		}
		if lines != programs {
			t.Errorf("%d lines for %d programs in\n%s", lines, programs, &text)
		}
	}
}

// An object lists no more than it may, whatever takes the room, and says so.
func TestLimits(t *testing.T) {
	long := strings.Repeat("n", 1<<20)
	for _, tt := range []struct {
		name string
		f    verifier.Finding
	}{
		{"many", redirect(3)},
		{"long function", verifier.Finding{Function: long}},
		{"long name", verifier.Finding{Name: long}},
		{"long file", verifier.Finding{Line: verifier.Line{File: long}}},
		{"long line", verifier.Finding{Line: verifier.Line{Text: long}}},
		{"long path", verifier.Finding{Path: make([]verifier.Branch, 10_000)}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := verifier.Report{Verdict: verifier.Stateful, Err: errors.New(long)}
			for range 5_000 {
				r.Findings = append(r.Findings, tt.f)
			}
			r.Waived, r.Allowed = r.Findings, r.Findings
			p := &verifier.Program{Name: long, Section: long, Source: func(int) (verifier.Line, bool) { return verifier.Line{File: "prog.c"}, true }}
			var o Object
			for range 3 {
				o.Add(p, r)
			}
			if !o.Full() {
				t.Error("not full")
			}
			for i, p := range o.Programs {
				if got := len(p.Findings) + len(p.Waived) + len(p.Allowed) + p.Omitted; got != 15_000 {
					t.Errorf("program %d: %d findings, those omitted included, want 15000", i, got)
				}
				for _, f := range p.Findings {
					if len(f.Path) != len(tt.f.Path) && !f.PathOmitted {
						t.Fatalf("program %d: a path is left out and not said to be", i)
					}
				}
			}
			var text bytes.Buffer
			h := JSON(&text, Run{})
			if err := errors.Join(h.Object(&o), h.Close(new(Summary))); err != nil {
				t.Fatal(err)
			}
			if limit := 2*maxFindings + maxPaths; text.Len() > limit {
				t.Errorf("%d bytes, want at most %d", text.Len(), limit)
			}
		})
	}
}

// No byte of a name reaches a terminal as anything but itself.
func TestUnprintable(t *testing.T) {
	for _, tt := range []struct{ name, text, json string }{
		{"plain <&> é 日本", "plain <&> é 日本", `plain <&> é 日本`},
		{"a\tb", "a b", `a\tb`},
		{"\x1b[2K\r\n", `\x1b[2K\r\n`, `\u001b[2K\r\n`},
		{"\x00\x7f", `\x00\x7f`, `\u0000\u007f`},
		{"\u009b2K", `\u009b2K`, `\u009b2K`},
		{"\u202e\u2066", `\u202e\u2066`, `\u202e\u2066`},
		{"\u2028", `\u2028`, `\u2028`},
		{"\U000e0041", `\U000e0041`, `\udb40\udc41`},
		{"\xff\xc0", `\xff\xc0`, `\ufffd\ufffd`},
		{"\ufffd", "\ufffd", "\ufffd"},
	} {
		if got := Printable(tt.name); got != tt.text {
			t.Errorf("Printable(%q) = %q, want %q", tt.name, got, tt.text)
		}
		got, err := encode(tt.name)
		if err != nil {
			t.Fatal(err)
		}
		if want := fmt.Sprintf(`"%s"`, tt.json); string(got) != want {
			t.Errorf("encode(%q) = %s, want %s", tt.name, got, want)
		}
	}
}

func TestSummary(t *testing.T) {
	for _, tt := range []struct {
		sum     Summary
		verdict verifier.Verdict
		text    string
	}{
		{Summary{}, Undecided, "0 programs"},
		{Summary{Stateless: 1}, verifier.Stateless, "1 program: 1 stateless"},
		{Summary{Stateless: 1, Stateful: 1}, verifier.Stateful, "2 programs: 1 stateless, 1 stateful"},
		{Summary{Stateless: 9, Stateful: 2, Invalid: 1}, Undecided, "12 programs: 9 stateless, 2 stateful, 1 could not be judged"},
		{Summary{Stateful: 1, Unread: 1}, Undecided, "1 program: 1 stateful; 1 file could not be read"},
		{Summary{Unread: 2}, Undecided, "0 programs; 2 files could not be read"},
		{Summary{Stateless: 1, Interrupted: true}, Undecided, "1 program: 1 stateless; interrupted"},
	} {
		if got := tt.sum.Verdict(); got != tt.verdict {
			t.Errorf("%+v: verdict %s, want %s", tt.sum, got, tt.verdict)
		}
		if got := tt.sum.String(); got != tt.text {
			t.Errorf("%+v: %q, want %q", tt.sum, got, tt.text)
		}
	}
}
