package report

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"github.com/statecheck/statecheck/verifier"
)

// JUnit returns a handler that writes JUnit XML as CI systems read it: a suite for
// each object and a test case for each program, which fails where it is stateful and
// is in error where it could not be judged.
func JUnit(w io.Writer, run Run) Handler[*Object] {
	return &junit{out: bufio.NewWriter(w), run: run}
}

type junit struct {
	out    *bufio.Writer // keeps the first error for Flush
	run    Run
	opened bool
}

type junitSuite struct {
	XMLName  xml.Name    `xml:"testsuite"`
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Name    string        `xml:"name,attr"`
	Class   string        `xml:"classname,attr"`
	Failure *junitProblem `xml:"failure"`
	Error   *junitProblem `xml:"error"`
	Out     string        `xml:"system-out,omitempty"`
}

type junitProblem struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Text    string `xml:",cdata"`
}

func (h *junit) Object(o *Object) error {
	path := Printable(o.Path)
	suite := junitSuite{Name: path}
	if o.Error != "" {
		suite.fail(junitCase{Name: path, Class: path}, o.Error)
	}
	for i := range o.Programs {
		p := &o.Programs[i]
		c := junitCase{Name: p.title(), Class: path}
		if by := p.waivers(); len(by) > 0 {
			c.Out = Printable(strings.Join(by, ", "))
		}
		switch p.Verdict {
		case verifier.Invalid:
			suite.fail(c, p.Error)
			continue
		case verifier.Stateful:
			body, err := h.findings(o.Path, p)
			if err != nil {
				return err
			}
			c.Failure = &junitProblem{p.constructs(), string(p.Verdict), body}
			suite.Failures++
		}
		suite.add(c)
	}
	return h.write(&suite)
}

// Close has a test case for what is out of date in policy files, and one to say that not
// everything was judged.
func (h *junit) Close(s *Summary) error {
	for i := range s.Stale {
		st := &s.Stale[i]
		file := Printable(st.File)
		suite := junitSuite{Name: file, Failures: 1}
		suite.add(junitCase{
			Name: fmt.Sprintf("line %d", st.Line), Class: file,
			Failure: &junitProblem{Printable(st.Message), st.Kind, st.String()},
		})
		if err := h.write(&suite); err != nil {
			return err
		}
	}
	if text := s.shortfall(); text != "" {
		suite := junitSuite{Name: h.run.Tool.Name}
		suite.fail(junitCase{Name: "every input", Class: h.run.Tool.Name}, text)
		if err := h.write(&suite); err != nil {
			return err
		}
	}
	h.open()
	h.out.WriteString("</testsuites>\n")
	return h.out.Flush()
}

func (h *junit) open() {
	if !h.opened {
		h.opened = true
		h.out.WriteString(xml.Header + "<testsuites>\n")
	}
}

func (h *junit) write(suite *junitSuite) error {
	h.open()
	text, err := xml.MarshalIndent(suite, "  ", "  ")
	if err != nil {
		return err
	}
	h.out.Write(text)
	h.out.WriteByte('\n')
	return h.out.Flush()
}

func (s *junitSuite) add(c junitCase) {
	s.Tests++
	s.Cases = append(s.Cases, c)
}

func (s *junitSuite) fail(c junitCase, text string) {
	c.Error = &junitProblem{Message: Printable(text), Type: string(verifier.Invalid)}
	s.Errors++
	s.add(c)
}

// findings are those of the program as the text report has them.
func (h *junit) findings(path string, p *Program) (string, error) {
	var body bytes.Buffer
	t := text{out: bufio.NewWriter(&body), opts: TextOptions{Profile: h.run.Profile}}
	t.program(path, p)
	if err := t.out.Flush(); err != nil {
		return "", err
	}
	return body.String(), nil
}

// title names the program within its object.
func (p *Program) title() string {
	name := Printable(cmp.Or(p.Name, "the program"))
	if p.Section != "" {
		name += " (" + Printable(p.Section) + ")"
	}
	return name
}

// constructs names what was found, each once, in the order of the first places.
func (p *Program) constructs() string {
	var names []string
	for _, same := range group(p.Findings) {
		names = append(names, fmt.Sprintf("%s (%s)", Printable(same[0].Name), same[0].Effect))
	}
	return strings.Join(names, ", ")
}
