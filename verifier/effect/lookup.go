package effect

import (
	"slices"
	"strings"
)

// Helper returns the row of a helper number, and false where Linux 6.12 has no
// helper of that number.
func Helper(id int32) (Row, bool) {
	if id < 1 || int(id) > len(helpers) {
		return Row{}, false
	}
	return helpers[id-1], true
}

// Kfunc returns the row of a kernel function, and false where Linux 6.12 has no
// kfunc of that name.
func Kfunc(name string) (Row, bool) {
	i, found := slices.BinarySearchFunc(kfuncs[:], name, func(row Row, name string) int {
		return strings.Compare(row.Name, name)
	})
	if !found {
		return Row{}, false
	}
	return kfuncs[i], true
}

// Rows lists the whole table: helpers by number, kfuncs by name, instruction
// forms in the order of forms.go.
func Rows() []Row { return slices.Concat(helpers[:], kfuncs[:], forms[:]) }
