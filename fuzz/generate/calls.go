package generate

import (
	"github.com/statecheck/statecheck/asm"
)

// Helpers by number (include/uapi/linux/bpf.h, ___BPF_FUNC_MAPPER) that are called by
// name here.
const (
	helperLookup    = 1
	helperTime      = 5
	helperRandom    = 7
	helperProcessor = 8
	helperTailCall  = 12
	helperSkLookup  = 84
	helperProbeRead = 113
	helperProbeText = 115
	helperSkRelease = 86
	helperForEach   = 164
	helperLoop      = 181
)

// argument is what a helper wants in a register.
type argument uint8

const (
	contextArg argument = iota
	anyArg              // any number
	zeroArg             // 0
	smallArg            // a small constant
	outArg              // memory that the helper writes
	inArg               // memory that the helper reads
	sizeArg             // its size
	wordsArg            // its size, a multiple of 4
	longArg             // its size is 8
)

// helper is how to call a helper.
type helper struct {
	id    int32
	types typeSet
	args  []argument
	mapAt int // which argument, from 1, is the map of that name; 0: none
	name  string
}

// stateless helpers, by what Linux 6.12 and 6.18 both let the types call: func_proto in
// net/core/filter.c, kernel/trace/bpf_trace.c, kernel/bpf/helpers.c and kernel/bpf/cgroup.c.
var statelessHelpers = [...]helper{
	{id: helperTime, types: allTypes},
	{id: helperRandom, types: allTypes},
	{id: helperProcessor, types: allTypes},
	{id: 14, types: allTypes},                                                                // get_current_pid_tgid
	{id: 35, types: allTypes},                                                                // get_current_task
	{id: 42, types: allTypes},                                                                // get_numa_node_id
	{id: 80, types: allTypes},                                                                // get_current_cgroup_id
	{id: 118, types: allTypes},                                                               // jiffies64
	{id: 125, types: allTypes},                                                               // ktime_get_boot_ns
	{id: 208, types: allTypes},                                                               // ktime_get_tai_ns
	{id: 113, types: allTypes, args: []argument{outArg, sizeArg, anyArg}},                    // probe_read_kernel
	{id: 115, types: allTypes, args: []argument{outArg, sizeArg, anyArg}},                    // probe_read_kernel_str
	{id: 112, types: allTypes, args: []argument{outArg, sizeArg, anyArg}},                    // probe_read_user
	{id: 105, types: allTypes, args: []argument{inArg, longArg, zeroArg, outArg}},            // strtol
	{id: 106, types: allTypes, args: []argument{inArg, sizeArg, zeroArg, outArg}},            // strtoul
	{id: 15, types: tracers | cgroupSock | cgroupConnect},                                    // get_current_uid_gid
	{id: 16, types: tracers | cgroupSock | cgroupConnect, args: []argument{outArg, sizeArg}}, // get_current_comm
	{id: 160, types: skb | xdp | cgroupSock | cgroupConnect | sockOps | skLookup | lwtXmit | flowDissector}, // ktime_get_coarse_ns
	{id: 186, types: cgroupSock | cgroupConnect | getsockopt | setsockopt},                                  // get_retval
	{id: 187, types: cgroupSock | cgroupConnect | getsockopt | setsockopt, args: []argument{zeroArg}},       // set_retval
	{id: 28, types: schedCls | xdp | lwtXmit, args: []argument{inArg, wordsArg, inArg, wordsArg, anyArg}},   // csum_diff
	{id: 26, types: skb | lwtXmit | flowDissector, args: []argument{contextArg, smallArg, outArg, sizeArg}}, // skb_load_bytes
	{id: 68, types: skb, args: []argument{contextArg, anyArg, outArg, sizeArg, zeroArg}},                    // skb_load_bytes_relative
	{id: 46, types: skb | cgroupSock | cgroupConnect | sockOps, args: []argument{contextArg}},               // get_socket_cookie
	{id: 47, types: skb, args: []argument{contextArg}},                                                      // get_socket_uid
	{id: 122, types: cgroupSock | cgroupConnect | sockOps, args: []argument{contextArg}},                    // get_netns_cookie
	{id: 79, types: schedCls | cgroupSkb, args: []argument{contextArg}},                                     // skb_cgroup_id
	{id: 97, types: schedCls | cgroupSkb, args: []argument{contextArg}},                                     // skb_ecn_set_ce
	{id: 34, types: schedCls | lwtXmit, args: []argument{contextArg}},                                       // get_hash_recalc
	{id: 24, types: schedCls | lwtXmit, args: []argument{contextArg}},                                       // get_route_realm
	{id: 17, types: schedCls | lwtXmit, args: []argument{contextArg}},                                       // get_cgroup_classid
	{id: 9, types: schedCls | lwtXmit, args: []argument{contextArg, anyArg, inArg, sizeArg, zeroArg}},       // skb_store_bytes
	{id: 10, types: schedCls | lwtXmit, args: []argument{contextArg, smallArg, anyArg, anyArg, zeroArg}},    // l3_csum_replace
	{id: 38, types: schedCls | lwtXmit, args: []argument{contextArg, anyArg, zeroArg}},                      // skb_change_tail
	{id: 39, types: schedCls | lwtXmit, args: []argument{contextArg, smallArg}},                             // skb_pull_data
	{id: 40, types: schedCls | lwtXmit, args: []argument{contextArg, anyArg}},                               // csum_update
	{id: 41, types: schedCls | lwtXmit, args: []argument{contextArg}},                                       // set_hash_invalid
	{id: 135, types: schedCls | lwtXmit, args: []argument{contextArg, zeroArg}},                             // csum_level
	{id: 18, types: schedCls, args: []argument{contextArg, smallArg, smallArg}},                             // skb_vlan_push
	{id: 19, types: schedCls, args: []argument{contextArg}},                                                 // skb_vlan_pop
	{id: 32, types: schedCls, args: []argument{contextArg, smallArg}},                                       // skb_change_type
	{id: 44, types: xdp, args: []argument{contextArg, smallArg}},                                            // xdp_adjust_head
	{id: 65, types: xdp, args: []argument{contextArg, anyArg}},                                              // xdp_adjust_tail
	{id: 188, types: xdp, args: []argument{contextArg}},                                                     // xdp_get_buff_len
	{id: 189, types: xdp, args: []argument{contextArg, anyArg, outArg, sizeArg}},                            // xdp_load_bytes
	{id: 190, types: xdp, args: []argument{contextArg, smallArg, inArg, sizeArg}},                           // xdp_store_bytes
	{id: 57, types: sockOps | cgroupConnect, args: []argument{contextArg, anyArg, anyArg, outArg, sizeArg}}, // getsockopt
	{id: 59, types: sockOps, args: []argument{contextArg, anyArg}},                                          // sock_ops_cb_flags_set
}

