package loader

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"syscall"

	"github.com/cilium/ebpf"
)

// Types that take more than CAP_BPF to load (kernel/bpf/syscall.c:is_net_admin_prog_type,
// is_perfmon_prog_type).
var (
	netAdminTypes = []ebpf.ProgramType{
		ebpf.SchedCLS, ebpf.SchedACT, ebpf.XDP, ebpf.LWTIn, ebpf.LWTOut, ebpf.LWTXmit, ebpf.LWTSeg6Local, ebpf.SkSKB, ebpf.SkMsg,
		ebpf.FlowDissector, ebpf.CGroupDevice, ebpf.CGroupSock, ebpf.CGroupSockAddr, ebpf.CGroupSockopt, ebpf.CGroupSysctl,
		ebpf.SockOps, ebpf.Extension, ebpf.Netfilter,
	}
	perfmonTypes = []ebpf.ProgramType{
		ebpf.Kprobe, ebpf.TracePoint, ebpf.PerfEvent, ebpf.RawTracepoint, ebpf.RawTracepointWritable, ebpf.Tracing, ebpf.LSM,
		ebpf.StructOps, ebpf.Extension,
	}
)

// needing says which capabilities programs of these types take where they were not
// permitted. Where the kernel's log says why, that is all.
func needing(err error, types ...ebpf.ProgramType) error {
	if logged, ok := errors.AsType[*ebpf.VerifierError](err); !errors.Is(err, syscall.EPERM) || ok && len(logged.Log) > 0 {
		return err
	}
	needed := map[string]bool{"CAP_BPF": true}
	for _, t := range types {
		if slices.Contains(netAdminTypes, t) {
			needed["CAP_NET_ADMIN"] = true
		}
		if slices.Contains(perfmonTypes, t) {
			needed["CAP_PERFMON"] = true
		}
	}
	return fmt.Errorf("%w, expected %s", syscall.EPERM, strings.Join(slices.Sorted(maps.Keys(needed)), " and "))
}
