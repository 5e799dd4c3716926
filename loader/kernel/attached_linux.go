package kernel

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"github.com/cilium/ebpf/pin"
	"golang.org/x/sys/unix"

	"github.com/statecheck/statecheck/verifier"
)

// attachment is a place that a program is attached to.
type attachment struct {
	program    uint32
	where      string
	attachType string // where it is known
}

// attachments are the places that this process can see: cgroups below the mounts of
// cgroup2 of its mount namespace, interfaces and hooks of its network namespace, and
// links wherever they are.
func (k *Kernel) attachments() (found []attachment, unseen []error) {
	for _, look := range []func() ([]attachment, error){allCgroups, allQueues, netNamespace, allXDP, allFilters, links} {
		more, err := look()
		found = append(found, more...)
		if err != nil {
			unseen = append(unseen, err)
		}
	}
	return found, unseen
}

// query is BPF_PROG_QUERY. It needs CAP_NET_ADMIN. An attach type that the kernel or the
// target does not have has no programs.
func query(target int, attachType string, where string) (found []attachment, err error) {
	number := slices.Index(verifier.AttachTypes(), attachType)
	result, err := link.QueryPrograms(link.QueryOptions{Target: target, Attach: ebpf.AttachType(number)})
	switch {
	case errors.Is(err, ebpf.ErrNotSupported), errors.Is(err, os.ErrPermission):
		// cilium/ebpf takes a refusal for a kernel before 4.15.
		return nil, lacking(os.ErrPermission, "CAP_NET_ADMIN", "programs of "+where)
	case errors.Is(err, unix.EINVAL), errors.Is(err, unix.ENOENT), errors.Is(err, unix.EOPNOTSUPP):
		return nil, nil
	case errors.Is(err, unix.EBADF):
		return nil, fmt.Errorf("%s: not a cgroup, expected a folder of a file system of type cgroup2", where)
	case err != nil:
		return nil, fmt.Errorf("programs of %s: %w", where, err)
	}
	for _, p := range result.Programs {
		found = append(found, attachment{uint32(p.ID), attachType + " of " + where, attachType})
	}
	return found, nil
}

// cgroupTypes are the attach types of cgroups.
func cgroupTypes() (types []string) {
	for _, name := range verifier.AttachTypes() {
		if strings.HasPrefix(name, "cgroup_") || name == "lsm_cgroup" {
			types = append(types, name)
		}
	}
	return types
}

// inCgroup finds the programs that are attached to a cgroup itself, of some attach types.
func inCgroup(path string, types []string) (found []attachment, err error) {
	dir, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	for _, attachType := range types {
		more, err := query(int(dir.Fd()), attachType, path)
		if err != nil {
			return found, err
		}
		found = append(found, more...)
	}
	return found, nil
}

func allCgroups() (found []attachment, err error) {
	mounts, err := mountPoints("cgroup2")
	for _, mount := range mounts {
		err = filepath.WalkDir(mount, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || !entry.IsDir() {
				return skipGone(err)
			}
			more, err := inCgroup(path, cgroupTypes())
			found = append(found, more...)
			return skipGone(err)
		})
		if err != nil {
			break
		}
	}
	return found, err
}

// skipGone makes nothing of what was removed while it was looked at.
func skipGone(err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENODEV) {
		return nil
	}
	return err
}

// queueTypes are the attach types of interfaces that BPF_PROG_QUERY knows.
var queueTypes = []string{"tcx_ingress", "tcx_egress", "netkit_primary", "netkit_peer"}

func queues(index int, name string) (found []attachment, err error) {
	for _, attachType := range queueTypes {
		more, err := query(index, attachType, name)
		if err != nil {
			return found, err
		}
		found = append(found, more...)
	}
	return found, nil
}

func allQueues() (found []attachment, err error) {
	interfaces, err := net.Interfaces()
	for _, i := range interfaces {
		var more []attachment
		if more, err = queues(i.Index, i.Name); err != nil {
			break
		}
		found = append(found, more...)
	}
	return found, err
}

func netNamespace() (found []attachment, err error) {
	namespace, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		return nil, err
	}
	defer namespace.Close()
	for _, attachType := range []string{"flow_dissector", "sk_lookup"} {
		more, err := query(int(namespace.Fd()), attachType, "this network namespace")
		if err != nil {
			return found, err
		}
		found = append(found, more...)
	}
	return found, nil
}

// linkTypes are the kinds of links by their number (include/uapi/linux/bpf.h, enum
// bpf_link_type).
var linkTypes = []string{
	"", "raw_tracepoint", "tracing", "cgroup", "iter", "netns", "xdp", "perf_event", "kprobe_multi", "struct_ops",
	"netfilter", "tcx", "uprobe_multi", "netkit", "sockmap",
}

func links() (found []attachment, err error) {
	err = eachLink(func(info *link.Info) {
		where := "link " + strconv.Itoa(int(info.ID))
		if int(info.Type) < len(linkTypes) {
			where += ", " + linkTypes[info.Type]
		}
		found = append(found, attachment{program: uint32(info.Program), where: where + detail(info)})
	})
	return found, err
}

