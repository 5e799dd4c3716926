//go:build linux

package oracle

import (
	"fmt"

	"github.com/cilium/ebpf/btf"

	"github.com/statecheck/statecheck/verifier"
	"github.com/statecheck/statecheck/verifier/proto"
)

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
	for _, progType := range verifier.ProgramTypes() {
		name := proto.ContextStruct(progType)
		if name == "" || s.context[name] != 0 {
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
	name := proto.ContextStruct(programType)
	if name == "" {
		return 0, fmt.Errorf("a global function with the context of %q, which BTF cannot name", programType)
	}
	return s.context[name], nil
}
