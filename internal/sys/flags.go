package sys

// Flags of BPF_PROG_LOAD that the patches of fuzz/kernel add to Linux 6.12. No kernel
// that was released has them, and some day the numbers may mean something else.
const (
	EnforceStateless = 1 << 8 // BPF_F_ENFORCE_STATELESS
	AllowDump        = 1 << 9 // BPF_F_ALLOW_DUMP, which goes with EnforceStateless alone
)
