package loader

import (
	"strings"
	"testing"

	"github.com/cilium/ebpf"
	casm "github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/btf"
	"github.com/google/go-cmp/cmp"

	"github.com/statecheck/statecheck/verifier"
)

func TestCheck(t *testing.T) {
	mapValue := casm.LoadMapValue(casm.R1, 0, 0)
	tests := []struct {
		name, reason string
		spec         ebpf.ProgramSpec
		verdict      verifier.Verdict
		findings     []string
		err          string
	}{{
		name:    "ip vrf",
		reason:  "it writes its context alone",
		spec:    ebpf.ProgramSpec{Type: ebpf.CGroupSock, Instructions: casm.Instructions{casm.Mov.Imm(casm.R3, 7), casm.StoreMem(casm.R1, 0, casm.R3, casm.Word), casm.Mov.Imm(casm.R0, 1), casm.Return()}},
		verdict: verifier.Stateless,
	}, {
		name:    "map by name, not linked",
		reason:  "the name is all that there is before the map is made",
		spec:    ebpf.ProgramSpec{Type: ebpf.XDP, Instructions: casm.Instructions{casm.LoadMapPtr(casm.R1, 0).WithReference("counters"), casm.Mov.Imm(casm.R0, 0), casm.Return()}},
		verdict: verifier.Stateful, findings: []string{"0 counters map"},
	}, {
		name:    "map by file descriptor, linked",
		reason:  "a bare file descriptor is a map",
		spec:    ebpf.ProgramSpec{Type: ebpf.XDP, Instructions: casm.Instructions{casm.LoadMapPtr(casm.R1, 9), casm.Mov.Imm(casm.R0, 0), casm.Return()}},
		verdict: verifier.Stateful, findings: []string{"0 fd#9 map"},
	}, {
		name:    "read-only data",
		reason:  "the symbol says that it is .rodata",
		spec:    ebpf.ProgramSpec{Type: ebpf.XDP, Instructions: casm.Instructions{mapValue.WithReference(".rodata.str"), casm.Mov.Imm(casm.R0, 0), casm.Return()}},
		verdict: verifier.Stateful, findings: []string{"0 .rodata.str constant"},
	}, {
		name:   "function by name",
		reason: "what the callee does counts",
		spec: ebpf.ProgramSpec{Type: ebpf.XDP, Instructions: casm.Instructions{
			casm.Call.Label("fwd").WithSymbol("prog"), casm.Return(),
			casm.FnRedirect.Call().WithSymbol("fwd"), casm.Return()}},
		verdict: verifier.Stateful, findings: []string{"2 bpf_redirect handoff in fwd"},
	}, {
		name:    "function that is missing",
		reason:  "what nothing resolves cannot be judged",
		spec:    ebpf.ProgramSpec{Type: ebpf.XDP, Instructions: casm.Instructions{casm.Call.Label("fwd"), casm.Return()}},
		verdict: verifier.Invalid, err: `unresolved reference to "fwd"`,
	}, {
		name:   "exception callback",
		reason: "it runs though nothing calls it",
		spec: ebpf.ProgramSpec{Type: ebpf.XDP, Instructions: casm.Instructions{
			btf.WithFuncMetadata(casm.Mov.Imm(casm.R0, 0).WithSymbol("prog"), fn("prog", "exception_callback:handler")), casm.Return(),
			btf.WithFuncMetadata(casm.FnRedirect.Call().WithSymbol("handler"), fn("handler")), casm.Return()}},
		verdict: verifier.Stateful, findings: []string{"2 bpf_redirect handoff in handler"},
	}, {
		name:   "exception callback that was not linked",
		reason: "cilium/ebpf's linker leaves it out, and then nobody has seen it",
		spec: ebpf.ProgramSpec{Type: ebpf.XDP, Instructions: casm.Instructions{
			btf.WithFuncMetadata(casm.Mov.Imm(casm.R0, 0).WithSymbol("prog"), fn("prog", "exception_callback:handler")), casm.Return()}},
		verdict: verifier.Invalid, err: `exception callback "handler"`,
	}, {
		name:   "exception callback of a function that is called",
		reason: "the kernel looks at the tags of the program alone",
		spec: ebpf.ProgramSpec{Type: ebpf.XDP, Instructions: casm.Instructions{
			casm.Call.Label("f").WithSymbol("prog"), casm.Return(),
			btf.WithFuncMetadata(casm.Mov.Imm(casm.R0, 0).WithSymbol("f"), fn("f", "exception_callback:handler")), casm.Return()}},
		verdict: verifier.Stateless,
	}, {
		name:    "target program",
		reason:  "it needs another program",
		spec:    ebpf.ProgramSpec{Type: ebpf.Tracing, AttachType: ebpf.AttachTraceFEntry, AttachTarget: new(ebpf.Program), Instructions: casm.Instructions{casm.Mov.Imm(casm.R0, 0), casm.Return()}},
		verdict: verifier.Stateful, findings: []string{"0 target program program"},
	}, {
		name:    "a type that Linux 6.12 does not have",
		reason:  "nothing is known of its pointers",
		spec:    ebpf.ProgramSpec{Type: 1000, Instructions: casm.Instructions{casm.LoadMem(casm.R2, casm.R1, 0, casm.DWord), casm.StoreImm(casm.R2, 0, 1, casm.Word), casm.Mov.Imm(casm.R0, 0), casm.Return()}},
		verdict: verifier.Stateful, findings: []string{"1 store untyped unknown"},
	}, {
		name:    "map iterator",
		reason:  "what it iterates over comes from AttachTo",
		spec:    ebpf.ProgramSpec{Type: ebpf.Tracing, AttachType: ebpf.AttachTraceIter, AttachTo: "bpf_map_elem", Instructions: casm.Instructions{casm.LoadMem(casm.R2, casm.R1, 24, casm.DWord), casm.StoreImm(casm.R2, 0, 1, casm.Word), casm.Mov.Imm(casm.R0, 0), casm.Return()}},
		verdict: verifier.Stateful, findings: []string{"1 store iterator value map"},
	}, {
		name:    "nothing",
		reason:  "the kernel wants an instruction",
		verdict: verifier.Invalid, err: "0 slots",
	}}
	for _, tt := range tests {
		if tt.reason == "" {
			panic("a case without a reason: " + tt.name)
		}
		t.Run(tt.name, func(t *testing.T) {
			r := Check(&tt.spec, verifier.Options{})
			if r.Verdict != tt.verdict {
				t.Errorf("verdict %s (%v), expected %s: %s", r.Verdict, r.Err, tt.verdict, tt.reason)
			}
			var findings []string
			for _, f := range r.Findings {
				s := strings.Join([]string{itoa(f.Slot), f.Name, f.Effects.String()}, " ")
				if !strings.HasPrefix(f.Function, "func#") {
					s += " in " + f.Function
				}
				findings = append(findings, s)
			}
			if diff := cmp.Diff(tt.findings, findings); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
			if (r.Err != nil) != (tt.err != "") || r.Err != nil && !strings.Contains(r.Err.Error(), tt.err) {
				t.Errorf("error %v, expected %q", r.Err, tt.err)
			}
		})
	}
}

