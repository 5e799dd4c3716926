package verifier

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/statecheck/statecheck/asm"
)

func TestInventory(t *testing.T) {
	wide := func(src asm.Register, imm int32) []asm.Instruction {
		return []asm.Instruction{asm.New(asm.LoadImm64, asm.R1, src, 0, imm), asm.New(0, 0, 0, 0, 0)}
	}
	call := func(src asm.Register, imm int32) []asm.Instruction {
		return []asm.Instruction{asm.New(asm.Call, 0, src, 0, imm)}
	}
	join := func(parts ...[]asm.Instruction) (all []asm.Instruction) {
		for _, part := range parts {
			all = append(all, part...)
		}
		return append(all, asm.New(asm.Exit, 0, 0, 0, 0))
	}
	for _, tt := range []struct {
		name   string
		reason string
		p      Program
		want   Uses
		tags   bool
	}{
		{
			name: "helpers", reason: "counted, by number, and one that Linux does not have",
			p: Program{Instructions: join(call(0, 6), call(0, 1), call(0, 6), call(0, 9999))},
			want: Uses{Helpers: []HelperUse{
				{1, "bpf_map_lookup_elem", 1, "3.19"}, {6, "bpf_trace_printk", 2, "4.1"}, {9999, "helper#9999", 1, ""},
			}},
			tags: true,
		},
		{
			name: "by number", reason: "a dump has no names",
			p: Program{Instructions: join(wide(asm.PseudoMapFD, 7), wide(asm.PseudoMapIdxValue, 2),
				wide(asm.PseudoMapValue, 8), wide(asm.PseudoMapIdx, 1), wide(asm.PseudoFunc, 0), wide(0, 4),
				wide(asm.PseudoBTFID, 5), call(asm.PseudoKfuncCall, 3), call(asm.PseudoCall, 0))},
			want: Uses{
				Kfuncs:    []KfuncUse{{"kfunc#3", 1}},
				Maps:      []MapUse{{"fd#7", MapPlain}, {"fd#8", MapPlain}, {"fd_array#1", MapPlain}, {"fd_array#2", MapPlain}},
				Variables: []string{"btf_id#5"},
			},
			tags: true,
		},
		{
			name: "by name", reason: "each map once, kfuncs by call and by address",
			p: Program{
				Instructions: join(wide(0, 0), wide(0, 0), wide(0, 0), call(2, -1), wide(0, 0), wide(0, 0)),
				References: []Reference{
					{Slot: 0, Kind: RefMap, Name: "m", Map: MapPlain},
					{Slot: 2, Kind: RefMap, Name: ".rodata", Map: MapROData},
					{Slot: 4, Kind: RefMap, Name: "m", Map: MapPlain},
					{Slot: 6, Kind: RefKfunc, Name: "k"},
					{Slot: 7, Kind: RefKfunc, Name: "k", Weak: true},
					{Slot: 9, Kind: RefVariable, Name: "v"},
				},
			},
			want: Uses{
				Kfuncs:    []KfuncUse{{"k", 2}},
				Maps:      []MapUse{{".rodata", MapROData}, {"m", MapPlain}},
				Variables: []string{"v"},
			},
		},
		{
			name: "kfunc by name", reason: "its number is that of the running kernel, so the tag is not known",
			p: Program{Instructions: join(call(asm.PseudoKfuncCall, 0)),
				References: []Reference{{Slot: 0, Kind: RefKfunc, Name: "k"}}},
			want: Uses{Kfuncs: []KfuncUse{{"k", 1}}},
		},
		{
			name: "variable by name", reason: "likewise",
			p: Program{Instructions: join(wide(asm.PseudoBTFID, 0)),
				References: []Reference{{Slot: 0, Kind: RefVariable, Name: "v"}}},
			want: Uses{Variables: []string{"v"}},
		},
		{
			name: "maps by name", reason: "kernels leave what names a map out of the tag; a map without a kind is a plain one",
			p: Program{Instructions: join(wide(asm.PseudoMapFD, 0), wide(asm.PseudoMapFD, 0), wide(asm.PseudoMapFD, 0)),
				References: []Reference{
					{Slot: 0, Kind: RefMap, Name: "m"}, {Slot: 2, Kind: RefMap, Name: "m", Map: MapArena}, {Slot: 4, Kind: RefMap, Name: "a", Map: MapPlain},
				}},
			want: Uses{Maps: []MapUse{{"a", MapPlain}, {"m", MapArena}, {"m", MapPlain}}},
			tags: true,
		},
		{
			name: "CO-RE first", reason: "one relocation is enough, whichever it is",
			p: Program{Instructions: join(wide(asm.PseudoMapFD, 0)),
				References: []Reference{{Slot: 0, Kind: RefCORE}, {Slot: 0, Kind: RefMap, Name: "m", Map: MapPlain}}},
			want: Uses{Maps: []MapUse{{"m", MapPlain}}},
		},
		{
			name: "subprograms", reason: "the program itself is none",
			p: Program{
				Instructions: join(call(asm.PseudoCall, 1), join(), nil),
				Functions:    []Function{{Name: "main"}, {Name: "z", Start: 2}, {Name: "a", Start: 3}},
			},
			want: Uses{Subprograms: []string{"z", "a"}},
			tags: true,
		},
		{
			name: "CO-RE", reason: "the loader writes the value, so the tag is not known",
			p: Program{
				Instructions: join(wide(0, 1)),
				References:   []Reference{{Slot: 0, Kind: RefCORE}},
			},
		},
		{
			name: "second slot", reason: "it is data, even where it looks like a call",
			p:    Program{Instructions: join([]asm.Instruction{asm.New(asm.LoadImm64, 0, 0, 0, 0), asm.New(asm.Call, 0, 0, 0, 6)})},
			tags: true,
		},
		{name: "nothing", reason: "a program that could not be put together"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := Inventory(&tt.p)
			if (got.Tags != nil) != tt.tags {
				t.Errorf("%s: tags are %v", tt.reason, got.Tags)
			}
			if got.Tags != nil && *got.Tags != (Tags{asm.TagSHA1(tt.p.Instructions), asm.TagSHA256(tt.p.Instructions)}) {
				t.Errorf("tags %x", *got.Tags)
			}
			got.Tags = nil
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tt.reason, diff)
			}
		})
	}
}

