package kernel

import (
	"bufio"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/statecheck/statecheck/verifier/effect"
)

// Symbols are the functions of the running kernel by their addresses.
type Symbols struct {
	base  uint64 // of __bpf_call_base, from which calls count
	names map[uint64][]string
	// farKfuncs: calls of kfuncs have BTF ids in place of distances.
	farKfuncs bool
}

// farKfuncs are the architectures where kfuncs may be too far for a distance
// (arch/*/net: bpf_jit_supports_far_kfunc_call).
var farKfuncs = []string{"loong64", "ppc64", "ppc64le", "s390x"}

// ReadSymbols reads what /proc/kallsyms holds: "address type name [module]". The error
// says where no address can be seen, which kernel.kptr_restrict and a lack of CAP_SYSLOG
// make so (kernel/ksyms_common.c:kallsyms_show_value).
func ReadSymbols(r io.Reader) (*Symbols, error) {
	s := &Symbols{names: make(map[uint64][]string), farKfuncs: slices.Contains(farKfuncs, runtime.GOARCH)}
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		address, rest, _ := strings.Cut(lines.Text(), " ")
		kind, name, _ := strings.Cut(rest, " ")
		if kind != "t" && kind != "T" && kind != "w" && kind != "W" {
			continue
		}
		at, err := strconv.ParseUint(address, 16, 64)
		if err != nil || at == 0 {
			continue
		}
		name, _, _ = strings.Cut(name, "\t")
		if name == "__bpf_call_base" {
			s.base = at
		}
		s.names[at] = append(s.names[at], name)
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	if s.base == 0 {
		return nil, fmt.Errorf("no address of __bpf_call_base among %d symbols, expected CAP_SYSLOG or kernel.kptr_restrict=0", len(s.names))
	}
	return s, nil
}

// called returns the names of the function that a call leads to when the kernel has
// filled in its distance (include/linux/filter.h:BPF_CALL_IMM).
func (s *Symbols) called(distance int32) []string { return s.names[s.base+uint64(int64(distance))] }

// functions are the functions of the kernel behind helpers that have another name than
// the helper: of struct bpf_func_proto, .func. Where several helpers share one, the
// first is listed, and the worst of them.
var functions = map[string]string{
	"bpf_event_output_data":              "bpf_perf_event_output",
	"bpf_flow_dissector_load_bytes":      "bpf_skb_load_bytes",
	"bpf_get_attach_cookie_kprobe_multi": "bpf_get_attach_cookie",
	"bpf_get_attach_cookie_pe":           "bpf_get_attach_cookie",
	"bpf_get_attach_cookie_trace":        "bpf_get_attach_cookie",
	"bpf_get_attach_cookie_tracing":      "bpf_get_attach_cookie",
	"bpf_get_attach_cookie_uprobe_multi": "bpf_get_attach_cookie",
	"bpf_get_cgroup_classid_curr":        "bpf_get_cgroup_classid",
	"bpf_get_func_ip_kprobe":             "bpf_get_func_ip",
	"bpf_get_func_ip_kprobe_multi":       "bpf_get_func_ip",
	"bpf_get_func_ip_tracing":            "bpf_get_func_ip",
	"bpf_get_func_ip_uprobe_multi":       "bpf_get_func_ip",
	"bpf_get_netns_cookie_sk_msg":        "bpf_get_netns_cookie",
	"bpf_get_netns_cookie_sock":          "bpf_get_netns_cookie",
	"bpf_get_netns_cookie_sock_addr":     "bpf_get_netns_cookie",
	"bpf_get_netns_cookie_sock_ops":      "bpf_get_netns_cookie",
	"bpf_get_netns_cookie_sockopt":       "bpf_get_netns_cookie",
	"bpf_get_raw_cpu_id":                 "bpf_get_smp_processor_id",
	"bpf_get_socket_cookie_sock":         "bpf_get_socket_cookie",
	"bpf_get_socket_cookie_sock_addr":    "bpf_get_socket_cookie",
	"bpf_get_socket_cookie_sock_ops":     "bpf_get_socket_cookie",
	"bpf_get_socket_ptr_cookie":          "bpf_get_socket_cookie",
	"bpf_get_stack_pe":                   "bpf_get_stack",
	"bpf_get_stack_raw_tp":               "bpf_get_stack",
	"bpf_get_stack_sleepable":            "bpf_get_stack",
	"bpf_get_stack_tp":                   "bpf_get_stack",
	"bpf_get_stackid_pe":                 "bpf_get_stackid",
	"bpf_get_stackid_raw_tp":             "bpf_get_stackid",
	"bpf_get_stackid_tp":                 "bpf_get_stackid",
	"bpf_get_task_stack_sleepable":       "bpf_get_task_stack",
	"bpf_lwt_in_push_encap":              "bpf_lwt_push_encap",
	"bpf_lwt_xmit_push_encap":            "bpf_lwt_push_encap",
	"bpf_perf_event_output_raw_tp":       "bpf_perf_event_output",
	"bpf_perf_event_output_tp":           "bpf_perf_event_output",
	"bpf_probe_read_compat":              "bpf_probe_read",
	"bpf_probe_read_compat_str":          "bpf_probe_read_str",
	"bpf_sk_getsockopt":                  "bpf_getsockopt",
	"bpf_sk_lookup_assign":               "bpf_sk_assign",
	"bpf_sk_setsockopt":                  "bpf_setsockopt",
	"bpf_sk_storage_delete_tracing":      "bpf_sk_storage_delete",
	"bpf_sk_storage_get_tracing":         "bpf_sk_storage_get",
	"bpf_skb_check_mtu":                  "bpf_check_mtu",
	"bpf_skb_event_output":               "bpf_perf_event_output",
	"bpf_skb_fib_lookup":                 "bpf_fib_lookup",
	"bpf_sock_addr_getsockopt":           "bpf_getsockopt",
	"bpf_sock_addr_setsockopt":           "bpf_setsockopt",
	"bpf_sock_addr_sk_lookup_tcp":        "bpf_sk_lookup_tcp",
	"bpf_sock_addr_sk_lookup_udp":        "bpf_sk_lookup_udp",
	"bpf_sock_addr_skc_lookup_tcp":       "bpf_skc_lookup_tcp",
	"bpf_sock_ops_getsockopt":            "bpf_getsockopt",
	"bpf_sock_ops_load_hdr_opt":          "bpf_load_hdr_opt",
	"bpf_sock_ops_reserve_hdr_opt":       "bpf_reserve_hdr_opt",
	"bpf_sock_ops_setsockopt":            "bpf_setsockopt",
	"bpf_sock_ops_store_hdr_opt":         "bpf_store_hdr_opt",
	"bpf_task_storage_delete_recur":      "bpf_task_storage_delete",
	"bpf_task_storage_get_recur":         "bpf_task_storage_get",
	"bpf_tc_sk_lookup_tcp":               "bpf_sk_lookup_tcp",
	"bpf_tc_sk_lookup_udp":               "bpf_sk_lookup_udp",
	"bpf_tc_skc_lookup_tcp":              "bpf_skc_lookup_tcp",
	"bpf_unlocked_sk_getsockopt":         "bpf_getsockopt",
	"bpf_unlocked_sk_setsockopt":         "bpf_setsockopt",
	"bpf_user_rnd_u32":                   "bpf_get_prandom_u32",
	"bpf_xdp_check_mtu":                  "bpf_check_mtu",
	"bpf_xdp_event_output":               "bpf_perf_event_output",
	"bpf_xdp_fib_lookup":                 "bpf_fib_lookup",
	"bpf_xdp_redirect":                   "bpf_redirect",
	"bpf_xdp_redirect_map":               "bpf_redirect_map",
	"bpf_xdp_sk_lookup_tcp":              "bpf_sk_lookup_tcp",
	"bpf_xdp_sk_lookup_udp":              "bpf_sk_lookup_udp",
	"bpf_xdp_skc_lookup_tcp":             "bpf_skc_lookup_tcp",
	"get_func_arg":                       "bpf_get_func_arg",
	"get_func_arg_cnt":                   "bpf_get_func_arg_cnt",
	"get_func_ret":                       "bpf_get_func_ret",
	"sk_reuseport_load_bytes":            "bpf_skb_load_bytes",
	"sk_reuseport_load_bytes_relative":   "bpf_skb_load_bytes_relative",
	"sk_select_reuseport":                "bpf_sk_select_reuseport",
	"sk_skb_adjust_room":                 "bpf_skb_adjust_room",
	"sk_skb_change_head":                 "bpf_skb_change_head",
	"sk_skb_change_tail":                 "bpf_skb_change_tail",
	"sk_skb_pull_data":                   "bpf_skb_pull_data",
}

