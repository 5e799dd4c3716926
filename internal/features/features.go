// Package features tells whether a kernel has what the patches of fuzz/kernel add to Linux
// 6.12. None that was released has.
package features

// Features are the parts of the patches that a kernel has.
type Features struct {
	Enforces bool // BPF_F_ENFORCE_STATELESS
	Keeps    bool // BPF_F_ALLOW_DUMP, and BPF_PROG_DUMP gives back what was loaded
}
