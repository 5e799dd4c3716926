package diff

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/statecheck/statecheck/internal/report"
	"github.com/statecheck/statecheck/verifier"
	"github.com/statecheck/statecheck/verifier/effect"
)

// side reads objects from lines of text: "path section/name kind:name=effect+effect ...".
func side(folder string, lines ...string) Side {
	s := Side{Folder: folder}
	for _, line := range lines {
		words := strings.Fields(line)
		section, name, _ := strings.Cut(words[1], "/")
		p := report.Program{Section: section, Name: name}
		for i, word := range words[2:] {
			what, effects, _ := strings.Cut(word, "=")
			kind, name, _ := strings.Cut(what, ":")
			p.Findings = append(p.Findings, report.Finding{
				Kind: kind, Name: name, Effects: strings.Split(effects, "+"), Offset: i,
			})
		}
		if n := len(s.Objects); n > 0 && s.Objects[n-1].Path == words[0] {
			s.Objects[n-1].Programs = append(s.Objects[n-1].Programs, p)
		} else {
			s.Objects = append(s.Objects, report.Object{Path: words[0], Programs: []report.Program{p}})
		}
	}
	return s
}

// show writes what was compared, a line for each program.
func show(programs []report.DiffProgram) string {
	var lines []string
	for _, p := range programs {
		line := fmt.Sprintf("%s %s/%s %s:", p.Path, p.Section, p.Name, p.In)
		for _, list := range []struct {
			sign     string
			findings []report.Finding
		}{{"+", p.Added}, {"-", p.Removed}, {"=", p.Unchanged}} {
			for _, f := range list.findings {
				line += fmt.Sprintf(" %s%s:%s=%s", list.sign, f.Kind, f.Name, strings.Join(f.Effects, "+"))
			}
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

func TestCompare(t *testing.T) {
	const redirect = " helper:bpf_redirect=handoff"
	for _, tt := range []struct {
		name, reason string
		old, new     Side
		want         string
	}{
		{"same", "nothing changed", side("", "a.o xdp/p"+redirect), side("", "a.o xdp/p"+redirect),
			"a.o xdp/p both: =helper:bpf_redirect=handoff"},
		{"added", "a call that was not there", side("", "a.o xdp/p"), side("", "a.o xdp/p"+redirect),
			"a.o xdp/p both: +helper:bpf_redirect=handoff"},
		{"removed", "a call that is gone", side("", "a.o xdp/p"+redirect), side("", "a.o xdp/p"),
			"a.o xdp/p both: -helper:bpf_redirect=handoff"},
		{"another call", "how often it stands there does not count", side("", "a.o xdp/p"+redirect), side("", "a.o xdp/p"+redirect+redirect),
			"a.o xdp/p both: =helper:bpf_redirect=handoff =helper:bpf_redirect=handoff"},
		{"another map", "maps have names", side("", "a.o xdp/p map:a=map"), side("", "a.o xdp/p map:a=map map:b=map"),
			"a.o xdp/p both: +map:b=map =map:a=map"},
		{"same name, other kind", "a map may be called like a helper", side("", "a.o xdp/p map:bpf_redirect=map"), side("", "a.o xdp/p"+redirect),
			"a.o xdp/p both: +helper:bpf_redirect=handoff -map:bpf_redirect=map"},
		{"more effects", "each effect counts", side("", "a.o xdp/p instruction:store=kernel"), side("", "a.o xdp/p instruction:store=kernel+map"),
			"a.o xdp/p both: +instruction:store=map =instruction:store=kernel"},
		{"what passes", "is no state", side("", "a.o xdp/p"), side("", "a.o xdp/p helper:bpf_ktime_get_ns=ambient"), "a.o xdp/p both:"},
		{"new program", "all of its state is added", side("", "a.o xdp/p"), side("", "a.o xdp/p", "a.o xdp/q"+redirect),
			"a.o xdp/p both:\na.o xdp/q new: +helper:bpf_redirect=handoff"},
		{"program removed", "and all of its state", side("", "a.o xdp/p", "a.o xdp/q"+redirect), side("", "a.o xdp/p"),
			"a.o xdp/p both:\na.o xdp/q old: -helper:bpf_redirect=handoff"},
		{"other section", "it is attached elsewhere", side("", "a.o tc/p"+redirect), side("", "a.o xdp/p"+redirect),
			"a.o xdp/p new: +helper:bpf_redirect=handoff\na.o tc/p old: -helper:bpf_redirect=handoff"},
		{"other file", "two files are compared whatever their names", side("", "old.o xdp/p"), side("", "./new.o xdp/p"+redirect),
			"./new.o xdp/p both: +helper:bpf_redirect=handoff"},
		{"folders", "by the path in them", side("old", "old/sub/a.o xdp/p", "old/b.o xdp/p"), side("new", "new/b.o xdp/p"+redirect, "new/sub/a.o xdp/p"),
			"new/b.o xdp/p both: +helper:bpf_redirect=handoff\nnew/sub/a.o xdp/p both:"},
		{"working folder", "its name is no part of the paths", side(".", ".old/a.o xdp/p"), side("/x/", "/x/.old/a.o xdp/p"),
			"/x/.old/a.o xdp/p both:"},
		{"report and folder", "as check lists it", side("", "bpf/a.o xdp/p", "bpf/b.o xdp/p"), side("bpf", "bpf/a.o xdp/p", "bpf/b.o xdp/p"+redirect),
			"bpf/a.o xdp/p both:\nbpf/b.o xdp/p both: +helper:bpf_redirect=handoff"},
		{"report and folder of one", "a report of one object says where it lies", side("", "bpf/a.o xdp/p"+redirect), side("other", "other/a.o xdp/p"+redirect),
			"other/a.o xdp/p new: +helper:bpf_redirect=handoff\nbpf/a.o xdp/p old: -helper:bpf_redirect=handoff"},
		{"same twice", "what has all in common goes by its order", side("", "a.o xdp/p"+redirect, "a.o xdp/p"), side("", "a.o xdp/p"+redirect, "a.o xdp/p"+redirect),
			"a.o xdp/p both: =helper:bpf_redirect=handoff\na.o xdp/p both: +helper:bpf_redirect=handoff"},
		{"not UTF-8", "a report that was read has U+FFFD", side("", "a.o xdp/p map:\ufffd\ufffd=map"), side("", "a.o xdp/p map:\xff\xfe=map"),
			"a.o xdp/p both: =map:\xff\xfe=map"},
		{"nothing before", "the first objects of a repository", Side{}, side("", "a.o xdp/p"+redirect),
			"a.o xdp/p new: +helper:bpf_redirect=handoff"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, show(Compare(tt.old, tt.new, verifier.ProfileFlag))); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tt.reason, diff)
			}
		})
	}
}

