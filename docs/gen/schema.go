package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/statecheck/statecheck/internal/policy"
	"github.com/statecheck/statecheck/internal/report"
	"github.com/statecheck/statecheck/verifier"
	"github.com/statecheck/statecheck/verifier/effect"
)

// documents are what the command prints as JSON, by the names of their schemas.
var documents = map[string]any{
	report.Schema:          report.Report{},
	report.InventorySchema: report.Inventory{},
	report.TableSchema:     report.Table{},
	report.ExplainSchema:   report.Explanation{},
	report.DiffSchema:      report.Diff{},
	report.LiveSchema:      report.Live{},
	report.DumpSchema:      report.Dump{},
}

// values are the words that a field has, or the items of its list, where not every
// string will do.
func values() map[string][]string {
	profiles := words(verifier.Profiles())
	var effects []string
	for _, e := range effect.All() {
		effects = append(effects, e.String())
	}
	program := words([]verifier.Verdict{verifier.Stateless, verifier.Stateful, verifier.Invalid})
	whole := words([]verifier.Verdict{verifier.Stateless, verifier.Stateful, report.Undecided})
	mapKinds := words([]verifier.MapKind{verifier.MapPlain, verifier.MapData, verifier.MapROData, verifier.MapBSS, verifier.MapKconfig, verifier.MapArena})
	kinds := words([]effect.Kind{effect.KindHelper, effect.KindKfunc, effect.KindInstruction, effect.KindProgram})
	return map[string][]string{
		"Report.Schema":      {report.Schema},
		"Inventory.Schema":   {report.InventorySchema},
		"Table.Schema":       {report.TableSchema},
		"Explanation.Schema": {report.ExplainSchema},
		"Diff.Schema":        {report.DiffSchema},
		"Dump.Schema":        {report.DumpSchema},
		"Live.Schema":        {report.LiveSchema},

		"Report.Verdict":       whole,
		"Program.Verdict":      program,
		"Example.Verdict":      program,
		"Diff.Verdict":         words([]report.DiffVerdict{report.DiffAdded, report.DiffNone, report.DiffUndecided}),
		"DiffProgram.In":       {"old", "new", "both"},
		"Stale.Kind":           {policy.Unused, policy.Expired},
		"Run.Profile":          profiles,
		"Example.Profile":      profiles,
		"Program.Profile":      profiles,
		"Row.Rejected":         profiles,
		"Run.Precision":        {string(verifier.PrecisionCFG), "paths"},
		"Program.Precision":    {string(verifier.PrecisionCFG), "paths"},
		"Finding.Effect":       effects,
		"Finding.Effects":      effects,
		"Row.Effects":          effects,
		"Finding.Kind":         append(slices.Clone(kinds), string(effect.KindMap), string(effect.KindVariable)),
		"Row.Kind":             append(slices.Clone(kinds), report.KindEffect, report.KindCase, report.KindVerdict, report.KindProfile),
		"Map.Kind":             mapKinds,
		"DumpReference.Map":    mapKinds,
		"DumpFunction.Linkage": report.DumpLinkages,
		"DumpArgument.Kind":    report.DumpArguments,
		"DumpReference.Kind":   report.DumpReferences,
		"Live.Verdict":         whole,
		"Live.Profile":         profiles,
		"LiveProgram.Verdict":  whole,
		"LiveProgram.By":       {report.ByKernel, report.ByStore, report.ByObject, report.ByRewritten},
	}
}

func words[S ~string](list []S) []string {
	var out []string
	for _, s := range list {
		out = append(out, string(s))
	}
	return out
}

