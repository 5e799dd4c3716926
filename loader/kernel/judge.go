package kernel

import (
	"fmt"
	"slices"

	"github.com/statecheck/statecheck/verifier"
	"github.com/statecheck/statecheck/verifier/effect"
)

// Judgement is what the rewritten instructions of a program tell.
type Judgement struct {
	Findings []verifier.Finding // what is certain
	Unknown  []string           // what cannot be told, a clause for each
}

// newestRead is the release up to which the rewriting was read and tested. A newer
// kernel may inline helpers that leave no trace.
const newestRead = "6.18"

// forms are the rows that say no more of rewritten instructions than that it cannot be
// told: a store to the context has become one to an object of the kernel.
var forms = []effect.Form{effect.FormStoreKernel, effect.FormStoreIterator, effect.FormStoreUntyped}

// Judge judges the instructions that run. Without symbols (nil) no call can be told.
//
// A program with findings is stateful, of one that has neither findings nor unknowns the
// kernel runs what is stateless. The instructions that were loaded can have had more, in
// code that the kernel has removed as dead: a reference to a map is held against a
// program there too, before it is loaded ([verifier.Check]), and here it is not.
func Judge(p *Program, symbols *Symbols, release string, opts verifier.Options) Judgement {
	j := Judgement{Findings: extensions(p)}
	if p.ExtensionsHidden != "" {
		j.Unknown = append(j.Unknown, p.ExtensionsHidden)
	}
	if p.Instructions == nil {
		j.Unknown = append(j.Unknown, p.Hidden)
		return j
	}
	restored, unknown := original(p, symbols)
	opts.Precision = verifier.PrecisionCFG // the kernel has walked it, and removed what is dead
	report := verifier.Check(restored, opts)
	j.Unknown = append(j.Unknown, unknown...)
	if report.Err != nil {
		j.Unknown = append(j.Unknown, fmt.Sprintf("the rewritten instructions have no form that is known: %v", report.Err))
	}
	for _, f := range report.Findings {
		switch {
		case f.Row == effect.FormIrregular.Row().Name, f.ID == int(unknownCall):
			// the kernel's own doing, or told already
		case f.Effects == effect.Unknown, slices.ContainsFunc(forms, func(form effect.Form) bool { return f.Row == form.Row().Name }):
			j.Unknown = append(j.Unknown, fmt.Sprintf("slot %d: %s", f.Slot, f.Reason))
		default:
			j.Findings = append(j.Findings, f)
		}
	}
	if newer(release, newestRead) {
		j.Unknown = append(j.Unknown, fmt.Sprintf("Linux %s may inline calls that Linux %s does not", release, newestRead))
	}
	if opts.Profile == verifier.ProfilePure {
		j.Unknown = append(j.Unknown, "reads of the context and of the kernel look the same")
	}
	return j
}

// extensions are the findings of what stands in the place of functions of the program: its
// instructions alone do not say what it does.
func extensions(p *Program) (findings []verifier.Finding) {
	for _, id := range p.Extensions {
		findings = append(findings, verifier.Finding{
			Effects: effect.Program, Kind: effect.KindProgram, Name: fmt.Sprintf("program %d", id), Row: effect.FormTypeExt.Row().Name,
			Reason: "stands in the place of one of its functions (freplace)",
			Kernel: "kernel/bpf/syscall.c:bpf_tracing_prog_attach",
		})
	}
	return findings
}

// newer reports whether release a ("6.18.44-fc") is of a later series than b. What
// cannot be read as a release is.
func newer(a, b string) bool {
	var major, minor, toMajor, toMinor int
	if _, err := fmt.Sscanf(a, "%d.%d", &major, &minor); err != nil {
		return true
	}
	fmt.Sscanf(b, "%d.%d", &toMajor, &toMinor)
	return major > toMajor || major == toMajor && minor > toMinor
}
