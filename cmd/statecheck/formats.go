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
	{"github", func(s sink, r reporting) report.Handler[*report.Object] { return report.GitHub(s, r.run, r.locate) }},
	{"gitlab", func(s sink, r reporting) report.Handler[*report.Object] { return report.GitLab(s, r.run, r.locate) }},
	{"markdown", func(s sink, r reporting) report.Handler[*report.Object] { return report.Markdown(s, r.run) }},
}

type checkFormat struct {
	name string
	open func(sink, reporting) report.Handler[*report.Object]
}

// reporting is what the formats of check have to know.
type reporting struct {
	run    report.Run
	color  string // value of --color
	locate report.Locate
}
