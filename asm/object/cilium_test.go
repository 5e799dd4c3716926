package object_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cilium/ebpf"
	casm "github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/btf"
	"github.com/google/go-cmp/cmp"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/asm/object"
	"github.com/statecheck/statecheck/internal/foreign"
	"github.com/statecheck/statecheck/verifier"
)

// wrongLines are objects where cilium/ebpf v0.22.0 is wrong about source lines, and
// how we know.
var wrongLines = map[string]string{
	"linked-el.elf": "bpftool leaves gaps where it drops weak functions; cilium/ebpf's offsets skip them, " +
		`so that entry_l1_s, which returns l1_s(), gets the line "return l1_w();"`,
}

// TestCilium compares with what cilium/ebpf finds, wherever it opens an object.
func TestCilium(t *testing.T) {
	opened, compared, global := 0, 0, 0
	paths := foreign.Objects(t, sharedObjects)
	for _, path := range paths {
		ours := readPrograms(t, path)
		spec, err := ebpf.LoadCollectionSpec(path)
		if err != nil {
			continue
		}
		opened++
		t.Run(filepath.Base(path), func(t *testing.T) {
			theirs := maps.Clone(spec.Programs)
			for _, p := range ours {
				their, ok := theirs[p.Name]
				switch delete(theirs, p.Name); {
				case ok:
					compareProgram(t, path, p, spec, their)
					compared++
					for _, f := range p.Functions[min(1, len(p.Functions)):] {
						if f.Linkage == verifier.LinkageGlobal {
							global++
						}
					}
				case p.Section == ".text":
					// cilium/ebpf never offers functions of .text.
				default:
					t.Errorf("program %s of section %s: cilium/ebpf has none", p.Name, p.Section)
				}
			}
			for name := range theirs {
				// A local function that is called is to it a program, which no
				// kernel would load; to us it is part of those that call it.
				if !isPart(ours, name) {
					t.Errorf("no program %s", name)
				}
			}
		})
	}
	t.Logf("%d objects, cilium/ebpf opens %d of them, %d programs compared, with %d global functions", len(paths), opened, compared, global)
	if global == 0 {
		t.Error("no global function, expected some")
	}
}

func isPart(programs []*verifier.Program, name string) bool {
	return slices.ContainsFunc(programs, func(p *verifier.Program) bool {
		return slices.ContainsFunc(p.Functions, func(f verifier.Function) bool { return f.Name == name })
	})
}

func compareProgram(t *testing.T, path string, p *verifier.Program, spec *ebpf.CollectionSpec, their *ebpf.ProgramSpec) {
	if p.Section != their.SectionName {
		t.Errorf("%s: section %q, cilium/ebpf has %q", p.Name, p.Section, their.SectionName)
	}
	compareTypes(t, p, their)
	theirs, unresolved := convert(t, spec, their)
	if p.Err != nil {
		// It leaves what it cannot resolve to the loader.
		if !unresolved {
			t.Errorf("%s: %v", p.Name, p.Err)
		}
		return
	}
	if unresolved {
		t.Errorf("%s: cilium/ebpf cannot resolve everything", p.Name)
		return
	}

	ours := view{Instructions: p.Instructions, References: make(map[int]string), CORE: make(map[int]bool), Lines: make(map[int]verifier.Line)}
	for _, f := range p.Functions {
		ours.Functions = append(ours.Functions, fmt.Sprint(f.Start, " ", f.Name, " linkage ", f.Linkage, f.Arguments))
	}
	for _, r := range p.References {
		switch r.Kind {
		case verifier.RefCORE:
			ours.CORE[r.Slot] = true
			continue
		case verifier.RefKfunc, verifier.RefVariable:
			// cilium/ebpf sets the source of these, and their constant, when it
			// loads. For ours see TestLink.
			ours.Instructions[r.Slot] = normalize(ours.Instructions[r.Slot])
			theirs.Instructions[r.Slot] = normalize(theirs.Instructions[r.Slot])
		}
		ours.References[r.Slot] = r.Name
	}
	if wrongLines[filepath.Base(path)] != "" {
		theirs.Lines = ours.Lines
	}
	for slot := range theirs.Lines {
		ours.Lines[slot], _ = p.Source(slot)
	}
	if diff := cmp.Diff(theirs, ours); diff != "" {
		t.Errorf("%s (-cilium +ours):\n%s", p.Name, diff)
	}
}

