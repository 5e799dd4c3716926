package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/statecheck/statecheck/internal/report"
	"github.com/statecheck/statecheck/verifier"
	"github.com/statecheck/statecheck/verifier/effect"
)

// effectsTable is a row for each effect, with what each profile makes of it.
func effectsTable() string {
	var b strings.Builder
	head, line := "| effect | meaning | rule |", "| --- | --- | --- |"
	for _, p := range verifier.Profiles() {
		head, line = head+" "+string(p)+" |", line+" --- |"
	}
	fmt.Fprintf(&b, "%s\n%s\n", head, line)
	for _, e := range effect.All() {
		m := e.Meaning()
		rule := m.Rule
		if rule == effect.RuleClosed {
			rule = "" // neither needs nor leaves is known
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |", m.Name, m.Text, rule)
		for _, p := range verifier.Profiles() {
			if p.Rejects(e) == 0 {
				b.WriteString(" pass |")
			} else {
				b.WriteString(" reject |")
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// casesList is a paragraph for each settled case.
func casesList() string {
	var b strings.Builder
	for _, c := range effect.Cases() {
		mark := fmt.Sprintf("%d. ", c.Number)
		lines := wrap(fmt.Sprintf("**%s.** %s", c.Title, c.Text), 100-len(mark))
		fmt.Fprintf(&b, "%s%s\n", mark, strings.Join(lines, "\n"+strings.Repeat(" ", len(mark))))
	}
	return b.String()
}

// wrap breaks text into lines of at most so many bytes.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && len(line)+1+len(word) > width {
			lines, line = append(lines, line), word
			continue
		}
		line = strings.TrimPrefix(line+" "+word, " ")
	}
	return append(lines, line)
}

// effectsPage is the whole table: by the worst effect of each row, then by name.
func effectsPage() string {
	var b strings.Builder
	b.WriteString(`<!-- Made by docs/gen from verifier/effect; "go generate ./docs/gen" renews it. -->
# Effects of every helper, kfunc and instruction form

Each stands under its worst effect, by name; what else it does is in its second column.
[statelessness.md](statelessness.md) has the rule and the settled cases that some rows name;
[table.md](table.md) tells how the rows were read.
The functions are those of Linux 6.12. ` + "`statecheck explain NAME`" + ` says the same of one name and
shows programs; ` + "`statecheck table --format json`" + ` is for machines.

`)
	rows := effect.Rows()
	slices.SortStableFunc(rows, func(a, b effect.Row) int { return strings.Compare(a.Name, b.Name) })
	groups := make(map[effect.Set][]effect.Row)
	files := make(map[string]bool)
	for _, row := range rows {
		worst := row.Effects.Worst()
		groups[worst] = append(groups[worst], row)
	}
	b.WriteString("| worst effect | helpers | kfuncs | instruction forms |\n| --- | ---: | ---: | ---: |\n")
	for _, e := range effect.All() {
		count := make(map[effect.Kind]int)
		for _, row := range groups[e] {
			count[row.Kind]++
		}
		fmt.Fprintf(&b, "| [%s](#%s) | %d | %d | %d |\n", e, e, count[effect.KindHelper], count[effect.KindKfunc],
			count[effect.KindInstruction]+count[effect.KindProgram])
	}
	for _, e := range effect.All() {
		if len(groups[e]) == 0 {
			continue
		}
		m := e.Meaning()
		fmt.Fprintf(&b, "\n## %s\n\n%s%s: %s.\n", m.Name, strings.ToUpper(m.Text[:1]), m.Text[1:], verdict(e))
		if m.Instead != "" {
			fmt.Fprintf(&b, "Instead: %s.\n", m.Instead)
		}
		b.WriteString("\n| name | effects | since | why | kernel |\n| --- | --- | --- | --- | --- |\n")
		for _, row := range groups[e] {
			file, _, _ := strings.Cut(row.Kernel, ":")
			files[file] = true
			fmt.Fprintf(&b, "| <a id=\"%s\"></a>`%s`%s | %s | %s | %s | [%s][%s] |\n",
				effect.Slug(row.Name), row.Name, kind(row), strings.Join(row.Effects.Names(), ", "), row.Since, why(row), row.Kernel, file)
		}
	}
	b.WriteByte('\n')
	var sorted []string
	for file := range files {
		sorted = append(sorted, file)
	}
	slices.Sort(sorted)
	for _, file := range sorted {
		fmt.Fprintf(&b, "[%s]: https://elixir.bootlin.com/linux/v6.12/source/%s\n", file, file)
	}
	return b.String()
}

// verdict says which profiles reject the effect.
func verdict(e effect.Set) string {
	var names []string
	for _, p := range report.RejectedBy(e) {
		names = append(names, "`"+string(p)+"`")
	}
	if names == nil {
		return "every profile lets it pass"
	}
	return "rejected by " + strings.Join(names, ", ")
}

// kind says what a row is where its name does not.
func kind(row effect.Row) string {
	switch row.Kind {
	case effect.KindHelper:
		return fmt.Sprintf(" (%d)", row.ID)
	case effect.KindKfunc:
		return " (kfunc)"
	}
	return ""
}

// why is the reason as sentences, with what to do instead.
func why(row effect.Row) string {
	text := row.Reason
	for _, c := range effect.Settled(row.Name) {
		text += fmt.Sprintf(" (case %d)", c.Number)
	}
	if row.Instead != "" {
		text += ". Instead: " + row.Instead
	}
	return strings.ReplaceAll(text, "|", `\|`)
}