// schemas returns the JSON Schemas (draft 2020-12) of the documents, by path within
// docs: the types of internal/report, which its package comment says are the contract,
// with their comments. They allow fields that they do not know, as later versions of
// statecheck may add some.
func schemas(docs string) (map[string]string, error) {
	comments, err := commentsOf(filepath.Join(docs, "..", "internal", "report"))
	if err != nil {
		return nil, err
	}
	pages := make(map[string]string)
	for name, document := range documents {
		s := schema{comments: comments, values: values(), defs: make(map[string]object)}
		file := strings.ReplaceAll(strings.TrimPrefix(name, "statecheck."), "/", ".") + ".json"
		doc := object{
			{"$schema", "https://json-schema.org/draft/2020-12/schema"},
			{"$id", "https://raw.githubusercontent.com/statecheck/statecheck/main/docs/schema/" + file},
			{"title", name},
		}
		doc = append(doc, s.object(reflect.TypeOf(document))...)
		if len(s.defs) > 0 {
			var defs object
			for _, name := range slices.Sorted(maps.Keys(s.defs)) {
				defs = append(defs, member{name, s.defs[name]})
			}
			doc = append(doc, member{"$defs", defs})
		}
		raw, err := json.Marshal(doc)
		if err != nil {
			return nil, err
		}
		var page bytes.Buffer
		if err := json.Indent(&page, raw, "", "  "); err != nil {
			return nil, err
		}
		pages["schema/"+file] = page.String() + "\n"
	}
	return pages, nil
}

// schema is made for one document.
type schema struct {
	comments map[string]string // of types, and of fields as "Type.Field"
	values   map[string][]string
	defs     map[string]object
}

// object describes a struct.
func (s *schema) object(t reflect.Type) object {
	var properties object
	required := []string{}
	var add func(reflect.Type)
	add = func(t reflect.Type) {
		for f := range t.Fields() {
			name, option, _ := strings.Cut(f.Tag.Get("json"), ",")
			switch {
			case f.Anonymous:
				add(f.Type)
			case f.IsExported():
				properties = append(properties, member{name, s.field(t, f)})
				if option != "omitempty" {
					required = append(required, name)
				}
			}
		}
	}
	add(t)
	return object{
		{"description", s.comments[t.Name()]}, {"type", "object"}, {"properties", properties}, {"required", required},
	}
}

func (s *schema) field(t reflect.Type, f reflect.StructField) object {
	path := t.Name() + "." + f.Name
	out := s.value(f.Type, s.values[path])
	if comment := s.comments[path]; comment != "" {
		out = append(object{{"description", comment}}, out...)
	}
	return out
}

func (s *schema) value(t reflect.Type, words []string) object {
	switch t.Kind() {
	case reflect.Pointer:
		return s.value(t.Elem(), words)
	case reflect.Slice:
		return object{{"type", "array"}, {"items", s.value(t.Elem(), words)}}
	case reflect.Struct:
		if _, found := s.defs[t.Name()]; !found {
			s.defs[t.Name()] = s.object(t)
		}
		return object{{"$ref", "#/$defs/" + t.Name()}}
	case reflect.String:
		if words != nil {
			return object{{"enum", words}}
		}
		return object{{"type", "string"}}
	case reflect.Int:
		return object{{"type", "integer"}}
	case reflect.Bool:
		return object{{"type", "boolean"}}
	}
	panic(fmt.Sprintf("no JSON Schema of %v", t)) // a bug of this program: a type that internal/report has not used before
}

// commentsOf returns the comments of the types of a package and of their fields, each
// on one line.
func commentsOf(dir string) (map[string]string, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	comments := make(map[string]string)
	line := func(groups ...*ast.CommentGroup) string {
		var all []string
		for _, g := range groups {
			all = append(all, strings.Fields(g.Text())...)
		}
		return strings.Join(all, " ")
	}
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, decl := range parsed.Decls {
			types, ok := decl.(*ast.GenDecl)
			if !ok || types.Tok != token.TYPE {
				continue
			}
			for _, spec := range types.Specs {
				spec := spec.(*ast.TypeSpec)
				comments[spec.Name.Name] = line(types.Doc)
				fields, ok := spec.Type.(*ast.StructType)
				if !ok {
					continue
				}
				for _, field := range fields.Fields.List {
					for _, name := range field.Names {
						comments[spec.Name.Name+"."+name.Name] = line(field.Doc, field.Comment)
					}
				}
			}
		}
	}
	return comments, nil
}

// object is a JSON object whose members stay in their order.
type object []member

type member struct {
	name  string
	value any
}

func (o object) MarshalJSON() ([]byte, error) {
	var out bytes.Buffer
	out.WriteByte('{')
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	for i, m := range o {
		if i > 0 {
			out.WriteByte(',')
		}
		if err := enc.Encode(m.name); err != nil {
			return nil, err
		}
		out.WriteByte(':')
		if err := enc.Encode(m.value); err != nil {
			return nil, err
		}
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}
