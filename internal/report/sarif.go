package report

import (
	"bufio"
	"cmp"
	"io"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/statecheck/statecheck/verifier/effect"
)

// What GitHub takes of a SARIF file ("SARIF support for code scanning"): it refuses
// files with more results, and shows no more steps of a path.
const (
	maxResults = 25_000
	maxSteps   = 1_000
)

// SARIF returns a handler that writes a SARIF 2.1.0 log with one run, a line for each
// result. Results stand before the tool and its rules, so that they can be written as
// they come and the rules are those that they need.
//
// It relies on nothing that GitHub's code scanning ignores: what is accepted is left
// out and not marked as suppressed, every result has a location, and its message says
// everything.
func SARIF(w io.Writer, run Run, locate Locate) Handler[*Object] {
	return &sarif{out: bufio.NewWriter(w), run: run, issues: newIssues(locate), rules: []string{}}
}

type sarif struct {
	out     *bufio.Writer // keeps the first error for Flush
	run     Run
	issues  *issues
	rules   []string // of the results, in the order in which they came up
	results int
	omitted int
}

// The parts of the format that are used (SARIF 2.1.0, section 3).
type (
	// sarifRun is a run (section 3.14) without its results.
	sarifRun struct {
		BaseIDs     map[string]sarifBase `json:"originalUriBaseIds"`
		Tool        sarifTool            `json:"tool"`
		Invocations []sarifInvocation    `json:"invocations"`
		Properties  map[string]string    `json:"properties"`
	}
	sarifBase struct {
		Description sarifText `json:"description"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name    string      `json:"name"`
		Version string      `json:"version"`
		URI     string      `json:"informationUri"`
		Rules   []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID         string          `json:"id"`
		Short      sarifText       `json:"shortDescription"`
		Full       sarifText       `json:"fullDescription"`
		Help       sarifText       `json:"help"`
		HelpURI    string          `json:"helpUri"`
		Properties sarifProperties `json:"properties"`
	}
	sarifProperties struct {
		Tags []string `json:"tags"`
	}
	sarifText struct {
		Text     string `json:"text"`
		Markdown string `json:"markdown,omitempty"`
	}
	sarifInvocation struct {
		Successful    bool                `json:"executionSuccessful"`
		Notifications []sarifNotification `json:"toolExecutionNotifications"`
	}
	sarifNotification struct {
		Level   string    `json:"level"`
		Message sarifText `json:"message"`
	}
	sarifResult struct {
		RuleID       string            `json:"ruleId"`
		RuleIndex    int               `json:"ruleIndex"`
		Level        string            `json:"level"`
		Message      sarifText         `json:"message"`
		Locations    []sarifLocation   `json:"locations"`
		Fingerprints map[string]string `json:"partialFingerprints"`
		CodeFlows    []sarifCodeFlow   `json:"codeFlows,omitempty"`
	}
	sarifLocation struct {
		Physical sarifPhysical `json:"physicalLocation"`
		Message  *sarifText    `json:"message,omitempty"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   sarifRegion   `json:"region"`
	}
	sarifArtifact struct {
		URI    string `json:"uri"`
		BaseID string `json:"uriBaseId,omitempty"`
	}
	sarifRegion struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn,omitempty"`
	}
	sarifCodeFlow struct {
		ThreadFlows []sarifThreadFlow `json:"threadFlows"`
	}
	sarifThreadFlow struct {
		Locations []sarifStep `json:"locations"`
	}
	sarifStep struct {
		Location sarifLocation `json:"location"`
	}
)

// sourceRoot is what GitHub and CodeQL call the root of the repository.
const sourceRoot = "%SRCROOT%"

const project = "https://github.com/statecheck/statecheck"

// sarifHead opens a log, its run and the results.
const sarifHead = `{"$schema":"https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",` +
	`"version":"2.1.0","runs":[{"results":[`

func (h *sarif) Object(o *Object) error {
	if err := h.list(h.issues.of(o)); err != nil {
		return err
	}
	return h.out.Flush()
}

func (h *sarif) list(issues []issue) error {
	for _, found := range issues {
		if h.results == maxResults {
			h.omitted++
			continue
		}
		line, err := encode(h.result(&found))
		if err != nil {
			return err
		}
		if h.results == 0 {
			h.out.WriteString(sarifHead)
		}
		h.out.Write(separator(h.results))
		h.out.Write(line)
		h.results++
	}
	return nil
}

