package corpus

import "github.com/statecheck/statecheck/verifier/effect"

// objectShapes are shapes of object files.
var objectShapes = []Case{
	{
		Object: "vlan_le.o", Program: "drop_vlan_7", Section: "xdp",
		Shows: "little-endian object of a source that is built for both",
		Flag:  stateless, Sections: stateless, Pure: stateless,
		Reason: "it reads the packet and nothing else",
	},
	{
		Object: "vlan_be.o", Program: "drop_vlan_7", Section: "xdp",
		Shows: "big-endian object of a source that is built for both",
		Flag:  stateless, Sections: stateless, Pure: stateless,
		Reason:  "it reads the packet and nothing else, in any order of bytes",
		Refused: otherOrder,
	},
	{
		Object: "pass_no_btf.o", Program: "pass", Section: "xdp",
		Shows: "an object without BTF",
		Flag:  stateless, Sections: stateless, Pure: stateless,
		Reason: "instructions and symbols are enough for the verdict",
	},
	{
		Object: "legacy_map.o", Program: "legacy_map", Section: "classifier",
		Shows: "a map in the section maps of an object without BTF",
		Flag:  stateful, Sections: stateful, Pure: stateful,
		Uses: []Use{
			{Name: "packets", Effects: effect.Map},
			{Name: "bpf_map_lookup_elem", Effects: effect.Map},
		},
		Reason: "a map, however it is declared",
	},
	{
		Object: "unresolved_call.o", Program: "unresolved_call", Section: "xdp",
		Shows: "a call of a function that nobody defines",
		Flag:  invalid, Sections: invalid, Pure: invalid,
		Reason:  "no loader can put it together",
		Refused: "no loader can put it together",
	},
	{
		Object: "unresolved_call.o", Program: "neighbour", Section: "xdp",
		Shows: "a sound program beside a broken one",
		Flag:  stateless, Sections: stateless, Pure: stateless,
		Reason: "an unresolved call makes that program invalid and no other",
	},
}
