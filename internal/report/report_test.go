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
		Effects: effect.Ambient | effect.Handoff, Kind: effect.KindHelper, Name: "bpf_redirect", Row: "bpf_redirect", ID: 23,
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
	return verifier.Report{
		Verdict: verifier.Stateful, Profile: verifier.ProfileFlag, Precision: verifier.PrecisionCFG, Findings: findings,
	}
}

func TestText(t *testing.T) {
	many := func(n int) (all []verifier.Finding) {
		for i := range n {
			all = append(all, redirect(10+i))
		}
		return all
	}
	const head = "prog.o: fwd (xdp): stateful\n  bpf_redirect: handoff: leaves its target behind [net/core/filter.c:bpf_redirect]\n"
	const last = "See also: statecheck explain handoff\n"
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
			want:   head + "    at slot 17 in fwd\n    path: reached without a branch\n    instead: return a verdict\n" + last,
		},
		{
			name: "four parts", reason: "reason, source line, path, instead; branches with their lines where known",
			report: with(func(f *verifier.Finding) {
				f.Line = verifier.Line{File: "prog.c", Line: 42, Column: 9, Text: "\treturn bpf_redirect(idx, 0); "}
				f.Path = []verifier.Branch{{Slot: 3, Taken: true}, {Slot: 8}}
			}),
			want: head + "    at prog.c:42:9 in fwd, slot 17: return bpf_redirect(idx, 0);\n" +
				"    path: slot 3 taken, slot 8 (prog.c:108) not taken\n    instead: return a verdict\n" + last,
		},
		{
			name: "nothing to do instead", reason: "the part is never left out",
			report: with(func(f *verifier.Finding) { f.Instead, f.PathOmitted = "", true }),
			want:   head + "    at slot 17 in fwd\n    path: too long to list\n    instead: no stateless way is known\n" + last,
		},
		{
			name: "long path", reason: "its two ends are what a person reads",
			report: with(func(f *verifier.Finding) {
				for i := range 20 {
					f.Path = append(f.Path, verifier.Branch{Slot: 2*i + 1, Taken: i%2 == 0})
				}
			}),
			want: head + "    at slot 17 in fwd\n    path: slot 1 taken, slot 3 not taken, slot 5 taken, slot 7 not taken, 12 more, " +
				"slot 33 taken, slot 35 not taken, slot 37 taken, slot 39 not taken\n    instead: return a verdict\n" + last,
		},
		{
			name: "long source line", reason: "generated code has lines without end",
			report: with(func(f *verifier.Finding) {
				f.Line = verifier.Line{File: "prog.c", Line: 42, Text: strings.Repeat("é", 500)}
			}),
			want: head + "    at prog.c:42 in fwd, slot 17: " + strings.Repeat("é", 120) +
				"...\n    path: reached without a branch\n    instead: return a verdict\n" + last,
		},
		{
			name: "many places", reason: "one construct is explained once",
			report: stateful(many(9)...),
			want: head + "    at slot 10 in fwd\n    path: reached without a branch\n    instead: return a verdict\n" +
				"    also at slot 11, slot 12, slot 13, slot 14, slot 15, slot 16, and 2 more\n" + last,
		},
		{
			name: "too many to list", reason: "a count stands for the rest",
			report: verifier.Report{Verdict: verifier.Stateful, Findings: many(1), Omitted: 7},
			want: head + "    at slot 10 in fwd\n    path: reached without a branch\n    instead: return a verdict\n" +
				"  and 7 more, too many to list\n" + last,
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
				"    at slot 17 in fwd\n    path: reached without a branch\n    instead: return a verdict\n" +
				"See also: statecheck explain ambient handoff\n",
		},
		{
			name: "color", reason: "verdicts and names stand out",
			opts:   TextOptions{Color: true},
			report: stateful(redirect(17)),
			want: "prog.o: fwd (xdp): \x1b[1;31mstateful\x1b[0m\n  \x1b[1mbpf_redirect\x1b[0m: handoff: leaves its target behind [net/core/filter.c:bpf_redirect]\n" +
				"    at slot 17 in fwd\n    path: reached without a branch\n    instead: return a verdict\n" + last,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.opts.Profile == "" {
				tt.opts.Profile = verifier.ProfileFlag
			}
			p := &verifier.Program{Name: "fwd", Section: "xdp", Source: source}
			o := Object{Path: "prog.o"}
			tt.report.Profile = tt.opts.Profile
			o.Add(p, tt.report, ByFlag)
			var sum Summary
			o.AddTo(&sum)
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
	full.Add(&verifier.Program{Name: "fwd", Source: source}, stateful(redirect(1), redirect(2)), ByFlag)
	full.Add(&verifier.Program{Name: "b"}, verifier.Report{Verdict: verifier.Invalid, Err: errors.New("<no & no>")}, ByFlag)
	for _, objects := range [][]Object{
		{},
		{{Path: "gone.o", Error: "no such file", Programs: []Program{}}},
		{full, {Path: "empty.o", Programs: []Program{}}},
	} {
		run := Run{Tool{"statecheck", "v1"}, verifier.ProfilePure, verifier.PrecisionCFG, verifier.Model}
		want := Report{Schema: Schema, Run: run, Verdict: Undecided, Policy: []Stale{}, Objects: objects}

		var text bytes.Buffer
		var sum Summary
		h := JSON(&text, run)
		for i := range objects {
			objects[i].AddTo(&sum)
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
	long := strings.Repeat("\x01\xff", 1<<19)
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
				o.Add(p, r, ByFlag)
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
			if limit := 2*maxFindings + maxPaths + 1<<16; text.Len() > limit {
				t.Errorf("%d bytes, want at most %d", text.Len(), limit)
			}
		})
	}
}