func normalize(ins asm.Instruction) asm.Instruction {
	return asm.New(ins.Opcode(), ins.Dst(), 0, ins.Off(), 0)
}

// view is what can be compared of a program.
type view struct {
	Instructions []asm.Instruction
	Functions    []string
	References   map[int]string
	CORE         map[int]bool
	Lines        map[int]verifier.Line
}

// convert turns a program of cilium/ebpf into what we would make of it, or says
// that it leaves something unresolved.
func convert(t *testing.T, spec *ebpf.CollectionSpec, p *ebpf.ProgramSpec) (v view, unresolved bool) {
	v = view{References: make(map[int]string), CORE: make(map[int]bool), Lines: make(map[int]verifier.Line)}
	declared := make(map[string]bool)
	var ksyms *btf.Datasec
	if spec.Types != nil && spec.Types.TypeByName(".ksyms", &ksyms) == nil {
		for _, v := range ksyms.Vars {
			declared[v.Type.TypeName()] = true
		}
	}
	starts := make(map[string]int)
	described := slices.ContainsFunc(p.Instructions, func(ins casm.Instruction) bool { return btf.FuncMetadata(&ins) != nil })
	for it := p.Instructions.Iterate(); it.Next(); {
		if name := it.Ins.Symbol(); name != "" {
			starts[name] = int(it.Offset)
			fn := btf.FuncMetadata(it.Ins)
			linkage, arguments := verifier.LinkageUnknown, []verifier.Argument(nil)
			switch {
			case !described, fn != nil && fn.Linkage == btf.StaticFunc:
				linkage = verifier.LinkageStatic
			case fn != nil && fn.Linkage == btf.GlobalFunc:
				linkage = verifier.LinkageGlobal
				for _, param := range fn.Type.(*btf.FuncProto).Params {
					argument := verifier.ArgumentUnknown
					switch btf.UnderlyingType(param.Type).(type) {
					case *btf.Int, *btf.Enum:
						argument = verifier.ArgumentNumber
					}
					arguments = append(arguments, argument)
				}
			}
			v.Functions = append(v.Functions, fmt.Sprint(it.Offset, " ", name, " linkage ", linkage, arguments))
		}
	}
	var raw bytes.Buffer
	for it := p.Instructions.Iterate(); it.Next(); {
		ins, slot := *it.Ins, int(it.Offset)
		if btf.CORERelocationMetadata(it.Ins) != nil {
			v.CORE[slot] = true
		}
		if line, ok := ins.Source().(*btf.Line); ok {
			v.Lines[slot] = verifier.Line{
				File: line.FileName(), Line: int(line.LineNumber()), Column: int(line.LineColumn()),
				Text: strings.TrimSpace(line.Line()),
			}
		}
		switch ref := ins.Reference(); {
		case ref != "" && ins.IsFunctionReference():
			start, ok := starts[ref]
			if !ok {
				return v, true
			}
			ins.Constant = int64(start - slot - 1)
		case ref != "":
			v.References[slot] = ref
			if spec.Maps[ref] == nil && !declared[ref] && !ins.OpCode.IsDWordLoad() {
				return v, true // a name that cilium/ebpf leaves to its caller
			}
		case ins.IsLoadFromMap():
			v.References[slot] = ".kconfig" // the one that it gives no name
		}
		if _, err := ins.Marshal(&raw, binary.LittleEndian); err != nil {
			t.Fatal(err)
		}
	}
	insns, err := asm.Decode(raw.Bytes(), binary.LittleEndian)
	if err != nil {
		t.Fatal(err)
	}
	v.Instructions = insns
	return v, false
}

