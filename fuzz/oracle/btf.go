//go:build linux

package oracle

import (
	"fmt"

	"github.com/cilium/ebpf/btf"
)

// contexts are the structures by which a global function's BTF names its
// program's context (include/linux/bpf_types.h, the types that user space sees).
// Types that are missing have none, or one that is not a structure.
var contexts = map[string]string{
	"socket_filter": "__sk_buff", "sched_cls": "__sk_buff", "sched_act": "__sk_buff", "xdp": "xdp_md",
	"perf_event": "bpf_perf_event_data", "cgroup_skb": "__sk_buff", "cgroup_sock": "bpf_sock",
	"lwt_in": "__sk_buff", "lwt_out": "__sk_buff", "lwt_xmit": "__sk_buff", "lwt_seg6local": "__sk_buff",
	"sock_ops": "bpf_sock_ops", "sk_skb": "__sk_buff", "cgroup_device": "bpf_cgroup_dev_ctx",
	"sk_msg": "sk_msg_md", "raw_tracepoint": "bpf_raw_tracepoint_args", "cgroup_sock_addr": "bpf_sock_addr",
	"sk_reuseport": "sk_reuseport_md", "flow_dissector": "__sk_buff", "cgroup_sysctl": "bpf_sysctl",
	"raw_tracepoint_writable": "bpf_raw_tracepoint_args", "cgroup_sockopt": "bpf_sockopt",
	"sk_lookup": "bpf_sk_lookup", "netfilter": "bpf_nf_ctx",
}

// signatureTypes are the BTF functions of all signatures: one blob serves every
// program, since the kernel asks neither for their names nor that all be used.
type signatureTypes struct {
	raw     []byte
	plain   [numSignatures]btf.TypeID
	context map[string]btf.TypeID // GlobalContext, by the structure's name
}

func buildSignatures() (*signatureTypes, error) {
	b, err := btf.NewBuilder(nil, nil)
	if err != nil {
		return nil, err
	}
	integer := &btf.Int{Name: "int", Size: 4, Encoding: btf.Signed}
	long := &btf.Int{Name: "unsigned long", Size: 8}
	number := btf.FuncParam{Name: "a", Type: long}
	function := func(name string, linkage btf.FuncLinkage, params ...btf.FuncParam) *btf.Func {
		return &btf.Func{Name: name, Linkage: linkage, Type: &btf.FuncProto{Return: integer, Params: params}}
	}
	s := &signatureTypes{context: make(map[string]btf.TypeID)}
	for sig := range numSignatures {
		var f *btf.Func
		switch sig {
		case Main:
			f = function("main", btf.GlobalFunc)
		case Static:
			f = function("local", btf.StaticFunc)
		case GlobalContext:
			continue // below, one for each context
		case GlobalMemory:
			f = function("memory", btf.GlobalFunc, btf.FuncParam{Name: "p", Type: &btf.Pointer{Target: long}}, number)
			f.ParamTags = [][]string{{"arg:nonnull"}, nil}
		case GlobalSocket: // the kernel goes by the structure's name
			socket := &btf.Pointer{Target: &btf.Struct{Name: "tcp_sock", Size: 8, Members: []btf.Member{{Name: "x", Type: long}}}}
			f = function("socket", btf.GlobalFunc, btf.FuncParam{Name: "s", Type: socket}, number)
			f.ParamTags = [][]string{{"arg:trusted", "arg:nullable"}, nil}
		case Throwing:
			f = function("throwing", btf.GlobalFunc)
			f.Tags = []string{"exception_callback:exception"}
		case Exception:
			f = function("exception", btf.GlobalFunc, number)
		default:
			n := int(sig - Global0)
			params := make([]btf.FuncParam, n)
			for i := range params {
				params[i] = number
			}
			f = function(fmt.Sprintf("global%d", n), btf.GlobalFunc, params...)
		}
		if s.plain[sig], err = b.Add(f); err != nil {
			return nil, err
		}
	}
	for _, name := range contexts {
		if s.context[name] != 0 {
			continue
		}
		ctx := &btf.Pointer{Target: &btf.Struct{Name: name, Size: 8, Members: []btf.Member{{Name: "x", Type: long}}}}
		if s.context[name], err = b.Add(function("context_"+name, btf.GlobalFunc, btf.FuncParam{Name: "c", Type: ctx}, number)); err != nil {
			return nil, err
		}
	}
	s.raw, err = b.Marshal(nil, btf.KernelMarshalOptions())
	return s, err
}

// id returns the BTF id of a signature in a program of that type.
func (s *signatureTypes) id(sig Signature, programType string) (btf.TypeID, error) {
	if sig >= numSignatures {
		return 0, fmt.Errorf("signature %d, expected one below %d", sig, numSignatures)
	}
	if sig != GlobalContext {
		return s.plain[sig], nil
	}
	name, ok := contexts[programType]
	if !ok {
		return 0, fmt.Errorf("a global function with the context of %q, which BTF cannot name", programType)
	}
	return s.context[name], nil
}