// However many programs there are, and whatever their names, they take little.
func TestManyPrograms(t *testing.T) {
	const n = 1 << 14 // as many as asm/object reads of an object
	for _, name := range []string{"a", "\x01", "\xff"} {
		name = strings.Repeat(name, 1<<12)
		p := &verifier.Program{Name: name, Section: name, Err: errors.New(name)}
		uses := verifier.Uses{
			Subprograms: []string{name, name},
			Kfuncs:      []verifier.KfuncUse{{Name: name, Calls: 2}},
			Maps:        []verifier.MapUse{{Name: name, Kind: verifier.MapPlain}},
			Variables:   []string{name},
		}
		var o Object
		var list InventoryObject
		for range n {
			o.Add(p, verifier.Report{Verdict: verifier.Invalid, Err: p.Err}, ByFlag)
			list.Add(p, uses)
		}
		o.Fail(p.Err)
		list.Fail(p.Err)
		for i, p := range list.Programs {
			if got := len(p.Subprograms) + len(p.Kfuncs) + len(p.Maps) + len(p.Variables) + p.Omitted; got != 5 {
				t.Fatalf("program %d: %d entries, those omitted included, want 5", i, got)
			}
		}
		if last := list.Programs[n-1]; last.Omitted != 5 {
			t.Errorf("%d entries omitted at the end, want all 5", last.Omitted)
		}
		var text bytes.Buffer
		for _, tt := range []struct {
			name  string
			write func() error
			limit int
		}{
			{"json", func() error {
				h := JSON(&text, Run{})
				return errors.Join(h.Object(&o), h.Close(new(Summary)))
			}, maxTitles + n*(3*maxCrowd+256)},
			{"text", func() error { return Text(&text, TextOptions{Errors: true}).Object(&o) }, maxTitles + n*(3*maxCrowd+64)},
			{"errors", func() error {
				for line := range o.Errors() {
					fmt.Fprintln(&text, line)
				}
				return nil
			}, maxTitles + n*(3*maxCrowd+64)},
			{"inventory json", func() error {
				h := InventoryJSON(&text)
				return errors.Join(h.Object(&list), h.Close(new(Summary)))
			}, maxTitles + maxUses + n*(3*maxCrowd+256)},
		} {
			text.Reset()
			if err := tt.write(); err != nil {
				t.Fatal(err)
			}
			if text.Len() > tt.limit {
				t.Errorf("%s of %q: %d bytes, want at most %d", tt.name, name[:1], text.Len(), tt.limit)
			}
			for line := range strings.Lines(text.String()) {
				if limit := 2*maxName + maxError + 5*(maxName+64) + 256; len(line) > limit {
					t.Fatalf("%s of %q: a line of %d bytes, want at most %d", tt.name, name[:1], len(line), limit)
				}
			}
		}
	}
}

// Text is written while it is made, not when all of it is there.
func TestTextStreams(t *testing.T) {
	p := &verifier.Program{Name: "fwd", Section: "xdp"}
	var o Object
	var list InventoryObject
	for range 10_000 {
		o.Add(p, verifier.Report{Verdict: verifier.Stateless}, ByFlag)
		list.Add(p, verifier.Uses{})
	}
	var most int
	w := writerFunc(func(b []byte) (int, error) {
		most = max(most, len(b))
		return len(b), nil
	})
	if err := errors.Join(Text(w, TextOptions{}).Object(&o), InventoryText(w).Object(&list)); err != nil {
		t.Fatal(err)
	}
	if most > 1<<13 {
		t.Errorf("%d bytes are held back, want at most %d", most, 1<<13)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// What is cut keeps its beginning, in every format within its bound.
func TestClip(t *testing.T) {
	for _, tt := range []struct {
		text string
		most int
		want string
	}{
		{"", 0, ""},
		{"abcd", 4, "abcd"},
		{"abcde", 4, "abcd..."},
		{"ééé", 5, "éé..."},
		{"\x01\x01", 6, "\x01..."},
		{"\xff\xff", 12, "\xff\xff"},
		{"\U000e0041", 11, "..."},
		{`\\\`, 4, `\\...`},
	} {
		got := clip(tt.text, tt.most)
		if got != tt.want {
			t.Errorf("clip(%q, %d) = %q, want %q", tt.text, tt.most, got, tt.want)
		}
		json, err := encode(strings.TrimSuffix(got, "..."))
		if n := max(len(json)-2, len(Printable(got))-3); err != nil || n > tt.most {
			t.Errorf("clip(%q, %d) takes %d bytes (%v)", tt.text, tt.most, n, err)
		}
	}
}

// A program that is counted is one as much as a program that is listed.
func TestCount(t *testing.T) {
	var o Object
	o.Count(verifier.Stateless)
	o.Count(verifier.Stateful)
	o.Add(&verifier.Program{}, verifier.Report{Verdict: verifier.Stateful}, ByFlag)
	var got Summary
	o.AddTo(&got)
	if diff := cmp.Diff(Summary{Stateless: 1, Stateful: 2}, got); diff != "" || len(o.Programs) != 1 {
		t.Errorf("%d listed, want 1 (-want +got):\n%s", len(o.Programs), diff)
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
		{Summary{Stateful: 1, Unread: 1}, Undecided, "1 program: 1 stateful; 1 input could not be read"},
		{Summary{Unread: 2}, Undecided, "0 programs; 2 inputs could not be read"},
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