// An inventory says what a program refers to; what it does besides counts as added.
func TestInventory(t *testing.T) {
	old, err := Read([]byte(`{"schema":"statecheck.inventory/v1","objects":[{"path":"a.o","programs":[
{"name":"p","section":"xdp","helpers":[{"id":23,"name":"bpf_redirect"},{"id":44,"name":"bpf_xdp_adjust_head"}],
"maps":[{"name":"m","kind":"bss"},{"name":"gone","kind":"rodata"}]}]}]}`), verifier.PrecisionPaths)
	if err != nil {
		t.Fatal(err)
	}
	got := show(Compare(old, side("", "a.o xdp/p helper:bpf_redirect=handoff map:m=map instruction:store=kernel kfunc:k=unknown"), verifier.ProfileFlag))
	want := "a.o xdp/p both: +instruction:store=kernel +kfunc:k=unknown -map:gone=constant =helper:bpf_redirect=handoff =map:m=map"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// What is waived is state, and what another profile let pass may be.
func TestLists(t *testing.T) {
	finding := func(name, effect string) report.Finding {
		return report.Finding{Kind: "helper", Name: name, Effects: []string{effect}}
	}
	object := func(p report.Program) Side {
		return Side{Objects: []report.Object{{Path: "a.o", Programs: []report.Program{p}}}}
	}
	old := object(report.Program{
		Waived:  []report.Waived{{Finding: finding("bpf_redirect", "handoff")}},
		Allowed: []report.Finding{finding("bpf_ktime_get_ns", "ambient")},
	})
	now := object(report.Program{Findings: []report.Finding{finding("bpf_redirect", "handoff"), finding("bpf_ktime_get_ns", "ambient")}})
	want := "a.o / both: =helper:bpf_redirect=handoff =helper:bpf_ktime_get_ns=ambient"
	if got := show(Compare(old, now, verifier.ProfilePure)); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// Every construct of the new side with an effect that the profile rejects is in added
// or unchanged, every one of the old side in removed or unchanged, and the comparison
// the other way round swaps added and removed.
func TestCompareProperty(t *testing.T) {
	names := rapid.SampledFrom([]string{"a", "b", "c"})
	draw := func(t *rapid.T) Side {
		var lines []string
		for i := range rapid.IntRange(0, 3).Draw(t, "programs") {
			line := fmt.Sprintf("%s.o xdp/%d", names.Draw(t, "object"), i)
			for range rapid.IntRange(0, 4).Draw(t, "findings") {
				var e effect.Set
				for range rapid.IntRange(1, 2).Draw(t, "effects") {
					e |= rapid.SampledFrom(effect.All()).Draw(t, "effect")
				}
				line += fmt.Sprintf(" helper:%s=%s", names.Draw(t, "name"), strings.ReplaceAll(e.String(), ",", "+"))
			}
			lines = append(lines, line)
		}
		return side("/", lines...)
	}
	// facts are the lines "program kind name effect" of lists.
	facts := func(programs []report.DiffProgram, lists ...func(*report.DiffProgram) []report.Finding) map[string]bool {
		all := make(map[string]bool)
		for i := range programs {
			for _, list := range lists {
				for _, f := range list(&programs[i]) {
					for _, e := range f.Effects {
						all[fmt.Sprint(programs[i].Path, programs[i].Name, f.Kind, f.Name, e)] = true
					}
				}
			}
		}
		return all
	}
	added := func(p *report.DiffProgram) []report.Finding { return p.Added }
	removed := func(p *report.DiffProgram) []report.Finding { return p.Removed }
	unchanged := func(p *report.DiffProgram) []report.Finding { return p.Unchanged }
	rapid.Check(t, func(t *rapid.T) {
		profile := rapid.SampledFrom(verifier.Profiles()).Draw(t, "profile")
		old, now := draw(t), draw(t)
		has := func(s Side) map[string]bool {
			all := make(map[string]bool)
			for _, o := range s.Objects {
				for _, p := range o.Programs {
					for _, f := range p.Findings {
						for _, name := range f.Effects {
							if e, err := effect.Parse(name); err == nil && profile.Rejects(e) != 0 {
								all[fmt.Sprint(strings.TrimPrefix(o.Path, "/"), p.Name, f.Kind, f.Name, name)] = true
							}
						}
					}
				}
			}
			return all
		}
		there, back := Compare(old, now, profile), Compare(now, old, profile)
		for _, tt := range []struct {
			what      string
			got, want map[string]bool
		}{
			{"added and unchanged", facts(there, added, unchanged), has(now)},
			{"removed and unchanged", facts(there, removed, unchanged), has(old)},
			{"removed, other way round", facts(back, removed), facts(there, added)},
			{"added, other way round", facts(back, added), facts(there, removed)},
		} {
			if diff := cmp.Diff(tt.want, tt.got); diff != "" {
				t.Fatalf("%s (-want +got):\n%s", tt.what, diff)
			}
		}
		for fact := range facts(there, added) {
			if has(old)[fact] {
				t.Fatalf("%s is added, and was there", fact)
			}
		}
	})
}

func TestRead(t *testing.T) {
	const head = `{"schema":"statecheck.report/v1","verdict":"stateful","precision":"paths",` +
		`"objects":[{"path":"a.o","programs":[{"name":"p","verdict":"stateful"`
	for _, tt := range []struct{ name, reason, raw, want string }{
		{"report", "as check writes it", head + `}]}]}`, ""},
		{"more fields", "later versions add some", head + `,"later":1}]}]}`, ""},
		{"cut", "a file that was cut short", head, "line 1: not JSON: unexpected end of JSON input"},
		{"second line", "the line is said", "{\n\n]", "line 3: not JSON: invalid character ']' looking for beginning of object key string"},
		{"twice", "two documents", head + "}]}]}{}", "line 1: not JSON: invalid character '{' after top-level value"},
		{"list", "a list is no report", "{\"schema\":[]}", "not a report: json: cannot unmarshal array into Go struct field .schema of type string"},
		{"no schema", "any other JSON", "{}", `schema "", expected statecheck.report/v1 or statecheck.inventory/v1`},
		{"next version", "its fields may mean something else", `{"schema":"statecheck.report/v2"}`,
			`schema "statecheck.report/v2", expected statecheck.report/v1 or statecheck.inventory/v1`},
		{"undecided", "something was not judged", `{"schema":"statecheck.report/v1","verdict":"undecided","objects":[]}`,
			`verdict "undecided", expected a report of a run that judged everything`},
		{"no verdict", "half a report", `{"schema":"statecheck.report/v1"}`,
			`verdict "", expected a report of a run that judged everything`},
		{"omitted", "what is left out may be state", head + `,"omitted":3}]}]}`, "a.o: p: 3 findings are left out, expected all"},
		{"unknown effect", "of a later version", head + `,"findings":[{"kind":"helper","name":"x","effects":["heat"]}]}]}]}`,
			`a.o: p: effect "heat", expected one of none,context,ambient,constant,map,program,handoff,kernel,output,user,unknown`},
		{"no effects", "it would not be compared", head + `,"findings":[{"kind":"map","name":"x"}]}]}]}`, "a.o: p: x has no effects, expected some"},
		{"invalid program", "whatever the verdict says", strings.Replace(head, `"p","verdict":"stateful"`, `"p","verdict":"invalid","error":"it is"`, 1) + `}]}]}`,
			"a.o: p: invalid: it is, expected a report of a run that judged everything"},
		{"unread object", "whatever the verdict says", head + `}]},{"path":"b.o","error":"gone"}]}`,
			"b.o: gone, expected a report of a run that judged everything"},
		{"other precision", "it says more of dead code than the other side", strings.Replace(head, "paths", "cfg", 1) + `}]}]}`,
			`precision "cfg", expected paths (renew the report, or say --precision)`},
		{"inventory with an error", "an object is missing", `{"schema":"statecheck.inventory/v1","objects":[{"path":"a.o","error":"gone"}]}`,
			"a.o: gone, expected an inventory of objects that could be read"},
		{"inventory with a broken program", "a program is missing", `{"schema":"statecheck.inventory/v1","objects":[{"path":"a.o","programs":[{"name":"p","error":"broken"}]}]}`,
			"a.o: p: broken, expected an inventory of programs that could be read"},
		{"inventory that is cut", "entries are missing", `{"schema":"statecheck.inventory/v1","objects":[{"path":"a.o","programs":[{"name":"p","omitted":1}]}]}`,
			"a.o: p: 1 entries are left out, expected an inventory that lists all"},
	} {
		_, err := Read([]byte(tt.raw), verifier.PrecisionPaths)
		got := ""
		if err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("%s (%s): got %q, want %q", tt.name, tt.reason, got, tt.want)
		}
	}
}
