package loader_test

import (
	"fmt"

	"github.com/cilium/ebpf"
	casm "github.com/cilium/ebpf/asm"

	"github.com/statecheck/statecheck/loader"
	"github.com/statecheck/statecheck/verifier"
)

// A loader refuses what is not stateless before it calls the kernel.
func ExampleCheck() {
	spec := &ebpf.ProgramSpec{
		Name: "to_eth1",
		Type: ebpf.XDP,
		Instructions: casm.Instructions{
			casm.Mov.Imm(casm.R1, 2),
			casm.Mov.Imm(casm.R2, 0),
			casm.FnRedirect.Call(),
			casm.Return(),
		},
	}
	report := loader.Check(spec, verifier.Options{Profile: verifier.ProfileFlag})
	fmt.Println(report.Verdict)
	for _, f := range report.Findings {
		fmt.Printf("slot %d: %s (%s): %s\n", f.Slot, f.Name, f.Effects, f.Reason)
	}
	// Output:
	// stateful
	// slot 2: bpf_redirect (handoff): stores its target in bpf_redirect_info, which the stack reads after the program has returned
}
