package effect

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/statecheck/statecheck/internal/kerneltest"
)

// These tests compare the table with facts taken mechanically from the source of
// Linux 6.12.

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
	uapi := uapiHelpers(t, kerneltest.Read(t, kerneltest.Source(t), "include/uapi/linux/bpf.h"))
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
	m := regexp.MustCompile(`LINUX_VERSION_CODE (\d+)`).FindStringSubmatch(kerneltest.Read(t, "/usr/include/linux/version.h"))
	if m == nil {
		t.Fatal("no LINUX_VERSION_CODE in /usr/include/linux/version.h")
	}
	code, err := strconv.Atoi(m[1])
	if err != nil {
		t.Fatal(err)
	}
	release := code>>16*1000 + code>>8&0xff
	uapi := kerneltest.Read(t, "/usr/include/linux/bpf.h")
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
			files[file] = kerneltest.Read(t, dir, file)
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

func TestPrototypes(t *testing.T) {
	protos := kerneltest.Prototypes(t, kerneltest.Source(t))
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
			for n, arg := range p.Args {
				for _, mark := range inMap {
					if strings.Contains(arg, mark) && row.Effects&Map == 0 {
						t.Errorf("%s: argument %d of %s is %s, but the effects are %s", row.Name, n, p.Name, arg, row.Effects)
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
	protos := kerneltest.Prototypes(t, kerneltest.Source(t))
	type key struct {
		name string
		arg  int
	}
	checked := make(map[key]bool)
	isMap := make(map[string]bool)
	for _, row := range helpers {
		isMap[row.Name] = row.Effects&Map != 0
		for _, p := range protos[row.Name] {
			for n, arg := range p.Args {
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

func TestKfuncsRegistered(t *testing.T) {
	flags := kerneltest.KfuncFlags(t, kerneltest.Source(t))
	for _, row := range kfuncs {
		if _, ok := flags[row.Name]; !ok {
			t.Errorf("%s: not registered in the kernel", row.Name)
		}
	}
}

// TestReferences is settled case 3: KF_RELEASE is none, KF_ACQUIRE none or ambient,
// and the case lists all of them.
func TestReferences(t *testing.T) {
	flags := kerneltest.KfuncFlags(t, kerneltest.Source(t))
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
	source := kerneltest.Read(t, kerneltest.Source(t), "net/core/filter.c")
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
