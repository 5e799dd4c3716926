package verifier

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/statecheck/statecheck/internal/kerneltest"
	"github.com/statecheck/statecheck/verifier/effect"
)

// These tests compare the tables of pointers.go with facts taken mechanically from
// the source of Linux 6.12, as those of verifier/effect do.

// kernelFiles calls yield with the C files of the kernel that hold a word.
func kernelFiles(t *testing.T, word string, yield func(source string)) {
	t.Helper()
	dir := kerneltest.Source(t)
	for _, top := range []string{"kernel", "net", "security", "fs", "mm", "drivers/hid", "drivers/media"} {
		err := filepath.WalkDir(filepath.Join(dir, top), func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Ext(path) != ".c" {
				return err
			}
			raw, err := os.ReadFile(path)
			if err == nil && strings.Contains(string(raw), word) {
				yield(string(raw))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestIterators(t *testing.T) {
	registration := regexp.MustCompile(`(?s)struct bpf_iter_reg \w+ = \{(.*?)\n\};`)
	target := regexp.MustCompile(`\.target\s*=\s*"(\w+)"`)
	var harmless, writable []string
	kernelFiles(t, "struct bpf_iter_reg", func(source string) {
		for _, m := range registration.FindAllStringSubmatch(source, -1) {
			name := target.FindStringSubmatch(m[1])
			if name == nil {
				t.Fatalf("a struct bpf_iter_reg without target:\n%s", m[1])
			}
			list := &harmless
			for line := range strings.Lines(m[1]) {
				if strings.Contains(line, "PTR_TO_BUF") && !strings.Contains(line, "MEM_RDONLY") {
					list = &writable
				}
			}
			*list = append(*list, name[1])
		}
	})
	slices.Sort(harmless)
	slices.Sort(writable)
	if !slices.Equal(harmless, harmlessIterators) {
		t.Errorf("iterators without writable buffer in the kernel: %v, in the table: %v", harmless, harmlessIterators)
	}
	if want := []string{"bpf_map_elem", "bpf_sk_storage_map"}; !slices.Equal(writable, want) {
		t.Errorf("iterators with a writable buffer: %v, expected %v", writable, want)
	}
}

func TestTypedPointerHelpers(t *testing.T) {
	proto := regexp.MustCompile(`(?s)struct bpf_func_proto\s+(\w+)_proto\s*=\s*\{(.*?)\n\};`)
	returns := regexp.MustCompile(`\.ret_type\s*=\s*[^,]*BTF_ID`)
	ids := make(map[string]int32)
	for _, row := range effect.Rows() {
		if row.Kind == effect.KindHelper {
			ids[row.Name] = int32(row.ID)
		}
	}
	var got []int32
	kernelFiles(t, "struct bpf_func_proto", func(source string) {
		for _, m := range proto.FindAllStringSubmatch(source, -1) {
			if !returns.MatchString(m[2]) {
				continue
			}
			id, ok := ids[m[1]]
			if !ok {
				t.Errorf("%s returns a typed pointer, and is no helper by that name", m[1])
			}
			got = append(got, id)
		}
	})
	slices.Sort(got)
	if !slices.Equal(got, typedPointerHelpers) {
		t.Errorf("helpers that return a typed pointer in the kernel: %v, in the table: %v", got, typedPointerHelpers)
	}
}

// TestStoresThroughTypedPointers looks for program types with btf_struct_access.
func TestStoresThroughTypedPointers(t *testing.T) {
	ops := regexp.MustCompile(`(?s)const struct bpf_verifier_ops (\w+)_verifier_ops = \{(.*?)\n\};`)
	var got []string
	kernelFiles(t, "struct bpf_verifier_ops", func(source string) {
		for _, m := range ops.FindAllStringSubmatch(source, -1) {
			if strings.Contains(m[2], "btf_struct_access") {
				got = append(got, m[1])
			}
		}
	})
	slices.Sort(got)
	// The first three and hid_bpf are struct_ops.
	want := []string{"bpf_dummy", "bpf_scx", "bpf_tcp_ca", "hid_bpf", "tc_cls_act", "xdp"}
	if !slices.Equal(got, want) {
		t.Errorf("with btf_struct_access: %v, expected %v", got, want)
	}
}
