package effect

import "slices"

// Write is an argument through which a helper writes memory of the program's
// choice. What that does depends on the memory (settled case 2), so it is no
// effect of the helper.
type Write struct {
	ID  int32 // helper number
	Arg uint8 // argument, 1 to 5
	// Unchecked: some prototype of the helper does not say MEM_WRITE, so that the
	// kernel's verifier checks the memory for reading alone, and lets the helper
	// write to a kernel object that the program may only read.
	Unchecked bool
}

// Writes lists the arguments that a helper writes through.
func Writes(id int32) []Write {
	i, _ := slices.BinarySearchFunc(writes[:], id, func(w Write, id int32) int { return int(w.ID - id) })
	j := i
	for j < len(writes) && writes[j].ID == id {
		j++
	}
	return writes[i:j]
}

// writes are the arguments of type ARG_PTR_TO_*MEM* of all prototypes of Linux
// 6.12 (struct bpf_func_proto) that have MEM_WRITE, and those that the helper
// writes without it, by helper number.
var writes = [...]Write{
	{4, 1, false},   // bpf_probe_read
	{16, 1, false},  // bpf_get_current_comm
	{20, 2, false},  // bpf_skb_get_tunnel_key
	{26, 3, false},  // bpf_skb_load_bytes
	{29, 2, false},  // bpf_skb_get_tunnel_opt
	{45, 1, false},  // bpf_probe_read_str
	{55, 3, false},  // bpf_perf_event_read_value
	{56, 2, false},  // bpf_perf_prog_read_value
	{57, 4, false},  // bpf_getsockopt
	{66, 3, false},  // bpf_skb_get_xfrm_state
	{67, 2, true},   // bpf_get_stack: bpf_get_stack_proto_raw_tp
	{68, 3, false},  // bpf_skb_load_bytes_relative
	{69, 2, true},   // bpf_fib_lookup
	{101, 2, true},  // bpf_sysctl_get_name
	{102, 2, false}, // bpf_sysctl_get_current_value
	{103, 2, false}, // bpf_sysctl_get_new_value
	{105, 4, false}, // bpf_strtol
	{106, 4, false}, // bpf_strtoul
	{112, 1, false}, // bpf_probe_read_user
	{113, 1, false}, // bpf_probe_read_kernel
	{114, 1, false}, // bpf_probe_read_user_str
	{115, 1, false}, // bpf_probe_read_kernel_str
	{119, 2, true},  // bpf_read_branch_records
	{120, 3, false}, // bpf_get_ns_current_pid_tgid
	{141, 2, false}, // bpf_get_task_stack
	{142, 2, false}, // bpf_load_hdr_opt
	{147, 2, true},  // bpf_d_path
	{148, 1, false}, // bpf_copy_from_user
	{149, 1, true},  // bpf_snprintf_btf
	{161, 2, false}, // bpf_ima_inode_hash
	{163, 3, false}, // bpf_check_mtu
	{165, 1, true},  // bpf_snprintf
	{176, 1, false}, // bpf_get_branch_snapshot
	{179, 4, false}, // bpf_kallsyms_lookup_name
	{183, 3, false}, // bpf_get_func_arg
	{184, 2, false}, // bpf_get_func_ret
	{189, 3, false}, // bpf_xdp_load_bytes
	{191, 1, false}, // bpf_copy_from_user_task
	{193, 2, false}, // bpf_ima_file_hash
	{197, 1, false}, // bpf_dynptr_from_mem
	{201, 1, false}, // bpf_dynptr_read
}
