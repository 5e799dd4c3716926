package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/statecheck/statecheck/verifier"
	"github.com/statecheck/statecheck/verifier/effect"
)

// TableSchema names the document of table.
const TableSchema = "statecheck.table/v1"

// Table is what every helper, kfunc and instruction form is judged by.
type Table struct {
	Schema string `json:"schema"`
	Rows   []Row  `json:"rows"` // helpers by number, kfuncs by name, instruction forms
}

// Row is one fact of the table.
type Row struct {
	Kind     string             `json:"kind"` // helper, kfunc, instruction or program
	ID       int                `json:"id"`   // of a helper; else 0
	Name     string             `json:"name"`
	Effects  []string           `json:"effects"` // mildest first
	Rejected []verifier.Profile `json:"rejected_by"`
	Reason   string             `json:"reason"`
	Settled  []int              `json:"settled"` // numbers of the settled cases that it rests on
	Writes   []int              `json:"writes"`  // arguments that it writes through; what they point to is judged as by a store
	Kernel   string             `json:"kernel"`  // file:function of Linux 6.12 that shows it
	Since    string             `json:"since"`   // first Linux release that has it; empty: none known
	Instead  string             `json:"instead"` // empty where it passes, or nothing is known
}

// NewRow returns a row of the table as a document has it.
func NewRow(r effect.Row) Row {
	row := Row{
		Kind: string(r.Kind), ID: r.ID, Name: r.Name, Effects: r.Effects.Names(), Rejected: RejectedBy(r.Effects),
		Reason: r.Reason, Settled: []int{}, Writes: []int{}, Kernel: r.Kernel, Since: r.Since, Instead: r.Instead,
	}
	for _, c := range effect.Settled(r.Name) {
		row.Settled = append(row.Settled, c.Number)
	}
	for _, w := range effect.Writes(r.Name) {
		row.Writes = append(row.Writes, int(w.Arg))
	}
	return row
}

// RejectedBy lists the profiles that do not let all the effects pass, widest first.
func RejectedBy(effects effect.Set) []verifier.Profile {
	by := []verifier.Profile{}
	for _, p := range verifier.Profiles() {
		if p.Rejects(effects) != 0 {
			by = append(by, p)
		}
	}
	return by
}

// TableJSON writes one [Table], a line for each row.
func TableJSON(w io.Writer, rows []Row) error {
	return writeList(w, Table{Schema: TableSchema, Rows: []Row{}}, rows)
}

// TableText writes a line for each row, for people and for grep.
func TableText(w io.Writer, rows []Row) error {
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0) // keeps the first error for Flush
	for _, r := range rows {
		fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\n", r.numbered(), r.Name, r.Since, strings.Join(r.Effects, ","), r.Reason)
	}
	return out.Flush()
}

// numbered is the kind of the row, and its number where it goes by one.
func (r *Row) numbered() string {
	if r.ID == 0 {
		return r.Kind
	}
	return fmt.Sprintf("%s %d", r.Kind, r.ID)
}

// writeList writes a document: head, whose last field is an empty list, with the
// items in that list, each on a line.
func writeList[T any](w io.Writer, head any, items []T) error {
	begin, err := encodeHead(head)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(w) // keeps the first error for Flush
	out.Write(begin)
	for i := range items {
		line, err := encode(&items[i])
		if err != nil {
			return err
		}
		out.Write(separator(i))
		out.Write(line)
	}
	out.Write(closing(len(items)))
	out.WriteByte('\n')
	return out.Flush()
}
