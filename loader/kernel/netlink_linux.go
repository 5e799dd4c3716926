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

// filterParents are where filters of tc hang that can be asked for by number.
var filterParents = []struct {
	parent uint32
	name   string
}{{clsactIn, "ingress"}, {clsactOut, "egress"}, {0, "root"}}

// filters finds the programs in filters of tc of an interface. Those of actions, of
// classes and of shared blocks are not looked for.
func filters(index int, name string) (found []attachment, err error) {
	for _, at := range filterParents {
		message := make([]byte, sizeofTcmsg)
		*(*tcmsg)(unsafe.Pointer(&message[0])) = tcmsg{index: int32(index), parent: at.parent}
		err := netlinkDump(unix.RTM_GETTFILTER, message, sizeofTcmsg, func(answer []byte, attributes map[uint16][]byte) {
			if unix.ByteSliceToString(attributes[unix.TCA_KIND]) != "bpf" || (*tcmsg)(unsafe.Pointer(&answer[0])).index != int32(index) {
				return
			}
			if id := parseAttributes(attributes[unix.TCA_OPTIONS])[tcaBPFID]; len(id) == 4 {
				found = append(found, attachment{program: binary.NativeEndian.Uint32(id), where: fmt.Sprintf("tc %s of %s", at.name, name)})
			}
		})
		if err != nil && !errors.Is(err, unix.EINVAL) && !errors.Is(err, unix.EOPNOTSUPP) { // no such qdisc
			return found, err
		}
	}
	return found, nil
}

func allFilters() (found []attachment, err error) {
	interfaces, err := net.Interfaces()
	for _, i := range interfaces {
		more, failed := filters(i.Index, i.Name)
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
