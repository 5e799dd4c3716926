package loader

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/google/go-cmp/cmp"

	"github.com/statecheck/statecheck/internal/kerneltest"
	"github.com/statecheck/statecheck/verifier"
)

// The types are those of the kernel's source.
func TestCapabilities(t *testing.T) {
	source := kerneltest.Read(t, kerneltest.Source(t), "kernel/bpf/syscall.c")
	for function, got := range map[string][]ebpf.ProgramType{"is_net_admin_prog_type": netAdminTypes, "is_perfmon_prog_type": perfmonTypes} {
		_, body, _ := strings.Cut(source, "static bool "+function+"(")
		body, _, _ = strings.Cut(body, "return true;")
		var want, names []string
		for _, m := range regexp.MustCompile(`case BPF_PROG_TYPE_(\w+):`).FindAllStringSubmatch(body, -1) {
			want = append(want, strings.ToLower(m[1]))
		}
		for _, progType := range got {
			names = append(names, verifier.ProgramTypes()[progType])
		}
		slices.Sort(want)
		slices.Sort(names)
		if diff := cmp.Diff(want, names); diff != "" {
			t.Errorf("%s (-kernel +loader):\n%s", function, diff)
		}
	}
}

func TestNeeding(t *testing.T) {
	refused := fmt.Errorf("load program: %w", syscall.EPERM)
	explained := &ebpf.VerifierError{Cause: syscall.EPERM, Log: []string{"R0 pointer += pointer prohibited"}}
	const net = 1<<capBPF | 1<<capNetAdmin
	for _, tt := range []struct {
		name, reason string
		err          error
		held         uint64
		types        []ebpf.ProgramType
		want         string
	}{
		{"socket filter", "it takes no more than any", refused, 0, []ebpf.ProgramType{ebpf.SocketFilter}, "operation not permitted, expected CAP_BPF"},
		{"both", "a collection takes what one of its programs takes", refused, 0, []ebpf.ProgramType{ebpf.XDP, ebpf.Kprobe},
			"operation not permitted, expected CAP_BPF and CAP_NET_ADMIN and CAP_PERFMON"},
		{"one lacks", "the others are there", refused, net, []ebpf.ProgramType{ebpf.XDP, ebpf.Kprobe}, "operation not permitted, expected CAP_PERFMON"},
		{"none lacks", "some kernels let nobody load tracing programs", refused, 1 << capSysAdmin, []ebpf.ProgramType{ebpf.Tracing},
			"operation not permitted, and not for a lack of capabilities, unless they are those of a user namespace"},
		{"another error", "capabilities are not what lacks", syscall.EINVAL, 0, []ebpf.ProgramType{ebpf.XDP}, "invalid argument"},
		{"a log", "it says what would be permitted", explained, 0, nil, explained.Error()},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := needing(tt.err, tt.held, tt.types...)
			if err.Error() != tt.want || errors.Is(err, syscall.EPERM) != errors.Is(tt.err, syscall.EPERM) {
				t.Errorf("%v, expected %q, as %s", err, tt.want, tt.reason)
			}
		})
	}
}
