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
	i, found := slices.BinarySearchFunc(kfuncs[:], name, func(k kfunc, name string) int {
		return strings.Compare(k.name, name)
	})
	if !found {
		return Row{}, false
	}
	return kfuncs[i].row(), true
}

// Rows lists the whole table: helpers by number, kfuncs by name, instruction
// forms in the order of forms.go.
func Rows() []Row {
	rows := slices.Clone(helpers[:])
	for _, k := range kfuncs {
		rows = append(rows, k.row())
	}
	for _, row := range forms {
		rows = append(rows, row)
	}
	return rows
}
