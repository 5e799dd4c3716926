package kernel

import (
	"slices"
	"strings"
	"testing"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/verifier"
	"github.com/statecheck/statecheck/verifier/effect"
)

// TestFind: what has the tag is the original only where it attaches to the same thing.
func TestFind(t *testing.T) {
	insns := []asm.Instruction{asm.New(0xb7, 0, 0, 0, 0), asm.New(asm.Exit, 0, 0, 0, 0)}
	const name = "f"
	for _, tt := range []struct {
		name, reason string
		original     verifier.Program
		loaded       Program
		found        bool
	}{
		{"same", "type, name and tag", verifier.Program{Type: "xdp"}, Program{Type: "xdp", Name: name}, true},
		{"another type", "the tag is blind to it", verifier.Program{Type: "xdp"}, Program{Type: "sched_cls", Name: name}, false},
		{"another name", "the tag is blind to it", verifier.Program{Type: "xdp"}, Program{Type: "xdp", Name: "g"}, false},
		{"unknown type", "nothing is known of what is loaded", verifier.Program{Type: "xdp"}, Program{Name: name}, false},
		{"iterator", "what it iterates over", verifier.Program{Type: "tracing", AttachTo: "task"}, Program{Type: "tracing", Name: name, AttachTo: "task"}, true},
		{"another iterator", "its buffer is a map's value", verifier.Program{Type: "tracing", AttachTo: "task"}, Program{Type: "tracing", Name: name, AttachTo: "bpf_map_elem"}, false},
		{"lsm", "the kernel's name has a prefix", verifier.Program{Type: "lsm", AttachTo: "file_open"}, Program{Type: "lsm", Name: name, AttachTo: "bpf_lsm_file_open"}, true},
		{"tracepoint", "the kernel's name has a prefix", verifier.Program{Type: "tracing", AttachTo: "sched_switch"}, Program{Type: "tracing", Name: name, AttachTo: "btf_trace_sched_switch"}, true},
		{"part of a name", "another function", verifier.Program{Type: "tracing", AttachTo: "open"}, Program{Type: "tracing", Name: name, AttachTo: "do_open"}, false},
		{"target unknown", "the object does not say", verifier.Program{Type: "tracing"}, Program{Type: "tracing", Name: name, AttachTo: "do_open"}, true},
		{"target program", "the object does not say that it needs one", verifier.Program{Type: "tracing", AttachTo: "pass"}, Program{Type: "tracing", Name: name, TargetProgram: true}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := NewOriginals(nil, "", "")
			tt.original.Name, tt.original.Instructions = name, insns
			o.Add("f.o", &tt.original)
			tt.loaded.Tag = asm.TagSHA256(insns)
			found, err := o.Find(&tt.loaded)
			if err != nil || (len(found) == 1) != tt.found || len(found) > 1 {
				t.Errorf("%v, %v: found: %v expected, as %s", found, err, tt.found, tt.reason)
			}
		})
	}
}

// TestFindKept: what the kernel has kept is the original where it has the program's tag.
func TestFindKept(t *testing.T) {
	exit := asm.New(asm.Exit, 0, 0, 0, 0)
	one, two := []asm.Instruction{asm.New(0xb7, 0, 0, 0, 1), exit}, []asm.Instruction{asm.New(0xb7, 0, 0, 0, 2), exit}
	for _, tt := range []struct {
		name, reason string
		kept, loaded []asm.Instruction // what was kept, and what has the tag
		object       []asm.Instruction
		from, err    string
	}{
		{"kept", "it is the original", one, one, nil, "", ""},
		{"an object beside", "the same instructions, and it says more", one, one, one, "f.o", ""},
		{"relocated", "what the kernel has kept is not what it has loaded", one, two, nil, "", "CO-RE"},
		{"relocated, an object beside", "which is what was loaded", one, two, two, "f.o", "CO-RE"},
		{"another object", "it has another tag", one, one, two, "", ""},
	} {
		o := NewOriginals(nil, "", "")
		if tt.object != nil {
			o.Add("f.o", &verifier.Program{Type: "xdp", Name: "f", Instructions: tt.object})
		}
		found, err := o.Find(&Program{Type: "xdp", Name: "f", Tag: asm.TagSHA1(tt.loaded), Kept: tt.kept})
		if (err != nil) != (tt.err != "") || err != nil && !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%s: error %v, expected %q", tt.name, err, tt.err)
		}
		switch none := tt.err != "" && tt.from == ""; {
		case none && len(found) != 0, !none && (len(found) != 1 || found[0].From != tt.from || !slices.Equal(found[0].Program.Instructions, tt.loaded)):
			t.Errorf("%s: %v, expected one from %q: %s", tt.name, found, tt.from, tt.reason)
		}
	}
}

// TestJudgeOriginals: the tag does not say which original it is, so the worst counts, and
// none does that is more stateless than what runs.
func TestJudgeOriginals(t *testing.T) {
	exit := asm.New(asm.Exit, 0, 0, 0, 0)
	original := func(from string, insns ...asm.Instruction) Original {
		return Original{From: from, Program: &verifier.Program{Type: "xdp", Instructions: append(insns, exit)}}
	}
	pass := original("pass", asm.New(0xb7, 0, 0, 0, 2))
	redirect := original("redirect", asm.New(0xb7, 1, 0, 0, 2), asm.New(0xb7, 2, 0, 0, 0), asm.New(asm.Call, 0, 0, 0, 23))
	broken := Original{From: "broken", Program: &verifier.Program{Type: "xdp"}}
	state := Judgement{Findings: []verifier.Finding{{Effects: effect.Map}}}
	for _, tt := range []struct {
		name, reason string
		originals    []Original
		running      Judgement
		by           string // "": by none
	}{
		{"none", "there is nothing to go by", nil, Judgement{}, ""},
		{"one", "it is the original", []Original{pass}, Judgement{}, "pass"},
		{"untold", "the original says more than what runs", []Original{pass}, Judgement{Unknown: []string{"a call"}}, "pass"},
		{"the worst", "either can be it", []Original{pass, redirect, pass}, Judgement{}, "redirect"},
		{"what cannot be judged", "it says nothing", []Original{broken, pass}, Judgement{}, "pass"},
		{"state runs", "a stateless program runs none", []Original{pass}, state, ""},
		{"reads run", "context and kernel look the same", []Original{pass}, Judgement{Findings: []verifier.Finding{{Effects: effect.Ambient}}}, "pass"},
		{"state in both", "it is the original", []Original{redirect}, state, "redirect"},
	} {
		by, _, ok := JudgeOriginals(tt.originals, tt.running, verifier.Options{})
		if ok != (tt.by != "") || ok && by.From != tt.by {
			t.Errorf("%s: by %q, %v, expected %q: %s", tt.name, by.From, ok, tt.by, tt.reason)
		}
	}
}
