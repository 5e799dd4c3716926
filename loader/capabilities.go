package loader

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
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

// Numbers of capabilities (include/uapi/linux/capability.h).
const (
	capNetAdmin = 12
	capSysAdmin = 21 // stands for the others here
	capPerfmon  = 38
	capBPF      = 39
)

// needing says what lacks where programs of these types were not permitted, and held are
// the capabilities of the process, a bit each. Where the kernel's log says why, that is all.
func needing(err error, held uint64, types ...ebpf.ProgramType) error {
	if logged, ok := errors.AsType[*ebpf.VerifierError](err); !errors.Is(err, syscall.EPERM) || ok && len(logged.Log) > 0 {
		return err
	}
	needs := func(list []ebpf.ProgramType) bool {
		return slices.ContainsFunc(types, func(t ebpf.ProgramType) bool { return slices.Contains(list, t) })
	}
	var lacking []string
	for _, c := range []struct {
		name   string
		number int
		needed bool
	}{{"CAP_BPF", capBPF, true}, {"CAP_NET_ADMIN", capNetAdmin, needs(netAdminTypes)}, {"CAP_PERFMON", capPerfmon, needs(perfmonTypes)}} {
		if c.needed && held&(1<<c.number|1<<capSysAdmin) == 0 {
			lacking = append(lacking, c.name)
		}
	}
	if len(lacking) == 0 {
		return fmt.Errorf("%w, and not for a lack of capabilities, unless they are those of a user namespace", syscall.EPERM)
	}
	return fmt.Errorf("%w, expected %s", syscall.EPERM, strings.Join(lacking, " and "))
}

// heldCapabilities are the effective capabilities of this thread (proc_pid_status(5)); none
// where that cannot be told.
func heldCapabilities() uint64 {
	status, err := os.ReadFile("/proc/thread-self/status")
	if err != nil {
		return 0
	}
	_, after, _ := strings.Cut(string(status), "\nCapEff:\t")
	digits, _, _ := strings.Cut(after, "\n")
	held, _ := strconv.ParseUint(digits, 16, 64)
	return held
}