// eachLink goes through the links of the kernel (BPF_LINK_GET_NEXT_ID). It needs
// CAP_SYS_ADMIN.
func eachLink(look func(*link.Info)) error {
	all := new(link.Iterator)
	defer all.Close()
	for all.Next() {
		if info, err := all.Link.Info(); err == nil { // or gone since, or of a kind that the library does not know
			look(info)
		}
	}
	if err := all.Err(); err != nil {
		return lacking(err, "CAP_SYS_ADMIN", "listing links")
	}
	return nil
}

// extensionLinks lists the programs of type ext by the program of which they replace a
// function.
func extensionLinks() (by map[uint32][]uint32, err error) {
	by = make(map[uint32][]uint32)
	err = eachLink(func(info *link.Info) {
		if target, ok := extends(info); ok {
			by[target] = append(by[target], uint32(info.Program))
		}
	})
	return by, err
}

// extends returns the program of which a link replaces a function. Of the programs with
// links for tracing only those of type ext have no attach type
// (kernel/bpf/syscall.c:bpf_tracing_prog_attach).
func extends(info *link.Info) (target uint32, ok bool) {
	tracing := info.Tracing()
	if tracing == nil || tracing.AttachType != 0 {
		return 0, false
	}
	return tracing.TargetObjectId, true
}

// detail says what a link is for where nothing else does. Cgroups, interfaces and
// namespaces say it themselves.
func detail(info *link.Info) string {
	if target, ok := extends(info); ok {
		return fmt.Sprintf(" in the place of a function of program %d", target)
	}
	if raw := info.RawTracepoint(); raw != nil {
		return " " + raw.Name
	}
	if event := info.PerfEvent(); event != nil {
		switch {
		case event.Kprobe() != nil:
			return " kprobe " + event.Kprobe().Function
		case event.Uprobe() != nil:
			return " uprobe " + event.Uprobe().File
		case event.Tracepoint() != nil:
			return " tracepoint " + event.Tracepoint().Tracepoint
		}
	}
	return ""
}

// pinned is a program or a link in bpffs.
type pinned struct {
	path      string
	program   uint32
	described *Program
}

// pins finds what is pinned in the mounts of bpffs.
func (k *Kernel) pins() (found []pinned, unseen []error) {
	mounts, err := mountPoints("bpf")
	if err != nil {
		return nil, []error{err}
	}
	for _, mount := range mounts {
		filepath.WalkDir(mount, func(path string, entry fs.DirEntry, err error) error {
			if err == nil && entry.Type().IsRegular() {
				var p *Program
				if p, err = k.ByPin(path); err == nil {
					found = append(found, pinned{path, p.ID, p})
				}
			}
			if skipGone(err) != nil && !errors.Is(err, errNoProgram) {
				unseen = append(unseen, err)
			}
			return nil
		})
	}
	return found, unseen
}

var errNoProgram = errors.New("no program, expected one or a link of one")

// ByPin returns the program that is pinned at a path, or that the link is of which is
// pinned there. Whoever may read the file may ask, but is told no instructions
// without CAP_BPF.
func (k *Kernel) ByPin(path string) (*Program, error) {
	object, err := pin.Load(path, &ebpf.LoadPinOptions{ReadOnly: true})
	if errors.Is(err, unix.EINVAL) {
		object, err = pin.Load(path, nil) // a link, which the kernel opens for writing alone
	}
	var fs unix.Statfs_t
	if err != nil && unix.Statfs(path, &fs) == nil && uint32(fs.Type) != unix.BPF_FS_MAGIC {
		return nil, fmt.Errorf("%s: not a pin, expected one in a file system of type bpf", path) // the kernel says EACCES
	}
	if err != nil {
		if cause := errors.Unwrap(err); cause != nil {
			err = cause // which names the path again
		}
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	defer object.Close()
	switch object := object.(type) {
	case *ebpf.Program:
		return k.describe(object.FD())
	case link.Link:
		info, err := object.Info()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		if info.Program == 0 { // struct_ops: the link is of a map
			break
		}
		return k.ByID(uint32(info.Program))
	}
	return nil, fmt.Errorf("%s: %w", path, errNoProgram)
}

// mountPoints lists where file systems of a type are mounted, each of them once
// (proc_pid_mountinfo(5)).
func mountPoints(fsType string) (points []string, err error) {
	f, err := os.Open("/proc/thread-self/mountinfo")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	// Blanks and the like are octal there.
	unescape := strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`)
	seen := make(map[string]bool)
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		before, after, _ := strings.Cut(lines.Text(), " - ")
		fields := strings.Fields(before)
		if len(fields) < 5 || !strings.HasPrefix(after, fsType+" ") {
			continue
		}
		if part := fields[2] + fields[3]; !seen[part] { // device, and the folder in it
			seen[part] = true
			points = append(points, unescape.Replace(fields[4]))
		}
	}
	return points, lines.Err()
}