// statefulHelpers need no map.
var statefulHelpers = [...]helper{
	{id: 6, types: allTypes, args: []argument{inArg, sizeArg}},                                             // trace_printk
	{id: 6, types: allTypes, args: []argument{inArg, sizeArg, anyArg, anyArg}},                             //
	{id: 23, types: schedCls | xdp | lwtXmit, args: []argument{smallArg, zeroArg}},                         // redirect
	{id: 13, types: schedCls | lwtXmit, args: []argument{contextArg, smallArg, zeroArg}},                   // clone_redirect
	{id: 21, types: schedCls | lwtXmit, args: []argument{contextArg, inArg, sizeArg, zeroArg}},             // skb_set_tunnel_key
	{id: 152, types: schedCls, args: []argument{anyArg, zeroArg, zeroArg, zeroArg}},                        // redirect_neigh
	{id: 155, types: schedCls, args: []argument{anyArg, zeroArg}},                                          // redirect_peer
	{id: 49, types: sockOps | cgroupConnect, args: []argument{contextArg, anyArg, anyArg, inArg, sizeArg}}, // setsockopt
	{id: 109, types: tracers &^ syscall, args: []argument{smallArg}},                                       // send_signal
}

// mapHelpers need one. Programs that may sleep, as those of type syscall, cannot have all
// of them (kernel/bpf/verifier.c:check_map_prog_compatibility).
var mapHelpers = [...]helper{
	{id: 2, types: allTypes, args: []argument{zeroArg, inArg, inArg, zeroArg}, mapAt: 1, name: "array"},                                                                                // map_update_elem
	{id: 2, types: allTypes, args: []argument{zeroArg, inArg, inArg, zeroArg}, mapAt: 1, name: "hash"},                                                                                 //
	{id: 3, types: allTypes, args: []argument{zeroArg, inArg}, mapAt: 1, name: "hash"},                                                                                                 // map_delete_elem
	{id: 12, types: allTypes &^ syscall, args: []argument{contextArg, zeroArg, anyArg}, mapAt: 2, name: "prog_array"},                                                                  // tail_call
	{id: 12, types: allTypes &^ syscall, args: []argument{contextArg, zeroArg, zeroArg}, mapAt: 2, name: "prog_array"},                                                                 //
	{id: 130, types: allTypes, args: []argument{zeroArg, inArg, sizeArg, zeroArg}, mapAt: 1, name: "ringbuf"},                                                                          // ringbuf_output
	{id: 87, types: allTypes &^ syscall, args: []argument{zeroArg, inArg, zeroArg}, mapAt: 1, name: "stack"},                                                                           // map_push_elem
	{id: 88, types: allTypes &^ syscall, args: []argument{zeroArg, outArg}, mapAt: 1, name: "stack"},                                                                                   // map_pop_elem
	{id: 89, types: allTypes &^ syscall, args: []argument{zeroArg, outArg}, mapAt: 1, name: "stack"},                                                                                   // map_peek_elem
	{id: 25, types: allTypes &^ (flowDissector | netfilter | structOps | syscall), args: []argument{contextArg, zeroArg, zeroArg, inArg, sizeArg}, mapAt: 2, name: "perf_event_array"}, // perf_event_output
	{id: 51, types: xdp, args: []argument{zeroArg, anyArg, zeroArg}, mapAt: 1, name: "devmap"},                                                                                         // redirect_map
}

