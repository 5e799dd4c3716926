package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// GitHub returns a handler that writes workflow commands of GitHub Actions: an
// annotation for each issue, on its line of the source ("Workflow commands for GitHub
// Actions", error). GitHub shows the first ten of a step; the log has all of them, and
// ends with the counts.
func GitHub(w io.Writer, locate Locate) Handler[*Object] {
	return &github{bufio.NewWriter(w), newIssues(locate)}
}

type github struct {
	out    *bufio.Writer // keeps the first error for Flush
	issues *issues
}

func (h *github) Object(o *Object) error {
	h.list(h.issues.of(o))
	return h.out.Flush()
}

func (h *github) list(issues []issue) {
	for _, found := range issues {
		fmt.Fprintf(h.out, "::error file=%s,line=%d", githubProperty.Replace(Printable(found.file)), found.line)
		if found.column > 0 {
			fmt.Fprintf(h.out, ",col=%d", found.column)
		}
		fmt.Fprintf(h.out, ",title=%s::%s\n", githubProperty.Replace("statecheck: "+found.title), githubData.Replace(found.text))
	}
}

func (h *github) Close(s *Summary) error {
	h.list(h.issues.policy(s))
	if text := s.shortfall(); text != "" {
		fmt.Fprintf(h.out, "::error title=statecheck::%s\n", githubData.Replace(text))
	}
	fmt.Fprintln(h.out, s)
	return h.out.Flush()
}

// What the runner decodes again (actions/toolkit, packages/core/src/command.ts).
var (
	githubData     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	githubProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)