// The lists are bounded, and what they lack is counted.
func TestInventoryLimits(t *testing.T) {
	var p Program
	for i := range int32(1000) {
		p.Instructions = append(p.Instructions,
			asm.New(asm.Call, 0, 0, 0, 1000-i),
			asm.New(asm.Call, 0, asm.PseudoKfuncCall, 0, i),
			asm.New(asm.LoadImm64, asm.R1, asm.PseudoMapFD, 0, i), asm.New(0, 0, 0, 0, 0),
			asm.New(asm.LoadImm64, asm.R1, asm.PseudoBTFID, 0, i), asm.New(0, 0, 0, 0, 0))
		p.Functions = append(p.Functions, Function{Name: "f", Start: 6 * int(i)})
	}
	p.Instructions = append(p.Instructions, asm.New(asm.Call, 0, 0, 0, 1000))
	got := Inventory(&p)
	for name, n := range map[string]int{
		"helpers": len(got.Helpers), "kfuncs": len(got.Kfuncs), "maps": len(got.Maps),
		"variables": len(got.Variables), "subprograms": len(got.Subprograms),
	} {
		if n != maxUses {
			t.Errorf("%d %s, want %d", n, name, maxUses)
		}
	}
	if want := 4*(1000-maxUses) + 999 - maxUses; got.Omitted != want {
		t.Errorf("%d omitted, want %d", got.Omitted, want)
	}
	if last := got.Helpers[maxUses-1]; last.ID != 1000 || last.Calls != 2 {
		t.Errorf("got %+v, want helper 1000, called twice", last)
	}
}