// statelessHelper calls a helper that the flag lets pass.
func (b *builder) statelessHelper() {
	for range 2 {
		if h := &statelessHelpers[b.below(len(statelessHelpers))]; b.canHelp(h) {
			b.help(h)
			return
		}
	}
	b.help(&statelessHelpers[b.below(3)])
}

// fitsStateful: a place that the kernel comes by, or perhaps does.
func (b *builder) fitsStateful() bool { return b.mood.live || b.suspect && b.mood.dead }

// statefulHelper calls a helper that the flag does not let pass.
func (b *builder) statefulHelper() {
	if h := &statefulHelpers[b.below(len(statefulHelpers))]; b.canHelp(h) {
		b.help(h)
		return
	}
	if b.hasBuffer() {
		b.help(&statefulHelpers[0])
	} else {
		b.alu()
	}
}

func (b *builder) fitsMap() bool { return b.mood.maps && b.hasBuffer() }

func (b *builder) fitsForEach() bool { return b.mood.maps && b.canCall() }

// mapHelper calls a helper that takes a map.
func (b *builder) mapHelper() {
	if h := &mapHelpers[b.below(len(mapHelpers))]; b.canHelp(h) {
		b.help(h)
		return
	}
	b.help(&mapHelpers[0])
}

// canHelp reports whether the helper can be called here.
func (b *builder) canHelp(h *helper) bool {
	if b.typ.set&h.types == 0 || h.id == helperTailCall && b.held > 0 {
		return false
	}
	for _, a := range h.args {
		switch a {
		case contextArg:
			if !b.hasContext() {
				return false
			}
		case inArg, outArg:
			if !b.hasBuffer() {
				return false
			}
		}
	}
	return true
}

// help calls a helper.
func (b *builder) help(h *helper) {
	for i, a := range h.args {
		r := asm.R1 + asm.Register(i)
		if i+1 == h.mapAt {
			b.loadMap(r, h.name)
			b.set(r, value{})
			continue
		}
		switch a {
		case contextArg:
			b.move(r, contextReg)
		case anyArg:
			b.pass(r, anyNumber)
		case zeroArg:
			b.load64(r, 0)
		case smallArg:
			b.load64(r, uint64(b.below(64)))
		case outArg, inArg:
			b.frameAddress(r, buffer)
		case sizeArg:
			b.load64(r, uint64(b.between(1, bufferSize)))
		case wordsArg:
			b.load64(r, uint64(4*b.between(1, bufferSize/4)))
		case longArg:
			b.load64(r, 8)
		}
	}
	b.emit(asm.Call, 0, 0, 0, h.id)
	b.afterCall(anyNumber)
	switch {
	case h.id == helperTailCall: // returns nothing (kernel/bpf/core.c:bpf_tail_call_proto)
		b.set(asm.R0, value{})
	case h.id == helperProcessor && !b.oneIn(8):
		// How many there are, each kernel knows of its machine alone
		// (kernel/bpf/verifier.c:do_refine_retval_range): it must not decide too much.
		b.set(asm.R0, value{})
	}
}
