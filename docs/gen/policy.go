package main

import (
	"encoding/json"
	"strings"

	"github.com/statecheck/statecheck/internal/policy"
	"github.com/statecheck/statecheck/verifier"
)

// policySchema is the JSON Schema of policy files, by which editors complete and
// check them.
func policySchema() string {
	profiles, names := quoted(verifier.Profiles()), quoted(verifier.AllowNames())
	return strings.NewReplacer(
		"NAME", policy.Name,
		`["PROFILES"]`, "["+strings.Join(profiles, ", ")+"]",
		`["ACCEPTED"]`, "[\n              "+strings.Join(names, ",\n              ")+"\n            ]",
	).Replace(policySchemaText)
}

func quoted[T ~string](names []T) []string {
	var out []string
	for _, name := range names {
		text, _ := json.Marshal(name) // a string has no error
		out = append(out, string(text))
	}
	return out
}

const policySchemaText = `{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "$id": "https://raw.githubusercontent.com/statecheck/statecheck/main/docs/schema/policy.json",
  "title": "Policy file of statecheck (NAME)",
  "description": "What each BPF program is judged by, and which state is accepted of it. See docs/policy.md.",
  "type": "object",
  "additionalProperties": false,
  "required": ["programs"],
  "properties": {
    "programs": {
      "description": "Every rule that matches a program applies to it: what they accept adds up, of profile and expect the last one counts.",
      "type": "array",
      "items": {
        "type": "object",
        "additionalProperties": false,
        "properties": {
          "path": {
            "description": "Glob for the path of the object, relative to the folder of this file. * matches / too.",
            "type": "string",
            "minLength": 1,
            "not": {"pattern": "^\\.?/"}
          },
          "section": {
            "description": "Glob for the section of the program. * matches / too.",
            "type": "string",
            "minLength": 1
          },
          "name": {
            "description": "Glob for the name of the program.",
            "type": "string",
            "minLength": 1
          },
          "profile": {
            "description": "What the program is judged by, where the command line names no profile.",
            "enum": ["PROFILES"]
          },
          "accept": {
            "description": "Effects, helpers and kfuncs that are accepted of the program.",
            "type": "array",
            "minItems": 1,
            "uniqueItems": true,
            "items": {"enum": ["ACCEPTED"]}
          },
          "expect": {
            "description": "stateful: the program has state, and all of it is accepted. stateless: nothing is accepted, whoever does.",
            "enum": ["stateless", "stateful"]
          },
          "reason": {
            "description": "Why the state is accepted.",
            "type": "string",
            "pattern": "\\S",
            "maxLength": 500
          },
          "until": {
            "description": "The last day on which the waiver holds, in UTC.",
            "type": "string",
            "format": "date",
            "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
          }
        },
        "allOf": [
          {"anyOf": [{"required": ["path"]}, {"required": ["section"]}, {"required": ["name"]}]},
          {"anyOf": [{"required": ["profile"]}, {"required": ["accept"]}, {"required": ["expect"]}]},
          {"not": {"required": ["accept", "expect"]}},
          {
            "if": {"anyOf": [
              {"required": ["accept"]},
              {"required": ["expect"], "properties": {"expect": {"const": "stateful"}}}
            ]},
            "then": {"required": ["reason"]},
            "else": {"properties": {"until": false}}
          }
        ]
      }
    }
  }
}
`
