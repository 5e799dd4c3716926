package kerneltest

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Prototype is a struct bpf_func_proto, as the kernel's source writes it.
type Prototype struct {
	Name, Function string
	Return         string    // type of the return value
	Args           [6]string // types, by number, from 1
	Sizes          [6]string // of memory of fixed size
}

// Prototypes parses all prototypes of the kernel, by the helpers that they serve.
func Prototypes(t testing.TB, dir string) map[string][]Prototype {
	t.Helper()
	structure := regexp.MustCompile(`(?s)struct bpf_func_proto\s+(\w+)\s*(?:__weak)?\s*=\s*\{(.*?)\n\s*\};`)
	function := regexp.MustCompile(`\.func\s*=\s*(\w+)`)
	result := regexp.MustCompile(`\.ret_type\s*=\s*([^,]+),`)
	argument := regexp.MustCompile(`\.arg(\d)_(type|size)\s*=\s*([^,]+),`)
	label := regexp.MustCompile(`case BPF_FUNC_(\w+):`)
	use := regexp.MustCompile(`&(\w+_proto\w*)`)
	all := make(map[string]Prototype)
	served := make(map[string]map[string]bool) // prototype to helpers
	for _, source := range Sources(t, dir) {
		if !strings.Contains(source, "bpf_func_proto") {
			continue
		}
		for _, m := range structure.FindAllStringSubmatch(source, -1) {
			p := Prototype{Name: m[1], Return: "RET_INTEGER"}
			if f := function.FindStringSubmatch(m[2]); f != nil {
				p.Function = f[1]
			}
			if r := result.FindStringSubmatch(m[2]); r != nil {
				p.Return = strings.TrimSpace(r[1])
			}
			for _, a := range argument.FindAllStringSubmatch(m[2], -1) {
				into := &p.Args
				if a[2] == "size" {
					into = &p.Sizes
				}
				into[a[1][0]-'0'] = strings.TrimSpace(a[3])
			}
			all[p.Name] = p
		}
		// A switch gives, for each run of labels, the prototypes named before
		// the next label.
		var current []string
		fresh := false
		for line := range strings.Lines(source) {
			for _, m := range label.FindAllStringSubmatch(line, -1) {
				if !fresh {
					current = nil
				}
				current, fresh = append(current, "bpf_"+m[1]), true
			}
			if strings.Contains(line, "default:") || strings.HasPrefix(line, "}") {
				current = nil
			}
			if uses := use.FindAllStringSubmatch(line, -1); uses != nil {
				fresh = false
				for _, m := range uses {
					for _, helper := range current {
						if served[m[1]] == nil {
							served[m[1]] = make(map[string]bool)
						}
						served[m[1]][helper] = true
					}
				}
			}
			if strings.Contains(line, "return") {
				fresh = false // of another function, or none
			}
		}
	}
	out := make(map[string][]Prototype)
	for name, p := range all {
		helpers := served[name]
		if helpers == nil {
			helpers = map[string]bool{strings.TrimSuffix(name, "_proto"): true}
		}
		for helper := range helpers {
			out[helper] = append(out[helper], p)
		}
	}
	return out
}

// KfuncFlags returns the flags of all kernel functions that are registered for
// programs, by name.
func KfuncFlags(t testing.TB, dir string) map[string]string {
	t.Helper()
	flags := make(map[string]string)
	entry := regexp.MustCompile(`(?s)BTF_ID_FLAGS\(func, (\w+)(?:,([^)]*))?\)`)
	for _, source := range Sources(t, dir) {
		for _, m := range entry.FindAllStringSubmatch(source, -1) {
			flags[m[1]] += m[2]
		}
	}
	// These are registered by a macro that takes their names from a list.
	if !strings.Contains(Read(t, dir, "net/core/xdp.c"), "#define XDP_METADATA_KFUNC(_, __, name, ___) BTF_ID_FLAGS(func, name,") {
		t.Error("net/core/xdp.c does not register XDP_METADATA_KFUNC_xxx: has its form changed?")
	}
	_, list, _ := strings.Cut(Read(t, dir, "include/net/xdp.h"), "#define XDP_METADATA_KFUNC_xxx")
	list, _, _ = strings.Cut(list, "\n\n")
	for _, name := range regexp.MustCompile(`\bbpf_xdp_metadata_\w+`).FindAllString(list, -1) {
		flags[name] = ""
	}
	return flags
}

// Sources returns the C files where the kernel defines what programs can call.
func Sources(t testing.TB, dir string) (sources []string) {
	t.Helper()
	for _, top := range []string{"kernel", "net", "security", "fs", "drivers/media", "drivers/hid", "arch/x86"} {
		err := filepath.WalkDir(filepath.Join(dir, top), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Ext(path) != ".c" {
				return err
			}
			raw, err := os.ReadFile(path)
			sources = append(sources, string(raw))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return sources
}