func (h *sarif) result(found *issue) sarifResult {
	rule := slices.Index(h.rules, found.rule)
	if rule < 0 {
		rule = len(h.rules)
		h.rules = append(h.rules, found.rule)
	}
	r := sarifResult{
		RuleID: found.rule, RuleIndex: rule, Level: "error",
		Message:      sarifText{Text: found.text},
		Locations:    []sarifLocation{sarifPlace(found.file, found.line, found.column)},
		Fingerprints: map[string]string{"primaryLocationLineHash": found.fingerprint},
	}
	if len(found.path) > 0 {
		var steps []sarifStep
		for _, p := range found.path[max(0, len(found.path)-maxSteps+1):] {
			at := sarifPlace(p.file, p.line, 0)
			at.Message = &sarifText{Text: p.text}
			steps = append(steps, sarifStep{at})
		}
		at := r.Locations[0]
		at.Message = &sarifText{Text: found.title}
		r.CodeFlows = []sarifCodeFlow{{[]sarifThreadFlow{{append(steps, sarifStep{at})}}}}
	}
	return r
}

func sarifPlace(file string, line, column int) sarifLocation {
	at := sarifArtifact{URI: (&url.URL{Path: file}).String(), BaseID: sourceRoot}
	if path.IsAbs(file) {
		at = sarifArtifact{URI: (&url.URL{Scheme: "file", Path: file}).String()}
	}
	return sarifLocation{Physical: sarifPhysical{at, sarifRegion{line, column}}}
}

func (h *sarif) Close(s *Summary) error {
	if err := h.list(h.issues.policy(s)); err != nil {
		return err
	}
	run := sarifRun{
		BaseIDs: map[string]sarifBase{sourceRoot: {sarifText{Text: "the root of the repository"}}},
		Tool: sarifTool{sarifDriver{
			Name: h.run.Tool.Name, Version: h.run.Tool.Version, URI: project, Rules: []sarifRule{},
		}},
		Invocations: []sarifInvocation{{s.Complete(), []sarifNotification{}}},
		Properties: map[string]string{
			"profile": string(h.run.Profile), "precision": string(h.run.Precision), "model": h.run.Model,
			"verdict": string(s.Verdict()),
		},
	}
	notify := func(text string) {
		list := &run.Invocations[0].Notifications
		*list = append(*list, sarifNotification{"error", sarifText{Text: text}})
	}
	if text := s.shortfall(); text != "" {
		notify(text)
	}
	if h.omitted > 0 {
		notify(plural(h.omitted, "more result") + ", too many to list")
	}
	for _, name := range h.rules {
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, newSarifRule(name))
	}
	rest, err := encode(run)
	if err != nil {
		return err
	}
	if h.results == 0 {
		h.out.WriteString(sarifHead)
	}
	h.out.WriteString("\n],")
	h.out.Write(rest[1:]) // without the brace that is open already
	h.out.WriteString("]}\n")
	return h.out.Flush()
}

// newSarifRule says what is known of a rule, whatever result it has.
func newSarifRule(name string) sarifRule {
	rows := effect.Rows()
	i := slices.IndexFunc(rows, func(r effect.Row) bool { return effect.Slug(r.Name) == name })
	if i < 0 {
		return sarifRule{
			ID: name, Short: sarifText{Text: ruleTexts[name]}, Full: sarifText{Text: ruleTexts[name]},
			Help: sarifText{Text: ruleTexts[name]}, HelpURI: project + "/blob/main/README.md#exit-statuses",
			Properties: sarifProperties{Tags: []string{}},
		}
	}
	row := rows[i]
	lines := []string{
		"Why: " + row.Reason + ".",
		"Kernel: " + row.Kernel + ".",
		"Instead: " + cmp.Or(row.Instead, "no stateless way is known") + ".",
		"More: statecheck explain " + row.Name,
	}
	return sarifRule{
		ID:         name,
		Short:      sarifText{Text: row.Name + " " + Plain(row.Effects.Meaning().Text)},
		Full:       sarifText{Text: row.Name + ": " + strings.Join(row.Effects.Names(), ", ") + ": " + row.Reason},
		Help:       sarifText{Text: strings.Join(lines, "\n"), Markdown: "- " + strings.Join(lines, "\n- ")},
		HelpURI:    project + "/blob/main/docs/effects.md#" + name,
		Properties: sarifProperties{Tags: row.Effects.Names()},
	}
}
