package effect

import (
	"slices"
	"strings"
)

// Write is an argument through which a helper or kfunc writes memory of the
// program's choice. What that does depends on the memory (settled case 2), so it is
// no effect of the function.
type Write struct {
	Name string // of the helper or kfunc
	Arg  uint8  // argument, 1 to 5
	// Unchecked: some prototype of the helper does not say MEM_WRITE, so that the
	// kernel's verifier checks the memory for reading alone, and lets the helper
	// write to a kernel object that the program may only read.
	Unchecked bool
}

// Writes lists the arguments that a helper or kfunc writes through.
func Writes(name string) []Write {
	i, _ := slices.BinarySearchFunc(writes[:], name, func(w Write, name string) int { return strings.Compare(w.Name, name) })
	j := i
	for j < len(writes) && writes[j].Name == name {
		j++
	}
	return writes[i:j]
}

// writes are, by name: of the helpers, the arguments of type ARG_PTR_TO_*MEM* of all
// prototypes of Linux 6.12 (struct bpf_func_proto) that have MEM_WRITE, and those
// that the helper writes without it; of the kfuncs, the arguments that the verifier
// takes for plain memory (KF_ARG_PTR_TO_MEM and _MEM_SIZE in get_kfunc_ptr_arg_type,
// kernel/bpf/verifier.c) and that the function writes.
var writes = [...]Write{
	{"bpf_check_mtu", 3, false},
	{"bpf_copy_from_user", 1, false},
	{"bpf_copy_from_user_str", 1, false},
	{"bpf_copy_from_user_task", 1, false},
	{"bpf_cpumask_acquire", 1, false},
	{"bpf_cpumask_and", 1, false},
	{"bpf_cpumask_clear", 1, false},
	{"bpf_cpumask_clear_cpu", 2, false},
	{"bpf_cpumask_copy", 1, false},
	{"bpf_cpumask_or", 1, false},
	{"bpf_cpumask_release", 1, false},
	{"bpf_cpumask_set_cpu", 2, false},
	{"bpf_cpumask_setall", 1, false},
	{"bpf_cpumask_test_and_clear_cpu", 2, false},
	{"bpf_cpumask_test_and_set_cpu", 2, false},
	{"bpf_cpumask_xor", 1, false},
	{"bpf_crypto_ctx_create", 3, false},
	{"bpf_d_path", 2, true},
	{"bpf_dynptr_from_mem", 1, false},
	{"bpf_dynptr_read", 1, false},
	{"bpf_dynptr_slice", 3, false},
	{"bpf_dynptr_slice_rdwr", 3, false},
	{"bpf_fib_lookup", 2, true},
	{"bpf_get_branch_snapshot", 1, false},
	{"bpf_get_current_comm", 1, false},
	{"bpf_get_func_arg", 3, false},
	{"bpf_get_func_ret", 2, false},
	{"bpf_get_ns_current_pid_tgid", 3, false},
	{"bpf_get_stack", 2, true}, // bpf_get_stack_proto_raw_tp
	{"bpf_get_task_stack", 2, false},
	{"bpf_getsockopt", 4, false},
	{"bpf_ima_file_hash", 2, false},
	{"bpf_ima_inode_hash", 2, false},
	{"bpf_kallsyms_lookup_name", 4, false},
	{"bpf_load_hdr_opt", 2, false},
	{"bpf_modify_return_test", 2, false},
	{"bpf_modify_return_test2", 2, false},
	{"bpf_path_d_path", 2, false},
	{"bpf_perf_event_read_value", 3, false},
	{"bpf_perf_prog_read_value", 2, false},
	{"bpf_probe_read", 1, false},
	{"bpf_probe_read_kernel", 1, false},
	{"bpf_probe_read_kernel_str", 1, false},
	{"bpf_probe_read_str", 1, false},
	{"bpf_probe_read_user", 1, false},
	{"bpf_probe_read_user_str", 1, false},
	{"bpf_read_branch_records", 2, true},
	{"bpf_skb_ct_alloc", 4, false},
	{"bpf_skb_ct_lookup", 4, false},
	{"bpf_skb_get_fou_encap", 2, false},
	{"bpf_skb_get_tunnel_key", 2, false},
	{"bpf_skb_get_tunnel_opt", 2, false},
	{"bpf_skb_get_xfrm_info", 2, false},
	{"bpf_skb_get_xfrm_state", 3, false},
	{"bpf_skb_load_bytes", 3, false},
	{"bpf_skb_load_bytes_relative", 3, false},
	{"bpf_snprintf", 1, true},
	{"bpf_snprintf_btf", 1, true},
	{"bpf_strtol", 4, false},
	{"bpf_strtoul", 4, false},
	{"bpf_sysctl_get_current_value", 2, false},
	{"bpf_sysctl_get_name", 2, true},
	{"bpf_sysctl_get_new_value", 2, false},
	{"bpf_xdp_ct_alloc", 4, false},
	{"bpf_xdp_ct_lookup", 4, false},
	{"bpf_xdp_flow_lookup", 3, false},
	{"bpf_xdp_get_xfrm_state", 2, false},
	{"bpf_xdp_load_bytes", 3, false},
	{"bpf_xdp_metadata_rx_hash", 2, false},
	{"bpf_xdp_metadata_rx_hash", 3, false},
	{"bpf_xdp_metadata_rx_timestamp", 2, false},
	{"bpf_xdp_metadata_rx_vlan_tag", 2, false},
	{"bpf_xdp_metadata_rx_vlan_tag", 3, false},
	{"hid_bpf_hw_request", 2, false},
	{"hid_bpf_input_report", 3, false},
	{"hid_bpf_try_input_report", 3, false},
	{"scx_bpf_select_cpu_dfl", 4, false},
}
