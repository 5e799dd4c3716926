// Package nearest finds the name that was probably meant by one that is not known.
package nearest

// Name returns the name that was probably meant, or "". Ties go to the first.
func Name(name string, names []string) string {
	near := Names(name, names)
	if len(near) == 0 {
		return ""
	}
	return near[0]
}

// Names returns up to three names that are equally near. The prefix bpf_ may be
// missing.
func Names(name string, names []string) []string {
	const few, longest = 3, 100 // bytes; no name is that long, and the time grows with it
	if len(name) > longest {
		return nil
	}
	var near []string
	least := max(2, len(name)/3)
	for _, candidate := range names {
		d := min(distance(name, candidate, least), distance("bpf_"+name, candidate, least))
		if d < least {
			near, least = nil, d
		}
		if d == least && len(near) < few {
			near = append(near, candidate)
		}
	}
	return near
}

// distance is how many bytes must be inserted, deleted or replaced to get from a
// to b (Levenshtein), or something more than most where it is more than that.
func distance(a, b string, most int) int {
	if gap := len(a) - len(b); gap > most || -gap > most {
		return most + 1
	}
	var room [64]int // for any name of the table, so that nothing is allocated
	row := room[:0]  // from the part of a seen so far to each prefix of b
	for j := range len(b) + 1 {
		row = append(row, j)
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		least := row[0]
		for j := range len(b) {
			replaced := diagonal
			if a[i] != b[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j]+1, diagonal+1)
			least = min(least, row[j+1])
		}
		if least > most { // what follows can but add to it
			return least
		}
	}
	return row[len(b)]
}