// The names of enum bpf_prog_type and enum bpf_attach_type in libbpf.
var (
	progTypes = strings.Fields(`unspec socket_filter kprobe sched_cls sched_act tracepoint xdp perf_event cgroup_skb
		cgroup_sock lwt_in lwt_out lwt_xmit sock_ops sk_skb cgroup_device sk_msg raw_tracepoint cgroup_sock_addr
		lwt_seg6local lirc_mode2 sk_reuseport flow_dissector cgroup_sysctl raw_tracepoint_writable cgroup_sockopt
		tracing struct_ops ext lsm sk_lookup syscall netfilter`)
	attachTypes = strings.Fields(`cgroup_inet_ingress cgroup_inet_egress cgroup_inet_sock_create cgroup_sock_ops
		sk_skb_stream_parser sk_skb_stream_verdict cgroup_device sk_msg_verdict cgroup_inet4_bind cgroup_inet6_bind
		cgroup_inet4_connect cgroup_inet6_connect cgroup_inet4_post_bind cgroup_inet6_post_bind cgroup_udp4_sendmsg
		cgroup_udp6_sendmsg lirc_mode2 flow_dissector cgroup_sysctl cgroup_udp4_recvmsg cgroup_udp6_recvmsg
		cgroup_getsockopt cgroup_setsockopt trace_raw_tp trace_fentry trace_fexit modify_return lsm_mac trace_iter
		cgroup_inet4_getpeername cgroup_inet6_getpeername cgroup_inet4_getsockname cgroup_inet6_getsockname xdp_devmap
		cgroup_inet_sock_release xdp_cpumap sk_lookup xdp sk_skb_verdict sk_reuseport_select
		sk_reuseport_select_or_migrate perf_event trace_kprobe_multi lsm_cgroup struct_ops netfilter tcx_ingress
		tcx_egress trace_uprobe_multi cgroup_unix_connect cgroup_unix_sendmsg cgroup_unix_recvmsg
		cgroup_unix_getpeername cgroup_unix_getsockname netkit_primary netkit_peer trace_kprobe_session
		trace_uprobe_session trace_fsession`)
)

// compareTypes compares what the section's name says of a program.
func compareTypes(t *testing.T, p *verifier.Program, their *ebpf.ProgramSpec) {
	t.Helper()
	progType, attachType := "", ""
	if their.Type != 0 {
		progType = progTypes[their.Type]
	}
	if their.AttachType != 0 || p.AttachType == attachTypes[0] { // 0 is also: none
		attachType = attachTypes[their.AttachType]
	}
	if p.Type != progType || p.AttachType != attachType {
		t.Errorf("%s, section %q: type %q %q, cilium/ebpf has %q %q",
			p.Name, p.Section, p.Type, p.AttachType, progType, attachType)
	}
	if p.AttachTo != "" && p.AttachTo != their.AttachTo {
		t.Errorf("%s, section %q: attaches to %q, cilium/ebpf has %q", p.Name, p.Section, p.AttachTo, their.AttachTo)
	}
}

// TestSectionNames asks cilium/ebpf what it makes of section names.
func TestSectionNames(t *testing.T) {
	notYet := map[string]bool{ // in libbpf since cilium/ebpf v0.22.0 copied its table
		"tracepoint.s": true, "tp.s": true, "raw_tracepoint.s": true, "raw_tp.s": true, "tp_btf.s": true,
		"fsession.multi": true, "fsession.multi.s": true, "fentry.multi": true, "fentry.multi.s": true,
		"fexit.multi": true, "fexit.multi.s": true,
		"xdp_devmap": true, "xdp_cpumap": true, // and before; to cilium/ebpf they are xdp
	}
	for pattern := range object.SectionPatterns() {
		base := strings.TrimRight(pattern, "+/")
		if notYet[base] {
			continue
		}
		for _, name := range []string{base, "?" + base, base + "/", base + "/name", base + "/name/more", base + "_name", base + "1"} {
			b := newBuilder(binary.LittleEndian)
			b.function("prog", b.code(name, mov(0), exit), 0, 2)
			raw := b.bytes()
			spec, err := ebpf.LoadCollectionSpecFromReader(bytes.NewReader(raw))
			if err != nil {
				t.Fatalf("%q: %v", name, err)
			}
			compareTypes(t, readBytes(t, raw)[0], spec.Programs["prog"])
		}
	}
}
