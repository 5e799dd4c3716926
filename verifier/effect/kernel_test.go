package effect

import (
	"cmp"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/statecheck/statecheck/internal/kerneltest"
)

// These tests compare the table with facts taken mechanically from the source of
// Linux 6.12.

func readSource(t *testing.T, path ...string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// uapiHelpers parses the list of helpers in a header: name by number.
func uapiHelpers(t *testing.T, header string) map[int]string {
	t.Helper()
	out := make(map[int]string)
	for _, m := range regexp.MustCompile(`(?m)^\s*FN\((\w+), (\d+),`).FindAllStringSubmatch(header, -1) {
		id, err := strconv.Atoi(m[2])
		if err != nil {
			t.Fatal(err)
		}
		if id != 0 {
			out[id] = "bpf_" + m[1]
		}
	}
	if len(out) < 200 {
		t.Fatalf("%d helpers in the header, expected over 200: has its form changed?", len(out))
	}
	return out
}

func TestNoHelperMissing(t *testing.T) {
	uapi := uapiHelpers(t, readSource(t, kerneltest.Source(t), "include/uapi/linux/bpf.h"))
	for id, name := range uapi {
		if row, ok := Helper(int32(id)); !ok || row.Name != name {
			t.Errorf("helper %d is %s to Linux, %q to the table", id, name, row.Name)
		}
	}
	if len(uapi) != len(helpers) {
		t.Errorf("Linux has %d helpers, the table %d", len(uapi), len(helpers))
	}
}

// TestSinceAgainstHeader uses the header of a release that is not the model's:
// Debian's linux-libc-dev.
func TestSinceAgainstHeader(t *testing.T) {
	kerneltest.Source(t) // the same condition: only where the environment was set up
	m := regexp.MustCompile(`LINUX_VERSION_CODE (\d+)`).FindStringSubmatch(readSource(t, "/usr/include/linux/version.h"))
	if m == nil {
		t.Fatal("no LINUX_VERSION_CODE in /usr/include/linux/version.h")
	}
	code, err := strconv.Atoi(m[1])
	if err != nil {
		t.Fatal(err)
	}
	release := code>>16*1000 + code>>8&0xff
	uapi := readSource(t, "/usr/include/linux/bpf.h")
	known := make(map[string]bool)
	for _, m := range regexp.MustCompile(`(?m)^\s*FN\((\w+)[,)]`).FindAllStringSubmatch(uapi, -1) {
		known["bpf_"+m[1]] = true
	}
	if len(known) < 150 {
		t.Fatalf("%d helpers in /usr/include/linux/bpf.h, expected over 150", len(known))
	}
	for _, row := range helpers {
		if has, says := known[row.Name], version(t, row.Since) <= release; has != says {
			t.Errorf("%s: since %s, but the header of release %d has it: %v", row.Name, row.Since, release, has)
		}
	}
}

func TestCitedFunctionsExist(t *testing.T) {
	dir := kerneltest.Source(t)
	files := make(map[string]string)
	for _, row := range Rows() {
		file, function, _ := strings.Cut(row.Kernel, ":")
		if files[file] == "" {
			files[file] = readSource(t, dir, file)
		}
		if !defines(files[file], function) {
			t.Errorf("%s: %s does not define %s", row.Name, file, function)
		}
	}
}

// defines reports whether C source has a definition, not only a declaration, of
// the function. BPF_CALL_n(name, ...) defines a helper.
func defines(source, function string) bool {
	name := regexp.QuoteMeta(function)
	if regexp.MustCompile(`(?m)^(?:static )?(?:NOTRACE_)?BPF_CALL_\d\(` + name + `[,)]`).MatchString(source) {
		return true
	}
	for _, at := range regexp.MustCompile(`(?m)^(?:[A-Za-z_][\w \t*]*[ \t*])?`+name+`\(`).FindAllStringIndex(source, -1) {
		depth := 1
		i := at[1]
		for ; i < len(source) && depth > 0; i++ {
			switch source[i] {
			case '(':
				depth++
			case ')':
				depth--
			}
		}
		if strings.HasPrefix(strings.TrimSpace(source[i:]), "{") {
			return true
		}
	}
	return false
}

// prototype is a struct bpf_func_proto.
type prototype struct {
	name, function string
	args           [6]string // by number, from 1
}

// prototypes parses all prototypes of the kernel, by the helpers that they serve.
func prototypes(t *testing.T, dir string) map[string][]prototype {
	t.Helper()
	structure := regexp.MustCompile(`(?s)struct bpf_func_proto\s+(\w+)\s*(?:__weak)?\s*=\s*\{(.*?)\n\s*\};`)
	function := regexp.MustCompile(`\.func\s*=\s*(\w+)`)
	argument := regexp.MustCompile(`\.arg(\d)_type\s*=\s*([^,]+),`)
	label := regexp.MustCompile(`case BPF_FUNC_(\w+):`)
	use := regexp.MustCompile(`&(\w+_proto\w*)`)
	all := make(map[string]prototype)
	served := make(map[string]map[string]bool) // prototype to helpers
	for _, top := range []string{"kernel", "net", "security", "fs", "drivers/media", "drivers/hid", "arch/x86"} {
		err := filepath.WalkDir(filepath.Join(dir, top), func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Ext(path) != ".c" {
				return err
			}
			raw, err := os.ReadFile(path)
			if err != nil || !strings.Contains(string(raw), "bpf_func_proto") {
				return err
			}
			source := string(raw)
			for _, m := range structure.FindAllStringSubmatch(source, -1) {
				p := prototype{name: m[1]}
				if f := function.FindStringSubmatch(m[2]); f != nil {
					p.function = f[1]
				}
				for _, a := range argument.FindAllStringSubmatch(m[2], -1) {
					p.args[a[1][0]-'0'] = strings.TrimSpace(a[2])
				}
				all[p.name] = p
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
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	out := make(map[string][]prototype)
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

func TestPrototypes(t *testing.T) {
	protos := prototypes(t, kerneltest.Source(t))
	// These arguments are a map, or only accepted where they live in one
	// (settled case 2).
	inMap := []string{"CONST_MAP_PTR", "MAP_KEY", "MAP_VALUE", "TIMER", "SPIN_LOCK", "KPTR", "RINGBUF_MEM", "DYNPTR_TYPE_RINGBUF"}
	found := 0
	for _, row := range helpers {
		if len(protos[row.Name]) == 0 {
			t.Errorf("%s: no prototype found in the kernel", row.Name)
		}
		for _, p := range protos[row.Name] {
			found++
			for n, arg := range p.args {
				for _, mark := range inMap {
					if strings.Contains(arg, mark) && row.Effects&Map == 0 {
						t.Errorf("%s: argument %d of %s is %s, but the effects are %s", row.Name, n, p.name, arg, row.Effects)
					}
				}
			}
		}
	}
	if found < 250 {
		t.Errorf("%d prototypes, expected over 250: has their form changed?", found)
	}
}

// TestWrites compares with the prototypes of the helpers: MEM_WRITE there is a row
// here, and a row without it is marked as unchecked.
func TestWrites(t *testing.T) {
	protos := prototypes(t, kerneltest.Source(t))
	type key struct {
		name string
		arg  int
	}
	checked := make(map[key]bool)
	isMap := make(map[string]bool)
	for _, row := range helpers {
		isMap[row.Name] = row.Effects&Map != 0
		for _, p := range protos[row.Name] {
			for n, arg := range p.args {
				memory := strings.Contains(arg, "_MEM") && !strings.Contains(arg, "DYNPTR") && !strings.Contains(arg, "RINGBUF")
				if memory && (strings.Contains(arg, "UNINIT_MEM") || strings.Contains(arg, "MEM_WRITE")) {
					checked[key{row.Name, n}] = true
				}
			}
		}
	}
	if !slices.IsSortedFunc(writes[:], func(a, b Write) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Arg, b.Arg))
	}) {
		t.Error("writes are not sorted by name and argument")
	}
	listed := make(map[key]bool)
	for _, w := range writes {
		k := key{w.Name, int(w.Arg)}
		listed[k] = true
		if _, kfunc := Kfunc(w.Name); kfunc {
			continue
		}
		if !w.Unchecked && !checked[k] {
			t.Errorf("%s, argument %d: no prototype has MEM_WRITE, and it is not marked as unchecked", w.Name, w.Arg)
		}
	}
	for k := range checked {
		if !listed[k] && !isMap[k.name] {
			t.Errorf("%s: argument %d has MEM_WRITE in the kernel, and is not listed", k.name, k.arg)
		}
	}
}

// moreThanReference are the kfuncs that do more than their flags say, with the reason.
var moreThanReference = map[string]string{
	"bpf_crypto_ctx_create":    "asks for the module of an algorithm that the program names",
	"bpf_ct_insert_entry":      "enters the connection into the table",
	"bpf_list_pop_back":        "takes it out of a list that lives in a map",
	"bpf_list_pop_front":       "takes it out of a list that lives in a map",
	"bpf_lookup_user_key":      "can create keyrings",
	"bpf_rbtree_remove":        "takes it out of a tree that lives in a map",
	"bpf_skb_ct_alloc":         "evicts another connection when the table is full",
	"bpf_xdp_ct_alloc":         "evicts another connection when the table is full",
	"scx_bpf_get_idle_cpumask": "aborts the scheduler on an error (settled case 10)",
	"scx_bpf_get_idle_smtmask": "aborts the scheduler on an error (settled case 10)",
	"scx_bpf_task_cgroup":      "aborts the scheduler on an error (settled case 10)",
}

// registrations returns the flags of all kernel functions that are registered for
// programs, by name.
func registrations(t *testing.T, dir string) map[string]string {
	t.Helper()
	flags := make(map[string]string)
	entry := regexp.MustCompile(`(?s)BTF_ID_FLAGS\(func, (\w+)(?:,([^)]*))?\)`)
	for _, top := range []string{"kernel", "net", "security", "fs", "drivers/hid"} {
		err := filepath.WalkDir(filepath.Join(dir, top), func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Ext(path) != ".c" {
				return err
			}
			raw, err := os.ReadFile(path)
			for _, m := range entry.FindAllStringSubmatch(string(raw), -1) {
				flags[m[1]] += m[2]
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	// These are registered by a macro that takes their names from a list.
	if !strings.Contains(readSource(t, dir, "net/core/xdp.c"), "#define XDP_METADATA_KFUNC(_, __, name, ___) BTF_ID_FLAGS(func, name,") {
		t.Error("net/core/xdp.c does not register XDP_METADATA_KFUNC_xxx: has its form changed?")
	}
	_, list, _ := strings.Cut(readSource(t, dir, "include/net/xdp.h"), "#define XDP_METADATA_KFUNC_xxx")
	list, _, _ = strings.Cut(list, "\n\n")
	for _, name := range regexp.MustCompile(`\bbpf_xdp_metadata_\w+`).FindAllString(list, -1) {
		flags[name] = ""
	}
	return flags
}

func TestKfuncsRegistered(t *testing.T) {
	flags := registrations(t, kerneltest.Source(t))
	for _, row := range kfuncs {
		if _, ok := flags[row.Name]; !ok {
			t.Errorf("%s: not registered in the kernel", row.Name)
		}
	}
}

// TestReferences is settled case 3: KF_RELEASE is none, KF_ACQUIRE none or ambient,
// and the case lists all of them.
func TestReferences(t *testing.T) {
	flags := registrations(t, kerneltest.Source(t))
	seen := 0
	for _, row := range kfuncs {
		f := flags[row.Name]
		allowed := None | Ambient
		switch {
		case strings.Contains(f, "KF_RELEASE"):
			allowed = None
		case !strings.Contains(f, "KF_ACQUIRE"):
			if slices.Contains(cases[2].Names, row.Name) {
				t.Errorf("%s: flags%s, and listed with settled case 3", row.Name, f)
			}
			continue
		}
		seen++
		more := row.Effects&^allowed != 0
		if more != (moreThanReference[row.Name] != "") {
			t.Errorf("%s: flags%s, effects %s, said to do more: %v", row.Name, f, row.Effects, !more)
		}
		if more == slices.Contains(cases[2].Names, row.Name) {
			t.Errorf("%s: flags%s, effects %s, listed with settled case 3: %v", row.Name, f, row.Effects, more)
		}
	}
	if seen < 30 {
		t.Errorf("%d kfuncs acquire or release, expected over 30", seen)
	}
}

func TestPacketData(t *testing.T) {
	source := readSource(t, kerneltest.Source(t), "net/core/filter.c")
	_, body, ok := strings.Cut(source, "\nbool bpf_helper_changes_pkt_data(")
	if !ok {
		t.Fatal("net/core/filter.c has no bpf_helper_changes_pkt_data")
	}
	body, _, _ = strings.Cut(body, "\n}\n")
	helpersNamed := regexp.MustCompile(`BPF_FUNC_(\w+)`).FindAllStringSubmatch(body, -1)
	if len(helpersNamed) < 15 {
		t.Fatalf("%d helpers change packet data, expected over 15", len(helpersNamed))
	}
	byName := make(map[string]Row)
	for _, row := range helpers {
		byName[row.Name] = row
	}
	for _, m := range helpersNamed {
		row := byName["bpf_"+m[1]]
		if row.Effects&^(None|Ambient) == 0 {
			t.Errorf("bpf_%s changes packet data, but its effects are %s", m[1], row.Effects)
		}
	}
}
