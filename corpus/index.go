package corpus

import "github.com/statecheck/statecheck/verifier"

// The index has a row a program, in a file a theme (index_*.go). The verdicts
// follow from docs/statelessness.md and the kernel's source, not from what the
// checker happens to say; where a row and the checker differ, one of them is a bug.
var themes = [...]Theme{
	{"Packets and sockets", "What is about packets, sockets, and what a cgroup may do with them.", network},
	{"Kernel and tracing", "What is about functions of the kernel, tasks and devices.", tracing},
	{"Instructions", "Instruction forms, references by number, slots that no compiler writes, and what is malformed.", forms},
	{"Effects without a map", "What a program can change, read and leave behind without any map.", effects},
	{"Maps and sections", "Maps, what lives in them, and the sections that loaders make maps of.", mapsAndSections},
	{"Functions and other programs", "The effect is not where one looks first.", functions},
	{"Guards and dead code", "Code that never runs, or only if the kernel has something: what is known before loading.", guards},
	{"Objects", "Object files in every shape: byte orders, old compilers, sections of any name.", objectShapes},
}

const (
	stateless = verifier.Stateless
	stateful  = verifier.Stateful
	invalid   = verifier.Invalid
)

// Why several programs cannot be loaded here.
const (
	otherOrder     = "cilium/ebpf loads objects of the machine's own byte order alone"
	untypedSymbols = "cilium/ebpf wants symbols with types and sizes"
	noArenaCasts   = "cilium/ebpf v0.22.0 drops the offset of addr_space_cast, and the kernel finds a move with reserved bits instead"
	noCallback     = "cilium/ebpf v0.22.0 does not append functions that only a declaration tag names, and the kernel misses the callback"
	refusedByOurs  = "some kernels refuse what attaches to a function: ours (6.18) says EPERM before it reads an instruction"
)
