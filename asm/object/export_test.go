package object

import "iter"

// SectionPatterns yields the patterns of the table of section names.
func SectionPatterns() iter.Seq[string] {
	return func(yield func(string) bool) {
		for i := range sectionKinds {
			if !yield(sectionKinds[i].pattern) {
				return
			}
		}
	}
}
