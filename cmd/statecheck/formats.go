package main

import (
	"github.com/statecheck/statecheck/internal/report"
)

// plainFormats are the formats of everything but check.
var plainFormats = []string{"text", "json"}

// checkFormats are the formats of check, in the order of the help.
var checkFormats = []checkFormat{
	{"text", func(s sink, r reporting) report.Handler[*report.Object] {
		return report.Text(s, report.TextOptions{
			Color:   colored(r.color, s.Writer),
			Profile: r.run.Profile,
			Errors:  s.file != nil,
		})
	}},
	{"json", func(s sink, r reporting) report.Handler[*report.Object] { return report.JSON(s, r.run) }},
	{"sarif", func(s sink, r reporting) report.Handler[*report.Object] { return report.SARIF(s, r.run, r.locate) }},
	{"junit", func(s sink, r reporting) report.Handler[*report.Object] { return report.JUnit(s, r.run) }},
	{"github", func(s sink, r reporting) report.Handler[*report.Object] { return report.GitHub(s, r.locate) }},
	{"gitlab", func(s sink, r reporting) report.Handler[*report.Object] { return report.GitLab(s, r.locate) }},
	{"markdown", func(s sink, r reporting) report.Handler[*report.Object] { return report.Markdown(s, r.run) }},
}

// diffFormats are the formats of diff.
var diffFormats = []diffFormat{
	{"text", func(s sink, d *report.Diff, r reporting) error {
		return report.DiffText(s, d, report.TextOptions{Color: colored(r.color, s.Writer), Profile: d.Profile, Errors: s.file != nil})
	}},
	{"json", func(s sink, d *report.Diff, _ reporting) error { return report.DiffJSON(s, d) }},
	{"github", func(s sink, d *report.Diff, r reporting) error { return report.DiffGitHub(s, d, r.locate) }},
	{"markdown", func(s sink, d *report.Diff, _ reporting) error { return report.DiffMarkdown(s, d) }},
}

type diffFormat struct {
	name  string
	write func(sink, *report.Diff, reporting) error
}

type checkFormat struct {
	name string
	open func(sink, reporting) report.Handler[*report.Object]
}

// reporting is what the formats of check and diff have to know.
type reporting struct {
	run    report.Run
	color  string // value of --color
	locate report.Locate
}
