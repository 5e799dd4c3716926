package proto

import (
	"slices"
	"strings"
)

// Helper returns the signature of a helper by number, and false where Linux 6.12 has no
// helper of that number. Where the number stands for several prototypes
// (struct bpf_func_proto), by type of program, the signature holds of all of them.
func Helper(id int32) (Signature, bool) {
	if id < 1 || int(id) > len(helpers) {
		return Signature{}, false
	}
	return helpers[id-1].signature, true
}

// Kfunc returns the signature of a kernel function by name, and false where Linux 6.12
// has no kfunc of that name: nothing can be concluded then.
func Kfunc(name string) (Signature, bool) {
	i, found := slices.BinarySearchFunc(kfuncs[:], name, func(row kfunc, name string) int {
		return strings.Compare(row.name, name)
	})
	if !found {
		return Signature{}, false
	}
	return kfuncs[i].signature, true
}