func itoa(n int) string { return string(rune('0' + n)) }

func fn(name string, tags ...string) *btf.Func {
	return &btf.Func{Name: name, Type: &btf.FuncProto{Return: &btf.Int{Name: "int", Size: 4}}, Tags: tags}
}

// TestLinkage: a function is static where its BTF says so, or no function has any.
func TestLinkage(t *testing.T) {
	described := func(ins casm.Instruction, linkage btf.FuncLinkage) casm.Instruction {
		f := fn(ins.Symbol())
		f.Linkage = linkage
		return btf.WithFuncMetadata(ins, f)
	}
	prog, f, ret := casm.Call.Label("f").WithSymbol("prog"), casm.Mov.Imm(casm.R0, 0).WithSymbol("f"), casm.Return()
	for _, tt := range []struct {
		name, reason string
		insns        casm.Instructions
		want         verifier.Linkage // of f
	}{
		{"no BTF", "the kernel gets no func_info", casm.Instructions{prog, ret, f, ret}, verifier.LinkageStatic},
		{"static", "BTF says so", casm.Instructions{described(prog, btf.GlobalFunc), ret, described(f, btf.StaticFunc), ret}, verifier.LinkageStatic},
		{"global", "the kernel verifies it by itself", casm.Instructions{described(prog, btf.GlobalFunc), ret, described(f, btf.GlobalFunc), ret}, verifier.LinkageGlobal},
		{"BTF of the program alone", "nothing is known of f", casm.Instructions{described(prog, btf.StaticFunc), ret, f, ret}, verifier.LinkageUnknown},
	} {
		p := Program(&ebpf.ProgramSpec{Type: ebpf.XDP, Instructions: tt.insns})
		if p.Err != nil {
			t.Fatalf("%s: %v", tt.name, p.Err)
		}
		if got := p.Functions[1].Linkage; got != tt.want {
			t.Errorf("%s: linkage %v, expected %v: %s", tt.name, got, tt.want, tt.reason)
		}
	}
}

// TestTypeNames compares our tables of numbers with cilium/ebpf's names, in
// which words are joined: CGroupSockAddr.
func TestTypeNames(t *testing.T) {
	plain := func(s string) string { return strings.ToLower(strings.ReplaceAll(s, "_", "")) }
	renamed := map[string]string{"unspecifiedprogram": "", "extension": "ext"}
	for i, name := range verifier.ProgramTypes() {
		got := plain(ebpf.ProgramType(i).String())
		if alias, ok := renamed[got]; ok {
			got = alias
		}
		if got != plain(name) {
			t.Errorf("program type %d is %s to cilium/ebpf, %s to us", i, ebpf.ProgramType(i), name)
		}
	}
	for i, name := range verifier.AttachTypes() {
		if i == 0 {
			continue // AttachNone
		}
		got := plain(strings.TrimPrefix(ebpf.AttachType(i).String(), "Attach"))
		if got != plain(name) {
			t.Errorf("attach type %d is %s to cilium/ebpf, %s to us", i, ebpf.AttachType(i), name)
		}
	}
}
