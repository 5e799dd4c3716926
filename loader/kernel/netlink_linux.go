package kernel

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Attributes of rtnetlink that golang.org/x/sys has no names for
// (include/uapi/linux/{if_link,pkt_cls}.h).
const (
	tcaBPFID     = 11         // TCA_BPF_ID
	rootParent   = 0xffffffff // TC_H_ROOT
	clsact       = 0xfffffff1 // TC_H_CLSACT, and TC_H_INGRESS
	clsactIn     = 0xfffffff2 // TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS)
	clsactOut    = 0xfffffff3 // TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS)
	nestedFlag   = 1 << 15    // NLA_F_NESTED
	receiveBytes = 1 << 16
)

// xdpModes are the attributes of IFLA_XDP that hold a program's id.
var xdpModes = []struct {
	attribute uint16
	name      string
}{
	{unix.IFLA_XDP_DRV_PROG_ID, "driver"}, {unix.IFLA_XDP_SKB_PROG_ID, "generic"}, {unix.IFLA_XDP_HW_PROG_ID, "hardware"},
}

// allXDP finds the XDP programs of all interfaces.
func allXDP() (found []attachment, err error) {
	err = netlinkDump(unix.RTM_GETLINK, make([]byte, unix.SizeofIfInfomsg), unix.SizeofIfInfomsg, func(_ []byte, attributes map[uint16][]byte) {
		name := unix.ByteSliceToString(attributes[unix.IFLA_IFNAME])
		xdp := parseAttributes(attributes[unix.IFLA_XDP])
		for _, mode := range xdpModes {
			if id := xdp[mode.attribute]; len(id) == 4 {
				found = append(found, attachment{program: binary.NativeEndian.Uint32(id), where: fmt.Sprintf("xdp of %s (%s)", name, mode.name)})
			}
		}
	})
	return found, err
}

// parent is where filters of tc hang on an interface.
type parent struct {
	number uint32
	name   string
}

// filterParents finds the queueing disciplines of all interfaces that filters can hang on,
// by the interface.
func filterParents() (parents map[int32][]parent, err error) {
	parents = make(map[int32][]parent)
	err = netlinkDump(unix.RTM_GETQDISC, make([]byte, sizeofTcmsg), sizeofTcmsg, func(answer []byte, attributes map[uint16][]byte) {
		at := (*tcmsg)(unsafe.Pointer(&answer[0]))
		add := func(number uint32, name string) { parents[at.index] = append(parents[at.index], parent{number, name}) }
		switch {
		case at.parent == clsact: // that number is of two kinds, and one of them has a way in alone
			add(clsactIn, "ingress")
			if unix.ByteSliceToString(attributes[unix.TCA_KIND]) == "clsact" {
				add(clsactOut, "egress")
			}
		case at.parent == rootParent:
			add(at.handle, "root")
		case at.handle != 0: // without one there are no filters
			add(at.handle, fmt.Sprintf("qdisc %x:", at.handle>>16))
		}
	})
	return parents, err
}

// filters finds the programs in filters of tc of an interface. Those of actions, of
// classes and of shared blocks are not looked for.
func filters(index int, name string, parents []parent) (found []attachment, err error) {
	for _, parent := range parents {
		message := make([]byte, sizeofTcmsg)
		*(*tcmsg)(unsafe.Pointer(&message[0])) = tcmsg{index: int32(index), parent: parent.number}
		err := netlinkDump(unix.RTM_GETTFILTER, message, sizeofTcmsg, func(answer []byte, attributes map[uint16][]byte) {
			if unix.ByteSliceToString(attributes[unix.TCA_KIND]) != "bpf" || (*tcmsg)(unsafe.Pointer(&answer[0])).index != int32(index) {
				return
			}
			if id := parseAttributes(attributes[unix.TCA_OPTIONS])[tcaBPFID]; len(id) == 4 {
				found = append(found, attachment{program: binary.NativeEndian.Uint32(id), where: fmt.Sprintf("tc %s of %s", parent.name, name)})
			}
		})
		if err != nil && !errors.Is(err, unix.EINVAL) && !errors.Is(err, unix.EOPNOTSUPP) { // gone, or takes no filters
			return found, err
		}
	}
	return found, nil
}

func allFilters() (found []attachment, err error) {
	parents, err := filterParents()
	if err != nil {
		return nil, err
	}
	interfaces, err := net.Interfaces()
	for _, i := range interfaces {
		more, failed := filters(i.Index, i.Name, parents[int32(i.Index)])
		found, err = append(found, more...), errors.Join(err, failed)
	}
	return found, err
}

// tcmsg is struct tcmsg (include/uapi/linux/rtnetlink.h).
type tcmsg struct {
	_              uint32 // family and padding
	index          int32
	handle, parent uint32
	info           uint32
}

const sizeofTcmsg = int(unsafe.Sizeof(tcmsg{}))

// netlinkDump asks rtnetlink for all objects of a kind, and calls each with the fixed
// part of each answer, size bytes, and its attributes (rtnetlink(7)).
func netlinkDump(kind uint16, message []byte, size int, each func(fixed []byte, attributes map[uint16][]byte)) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("asking rtnetlink: %w", err)
		}
	}()
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	request := make([]byte, unix.SizeofNlMsghdr, unix.SizeofNlMsghdr+len(message))
	*(*unix.NlMsghdr)(unsafe.Pointer(&request[0])) = unix.NlMsghdr{
		Len: uint32(cap(request)), Type: kind, Flags: unix.NLM_F_REQUEST | unix.NLM_F_DUMP,
	}
	if err := unix.Sendto(fd, append(request, message...), 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return err
	}
	for buffer := make([]byte, receiveBytes); ; {
		n, _, err := unix.Recvfrom(fd, buffer, 0)
		if err != nil {
			return err
		}
		answers, err := syscall.ParseNetlinkMessage(buffer[:n])
		if err != nil {
			return err
		}
		for _, answer := range answers {
			switch {
			case answer.Header.Type == unix.NLMSG_DONE:
				return nil
			case answer.Header.Type == unix.NLMSG_ERROR && len(answer.Data) >= 4:
				return unix.Errno(-int32(binary.NativeEndian.Uint32(answer.Data)))
			case len(answer.Data) >= size:
				each(answer.Data, parseAttributes(answer.Data[size:]))
			}
		}
	}
}

// parseAttributes splits attributes: length, type, contents, padding to 4 bytes.
func parseAttributes(raw []byte) map[uint16][]byte {
	attributes := make(map[uint16][]byte)
	for len(raw) >= unix.SizeofNlAttr {
		length := int(binary.NativeEndian.Uint16(raw))
		if length < unix.SizeofNlAttr || length > len(raw) {
			break
		}
		attributes[binary.NativeEndian.Uint16(raw[2:])&^nestedFlag] = raw[unix.SizeofNlAttr:length]
		raw = raw[min((length+3)&^3, len(raw)):]
	}
	return attributes
}