// inserted are functions that the kernel's verifier calls in place of an instruction or
// a call, and helpers and kfuncs that do the same at most.
var inserted = map[string]string{
	// Of LD_ABS and LD_IND (net/core/filter.c:bpf_gen_ld_abs): they read the packet.
	"bpf_skb_load_helper_8":           "bpf_skb_load_bytes",
	"bpf_skb_load_helper_8_no_cache":  "bpf_skb_load_bytes",
	"bpf_skb_load_helper_16":          "bpf_skb_load_bytes",
	"bpf_skb_load_helper_16_no_cache": "bpf_skb_load_bytes",
	"bpf_skb_load_helper_32":          "bpf_skb_load_bytes",
	"bpf_skb_load_helper_32_no_cache": "bpf_skb_load_bytes",
	// Of bpf_get_branch_snapshot (kernel/bpf/verifier.c:do_misc_fixups), by processor.
	"intel_pmu_snapshot_branch_stack":      "bpf_get_branch_snapshot",
	"intel_pmu_snapshot_arch_branch_stack": "bpf_get_branch_snapshot",
	"amd_pmu_v2_snapshot_branch_stack":     "bpf_get_branch_snapshot",
	// Of a packet that the program may not write (kernel/bpf/verifier.c:specialize_kfunc).
	"bpf_dynptr_from_skb_rdonly": "bpf_dynptr_from_skb",
	// Of may_goto since Linux 6.15: it reads the clock and the program's own stack.
	"arch_bpf_timed_may_goto": "bpf_ktime_get_ns",
}

// rowOf returns the row of the helper or kfunc that a function of the kernel is.
func rowOf(function string) (effect.Row, bool) {
	for _, table := range []map[string]string{functions, inserted} {
		if name, listed := table[function]; listed {
			function = name
		}
	}
	if row, found := helperByName(function); found {
		return row, true
	}
	return effect.Kfunc(function)
}

func helperByName(name string) (effect.Row, bool) {
	for id := int32(1); ; id++ {
		row, found := effect.Helper(id)
		if !found || row.Name == name {
			return row, found
		}
	}
}
