package proto

import (
	"slices"
	"strings"
	"testing"

	"github.com/cilium/ebpf/btf"

	"github.com/statecheck/statecheck/internal/kerneltest"
)

// TestKfuncMemory derives from the BTF of the running kernel what the pointer arguments
// of its kfuncs are where the program passes stack (get_kfunc_ptr_arg_type): memory of
// the size of the type, where that is made of scalars alone.
func TestKfuncMemory(t *testing.T) {
	kerneltest.Need(t)
	spec, err := btf.LoadKernelSpec()
	if err != nil {
		t.Fatal(err)
	}
	compared := 0
	for _, f := range kfuncs {
		var fn *btf.Func
		if spec.TypeByName(f.name, &fn) != nil {
			continue // in a module, or not in this kernel
		}
		params := fn.Type.(*btf.FuncProto).Params
		for i, param := range params[:min(len(params), 5)] {
			pointer, ok := btf.UnderlyingType(param.Type).(*btf.Pointer)
			if !ok || strings.HasSuffix(param.Name, "__ign") || strings.HasSuffix(param.Name, "__str") || i > 0 && i == int(f.signature.Callback.Arg)-1 {
				continue
			}
			got := f.signature.Args[i]
			if got.Kind == ArgReleased || got.Kind == ArgLent || got.Kind == ArgMemory || got.Kind == ArgDynptr || got.Kind == ArgDynptrNew {
				continue // by flag or name: TestKfuncsAgainstSource
			}
			target := btf.UnderlyingType(pointer.Target)
			name := ""
			if s, ok := target.(*btf.Struct); ok {
				name = s.Name
			}
			want := Arg{}
			switch {
			case i == 0 && f.signature.Iterator.Step != IteratorNone:
				size, err := btf.Sizeof(target)
				if slots := int(f.signature.Iterator.Slots); err != nil || size != 8*slots {
					t.Errorf("%s: the iterator has %d slots, and %d bytes to the kernel", f.name, slots, size)
				}
				compared++
				continue
			case name == "xdp_md" || name == "__sk_buff" || strings.HasPrefix(name, "bpf_list_") || strings.HasPrefix(name, "bpf_rb_") || name == "bpf_wq":
				// The context and what the program owns, by name.
			case strings.HasPrefix(name, "bpf_iter_"):
			case onlyScalars(target, 0):
				size, err := btf.Sizeof(target)
				if err != nil {
					t.Fatal(err)
				}
				want = Arg{Kind: ArgFixed, Size: uint32(size)}
				if strings.HasSuffix(name, "cpumask") {
					want.Size = 0 // of the running kernel's number of CPUs
				}
			}
			compared++
			if got != want {
				t.Errorf("%s: argument %d (%s) is %+v here, %+v by the BTF", f.name, i+1, param.Name, got, want)
			}
		}
	}
	t.Logf("%d arguments", compared)
	if compared < 100 {
		t.Errorf("%d arguments compared, expected 100 at least", compared)
	}
}

// onlyScalars is __btf_type_is_scalar_struct, and true of scalars.
func onlyScalars(typ btf.Type, depth int) bool {
	switch typ := btf.UnderlyingType(typ).(type) {
	case *btf.Int, *btf.Enum:
		return true
	case *btf.Array:
		element := btf.UnderlyingType(typ.Type)
		_, isInt := element.(*btf.Int)
		_, isEnum := element.(*btf.Enum)
		return typ.Nelems > 0 && depth > 0 && (isInt || isEnum)
	case *btf.Struct:
		return depth < 4 && !slices.ContainsFunc(typ.Members, func(m btf.Member) bool { return !onlyScalars(m.Type, depth+1) })
	case *btf.Union:
		return depth < 4 && !slices.ContainsFunc(typ.Members, func(m btf.Member) bool { return !onlyScalars(m.Type, depth+1) })
	}
	return false
}
