package report

import (
	"bufio"
	"io"
)

// GitLab returns a handler that writes a Code Quality report of GitLab: a list of
// issues, a line for each (GitLab's documentation, "Code Quality report format").
func GitLab(w io.Writer, locate Locate) Handler[*Object] {
	return &gitlab{out: bufio.NewWriter(w), issues: newIssues(locate)}
}

type gitlab struct {
	out    *bufio.Writer // keeps the first error for Flush
	issues *issues
	listed int
}

type gitlabIssue struct {
	Description string         `json:"description"`
	Check       string         `json:"check_name"`
	Fingerprint string         `json:"fingerprint"`
	Severity    string         `json:"severity"` // info, minor, major, critical or blocker
	Location    gitlabLocation `json:"location"`
}

type gitlabLocation struct {
	Path  string      `json:"path"`
	Lines gitlabLines `json:"lines"`
}

type gitlabLines struct {
	Begin int `json:"begin"`
}

func (h *gitlab) Object(o *Object) error {
	if err := h.list(h.issues.of(o)); err != nil {
		return err
	}
	return h.out.Flush()
}

func (h *gitlab) list(issues []issue) error {
	for i := range issues {
		if err := h.add(&issues[i]); err != nil {
			return err
		}
	}
	return nil
}

func (h *gitlab) add(found *issue) error {
	line, err := encode(gitlabIssue{
		found.text, found.rule, found.fingerprint, "major", gitlabLocation{found.file, gitlabLines{found.line}},
	})
	if err != nil {
		return err
	}
	if h.listed == 0 {
		h.out.WriteByte('[')
	}
	h.out.Write(separator(h.listed))
	h.out.Write(line)
	h.listed++
	return nil
}

// Close has but issues to say that not everything was judged.
func (h *gitlab) Close(s *Summary) error {
	if err := h.list(h.issues.policy(s)); err != nil {
		return err
	}
	if text := s.shortfall(); text != "" {
		if err := h.add(&issue{
			rule: ruleIncomplete, text: "statecheck: " + text, file: ".", line: 1,
			fingerprint: h.issues.fingerprint(ruleIncomplete),
		}); err != nil {
			return err
		}
	}
	if h.listed == 0 {
		h.out.WriteByte('[')
	} else {
		h.out.WriteByte('\n')
	}
	h.out.WriteString("]\n")
	return h.out.Flush()
}
