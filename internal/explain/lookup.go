package explain

import (
	"slices"
	"strconv"
	"strings"

	"github.com/statecheck/statecheck/internal/report"
	"github.com/statecheck/statecheck/verifier/effect"
)

// Lookup finds the topics that words name, in any case of letters. A name may be
// more than one word, and may stand behind its kind: "call local", "effect map".
// What is not found is in unknown.
func (x *Index) Lookup(words []string) (found []report.Topic, unknown []string) {
	words = strings.Fields(strings.Join(words, " "))
	for len(words) > 0 {
		t, n := x.longest(words)
		if t != nil {
			found = append(found, *t)
		} else {
			n = phrase(words)
			unknown = append(unknown, strings.Join(words[:n], " "))
		}
		words = words[n:]
	}
	return found, unknown
}

// longest returns the topic that as many as possible of the first words name.
func (x *Index) longest(words []string) (*report.Topic, int) {
	const most = 4 // "instruction ld_imm64 data section"
	for n := min(len(words), most); n > 0; n-- {
		key := strings.ToLower(strings.Join(words[:n], " "))
		key = strings.TrimRight(key, ":,") // as it stands in a report
		if form, ok := inventoried[key]; ok {
			key = form.Row().Name
		} else if name, ok := printed(key); ok {
			key = name
		}
		for _, key := range []string{key, "bpf_" + key} {
			if t := x.byName[key]; t != nil {
				return t, n
			}
		}
	}
	return nil, 0
}

// Complete lists the words that may follow: names, and what a name goes on with.
func (x *Index) Complete(words []string) []string {
	var next []string
	for _, name := range x.Names() {
		parts := strings.Fields(name)
		for n := range parts {
			if n <= len(words) && slices.Equal(parts[:n], words[len(words)-n:]) {
				next = append(next, parts[n])
			}
		}
	}
	slices.Sort(next)
	return slices.Compact(next)
}

// Bare is a name as Names would have it, without the kind that stands before it.
func Bare(name string) string {
	name = strings.ToLower(name)
	if number, ok := strings.CutPrefix(name, "case "); ok {
		return report.KindCase + " " + number
	}
	if words := strings.Fields(name); phrase(words) == 2 {
		return words[1]
	}
	return name
}

// phrase is how many words a name that is not known takes: a kind and the word
// behind it go together.
func phrase(words []string) int {
	kinds := []string{report.KindCase, "case", report.KindEffect, report.KindVerdict, report.KindProfile,
		string(effect.KindHelper), string(effect.KindKfunc), string(effect.KindInstruction)}
	for _, kind := range kinds {
		n := len(strings.Fields(kind))
		if len(words) > n && strings.EqualFold(strings.Join(words[:n], " "), kind) {
			return n + 1
		}
	}
	return 1
}

// inventoried are kinds of maps as inventory prints them, and the parts of a name
// that stands for two instructions.
var inventoried = map[string]effect.Form{
	"rodata": effect.FormReadOnlySection, "kconfig": effect.FormReadOnlySection,
	"data": effect.FormDataSection, "bss": effect.FormDataSection, "arena": effect.FormArena,
	"ld_abs": effect.FormPacketLoad, "ld_ind": effect.FormPacketLoad,
}

// printed returns the name of the row behind what check or the kernel's log prints
// for it: a data section, or something with a number ("helper#9999",
// "bpf_redirect#23", "fd#7").
func printed(key string) (string, bool) {
	if section, ok := strings.CutPrefix(key, "."); ok && !strings.Contains(key, " ") {
		kind, _, _ := strings.Cut(section, ".")
		switch kind {
		case "rodata", "kconfig", "data", "bss":
			return inventoried[kind].Row().Name, true
		}
	}
	if key == "0xbad2310" {
		return effect.FormPoison.Row().Name, true
	}
	if name, ok := strings.CutPrefix(key, "bpf_func_"); ok { // enum bpf_func_id
		return "bpf_" + name, true
	}
	at := strings.LastIndexAny(key, "# ")
	what, number := key[:max(at, 0)], key[at+1:]
	if number == "" || strings.Trim(number, "0123456789") != "" {
		return "", false
	}
	id, err := strconv.ParseInt(number, 10, 32)
	helper, known := effect.Helper(int32(id))
	known = known && err == nil
	_, kfunc := effect.Kfunc(what)
	switch {
	case known && (what == helper.Name || what == "" || what == "helper"):
		return helper.Name, true
	case kfunc: // the number is that of a running kernel
		return what, true
	case what == "", what == "helper", what == "unknown":
		return effect.FormUnknownHelper.Row().Name, true
	case what == "kfunc":
		return effect.FormUnknownKfunc.Row().Name, true
	case what == "fd", what == "fd_array":
		return effect.FormMap.Row().Name, true
	case what == "btf_id":
		return effect.FormKernelVariable.Row().Name, true
	}
	return "", false
}
