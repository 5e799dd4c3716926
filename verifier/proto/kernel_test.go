package proto

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/statecheck/statecheck/internal/kerneltest"
)

// These tests derive each row again from the source of Linux 6.12: from its prototypes
// and flags, and from the lists of special cases in its functions.

// body returns the body of a function of a C source.
func body(t *testing.T, source, function string) string {
	t.Helper()
	for _, m := range regexp.MustCompile(`(?m)^(?:static )?(?:bool|int) `+function+`\(`).FindAllStringIndex(source, -1) {
		head, rest, found := strings.Cut(source[m[0]:], "{")
		if text, _, ends := strings.Cut(rest, "\n}\n"); found && ends && !strings.Contains(head, ";") {
			return text
		}
	}
	t.Fatalf("no function %s", function)
	return ""
}

// named lists what stands behind a prefix in a text: helpers behind BPF_FUNC_.
func named(text, prefix string) (names []string) {
	for _, m := range regexp.MustCompile(`\b`+prefix+`(\w+)`).FindAllStringSubmatch(text, -1) {
		names = append(names, "bpf_"+strings.TrimPrefix(m[1], "bpf_"))
	}
	return names
}

// sizes are those of the types of fixed-size memory in prototypes, in bytes.
var sizes = map[string]uint32{
	"sizeof(s64)": 8, "sizeof(u64)": 8, "sizeof(u32)": 4,
	"sizeof(struct iphdr)": 20, "sizeof(struct ipv6hdr)": 40, "sizeof(struct tcphdr)": 20,
}

// callbacks say which function sets the state of a callback, by the caller.
var callbacks = map[string]string{
	"bpf_for_each_map_elem":    "map_set_for_each_callback_args",
	"bpf_find_vma":             "set_find_vma_callback_state",
	"bpf_loop":                 "set_loop_callback_state",
	"bpf_timer_set_callback":   "set_timer_callback_state",
	"bpf_user_ringbuf_drain":   "set_user_ringbuf_callback_state",
	"bpf_rbtree_add_impl":      "set_rbtree_add_callback_state",
	"bpf_wq_set_callback_impl": "set_timer_callback_state",
}

// params reads what a function makes of the registers of a callback.
func params(t *testing.T, source, function string) (out [5]Param) {
	text := body(t, source, function)
	kinds := map[string]Param{
		"SCALAR_VALUE": ParamScalar, "CONST_PTR_TO_MAP": ParamMap, "PTR_TO_MAP_KEY": ParamKey,
		"PTR_TO_MAP_VALUE": ParamValue, "PTR_TO_BTF_ID": ParamObject,
	}
	for i := range out {
		reg := "BPF_REG_" + string(rune('1'+i))
		if m := regexp.MustCompile(`callee->regs\[` + reg + `\] = caller->regs\[BPF_REG_(\d)\]`).FindStringSubmatch(text); m != nil {
			out[i] = Param(m[1][0] - '0')
		}
		if m := regexp.MustCompile(`callee->regs\[` + reg + `\]\.type = (\w+);`).FindStringSubmatch(text); m != nil {
			out[i] = kinds[m[1]]
		}
		switch {
		case strings.Contains(text, "mark_dynptr_cb_reg(env, &callee->regs["+reg+"]"):
			out[i] = ParamDynptr
		case strings.Contains(text, "mark_reg_graph_node(callee->regs, "+reg):
			out[i] = ParamObject
		case strings.Contains(text, "__mark_reg_not_init(env, &callee->regs["+reg+"])"):
		case out[i] == ParamUnset:
			t.Errorf("%s: nothing found of %s", function, reg)
		}
	}
	return out
}

// TestHelpersAgainstSource derives every helper's row from all prototypes behind its
// number.
func TestHelpersAgainstSource(t *testing.T) {
	dir := kerneltest.Source(t)
	protos := kerneltest.Prototypes(t, dir)
	verifier := kerneltest.Read(t, dir, "kernel/bpf/verifier.c")
	list := func(source, function string) []string { return named(body(t, source, function), "BPF_FUNC_") }
	var (
		acquires = list(verifier, "is_acquire_function")
		shares   = slices.Concat(list(verifier, "is_ptr_cast_function"), list(verifier, "is_dynptr_ref_function"))
		packet   = list(kerneltest.Read(t, dir, "net/core/filter.c"), "bpf_helper_changes_pkt_data")
		refined  = list(verifier, "do_refine_retval_range")
		sync     = list(verifier, "is_sync_callback_calling_function")
		async    = list(verifier, "is_async_callback_calling_function")
	)
	if len(acquires) < 5 || len(shares) < 9 || len(packet) < 20 || len(refined) != 6 || len(sync) != 4 || len(async) != 1 {
		t.Fatalf("lists of %d, %d, %d, %d, %d and %d helpers: has their form changed?",
			len(acquires), len(shares), len(packet), len(refined), len(sync), len(async))
	}
	for _, h := range helpers {
		if len(protos[h.name]) == 0 {
			t.Errorf("%s: no prototype found", h.name)
		}
		for _, p := range protos[h.name] {
			want := Signature{Return: helperReturn(t, p)}
			r := &want.Return
			size := uint8(0)
			for n := 1; n <= 5; n++ {
				arg := p.Args[n]
				want.Args[n-1] = helperArg(t, h.name, arg, p.Sizes[n])
				if strings.HasPrefix(arg, "ARG_CONST_SIZE") {
					size = uint8(n)
				}
				if arg == "ARG_PTR_TO_FUNC" {
					want.Callback.Arg = uint8(n)
				}
			}
			if slices.Contains(acquires, h.name) {
				r.Acquires, r.NotNull = true, true
			}
			if slices.Contains(shares, h.name) {
				r.Shares = 1
			}
			switch {
			case h.name == "bpf_get_smp_processor_id":
				// nr_cpu_ids - 1, where CONFIG_NR_CPUS is at most 8192 on x86-64.
				r.Bounded, r.Max = true, 8191
			case slices.Contains(refined, h.name):
				r.Bounded, r.Min, r.MaxArg = true, -4095, size
			}
			if slices.Contains(packet, h.name) {
				want.Packet = PacketChanged
			}
			if h.name == "bpf_dynptr_write" { // check_helper_call: changes_data
				want.Packet = PacketChangedDynptr
			}
			if slices.Contains(sync, h.name) || slices.Contains(async, h.name) {
				want.Callback.Async = slices.Contains(async, h.name)
				want.Callback.Params = params(t, verifier, callbacks[h.name])
			}
			if h.name == "bpf_loop" { // check_helper_call: callback_depth < umax_value of R1
				want.Callback.LimitArg = 1
			}
			if diff := cmp.Diff(want, h.signature); diff != "" {
				t.Errorf("%s, by %s: -source +table\n%s", h.name, p.Name, diff)
			}
		}
	}
}

// helperArg is what check_func_arg does with an argument type.
func helperArg(t *testing.T, helper, arg, size string) Arg {
	has := func(part string) bool { return strings.Contains(arg, part) }
	switch {
	case helper == "bpf_kptr_xchg" && has("OBJ_RELEASE"):
		return Arg{Kind: ArgLent} // an object of CPUs may stay readable (check_helper_call)
	case has("DYNPTR") && has("OBJ_RELEASE"):
		return Arg{Kind: ArgDynptrReleased}
	case has("OBJ_RELEASE"):
		return Arg{Kind: ArgReleased}
	case has("PTR_TO_DYNPTR") && has("MEM_UNINIT"):
		return Arg{Kind: ArgDynptrNew}
	case has("PTR_TO_DYNPTR"):
		return Arg{Kind: ArgDynptr}
	case has("FIXED_SIZE_MEM"):
		if sizes[size] == 0 {
			t.Errorf("%s: size %q", helper, size)
		}
		return Arg{Kind: ArgFixed, Size: sizes[size]}
	case has("PTR_TO_MEM"), has("PTR_TO_UNINIT_MEM"):
		return Arg{Kind: ArgMemory}
	case has("PTR_TO_MAP_KEY"):
		return Arg{Kind: ArgMapKey}
	case has("PTR_TO_MAP_VALUE"):
		return Arg{Kind: ArgMapValue}
	}
	known := regexp.MustCompile(`^(ARG_(ANYTHING|SCALAR|CONST_(MAP_PTR|SIZE|SIZE_OR_ZERO|ALLOC_SIZE_OR_ZERO)|KPTR_XCHG_DEST|` +
		`PTR_TO_(CTX|FUNC|STACK|TIMER|SPIN_LOCK|SOCK_COMMON|SOCKET|BTF_ID|BTF_ID_SOCK_COMMON|PERCPU_BTF_ID|CONST_STR)` +
		`(_OR_NULL)?( \| PTR_MAYBE_NULL)?))?$`)
	if !known.MatchString(arg) {
		t.Errorf("%s: argument type %q is not known to the test", helper, arg)
	}
	return Arg{}
}

// helperReturn is what check_helper_call makes of r0.
func helperReturn(t *testing.T, p kerneltest.Prototype) Return {
	null := strings.Contains(p.Return, "_OR_NULL")
	switch strings.TrimSuffix(strings.TrimPrefix(p.Return, "RET_"), "_OR_NULL") {
	case "INTEGER":
		return Return{}
	case "VOID":
		return Return{Kind: ReturnVoid}
	case "PTR_TO_MAP_VALUE":
		return Return{Kind: ReturnMapValue, MaybeNull: null, NotNull: true}
	case "PTR_TO_SOCKET":
		return Return{Kind: ReturnSocket, MaybeNull: null, NotNull: true}
	case "PTR_TO_SOCK_COMMON":
		return Return{Kind: ReturnSockCommon, MaybeNull: null, NotNull: true}
	case "PTR_TO_TCP_SOCK":
		return Return{Kind: ReturnTCPSock, MaybeNull: null, NotNull: true}
	case "PTR_TO_RINGBUF_MEM":
		return Return{Kind: ReturnMem, MaybeNull: null, NotNull: true}
	case "PTR_TO_DYNPTR_MEM":
		return Return{Kind: ReturnSlice, MaybeNull: null, NotNull: true}
	case "PTR_TO_BTF_ID":
		return Return{Kind: ReturnObject, MaybeNull: null}
	case "PTR_TO_BTF_ID_TRUSTED":
		return Return{Kind: ReturnObject, NotNull: true}
	}
	if strings.HasPrefix(p.Return, "RET_PTR_TO_MEM_OR_BTF_ID") {
		return Return{Kind: ReturnPointer}
	}
	t.Errorf("%s: return type %q is not known to the test", p.Name, p.Return)
	return Return{}
}

// definition is a kernel function that programs can call.
type definition struct {
	returns string // C type
	params  []string
}

// definitions parses all functions that are marked with __bpf_kfunc.
func definitions(t *testing.T, dir string) map[string]definition {
	out := make(map[string]definition)
	space := regexp.MustCompile(`\s+`)
	function := regexp.MustCompile(`^(.*?)(\w+)\((.*)\)\s*$`)
	for _, source := range kerneltest.Sources(t, dir) {
		for {
			_, rest, ok := strings.Cut(source, "\n__bpf_kfunc ")
			if !ok {
				break
			}
			source = rest
			head, _, _ := strings.Cut(rest, "{")
			m := function.FindStringSubmatch(space.ReplaceAllString(head, " "))
			if m == nil {
				continue // a declaration
			}
			d := definition{returns: strings.TrimSpace(strings.TrimPrefix(m[1], "static "))}
			depth, start := 0, 0
			for i, c := range m[3] + "," {
				switch {
				case c == '(':
					depth++
				case c == ')':
					depth--
				case c == ',' && depth == 0:
					if param := strings.TrimSpace(m[3][start:i]); param != "void" && param != "" {
						d.params = append(d.params, param)
					}
					start = i + 1
				}
			}
			out[m[2]] = d
		}
	}
	return out
}

// functionParam is a parameter that is a function: "bool (less)(...)".
var functionParam = regexp.MustCompile(`\(\*?\w+\)\s*\(`)

// specialKfuncs are the return values that check_kfunc_call makes by name, where the C
// type says something else.
var specialKfuncs = map[string]Return{
	"bpf_cast_to_kern_ctx":      {Kind: ReturnObject, NotNull: true},
	"bpf_rdonly_cast":           {Kind: ReturnObject},
	"bpf_dynptr_slice":          {Kind: ReturnSlice, MaybeNull: true, NotNull: true, ReadOnly: true},
	"bpf_dynptr_slice_rdwr":     {Kind: ReturnSlice, MaybeNull: true, NotNull: true},
	"bpf_session_cookie":        {Kind: ReturnMem, NotNull: true},
	"hid_bpf_get_data":          {Kind: ReturnMem, MaybeNull: true, NotNull: true, Shares: 1}, // rdwr_buf_size
	"bpf_obj_new_impl":          acquiredOwn,
	"bpf_percpu_obj_new_impl":   acquiredOwn,
	"bpf_refcount_acquire_impl": acquiredOwn,
	"bpf_list_pop_front":        acquiredOwn,
	"bpf_list_pop_back":         acquiredOwn,
	"bpf_rbtree_remove":         acquiredOwn,
	"bpf_rbtree_first":          {Kind: ReturnObject, Own: true}, // bpf_spin_unlock ends what is known of it
}

// TestKfuncsAgainstSource derives every kfunc's row from its C prototype and flags. What
// pointers to structures are, when the program passes stack, the BTF says
// (TestKfuncMemory).
func TestKfuncsAgainstSource(t *testing.T) {
	dir := kerneltest.Source(t)
	flags := kerneltest.KfuncFlags(t, dir)
	defined := definitions(t, dir)
	verifier := kerneltest.Read(t, dir, "kernel/bpf/verifier.c")
	async := body(t, verifier, "is_async_callback_calling_kfunc")
	lending, _, _ := strings.Cut(body(t, verifier, "check_kfunc_call"), "release_ref_obj_id = regs[BPF_REG_2].ref_obj_id")
	lends := named(lending[strings.LastIndex(lending, "if ("):], "KF_")
	if len(lends) != 3 {
		t.Fatalf("%d kfuncs lend, expected 3: has the form of check_kfunc_call changed?", len(lends))
	}
	// Iterators whose slots have MEM_RCU, which makes what they return untrusted.
	underRCU := func(name string) bool {
		return strings.Contains(flags[strings.TrimSuffix(name, "next")+"new"], "KF_RCU_PROTECTED")
	}
	for _, k := range kfuncs {
		d, ok := defined[k.name]
		if !ok {
			t.Errorf("%s: no definition found", k.name)
			continue
		}
		has := func(flag string) bool {
			return slices.Contains(strings.Fields(flags[k.name]), flag) // "KF_A | KF_B"
		}
		var want Signature
		r := &want.Return
		switch {
		case d.returns == "void":
			r.Kind = ReturnVoid
		case !strings.HasSuffix(d.returns, "*"), d.returns == "void *":
		case strings.Contains(d.returns, "struct "):
			*r = Return{Kind: ReturnObject, MaybeNull: has("KF_RET_NULL"), Acquires: has("KF_ACQUIRE")}
			r.NotNull = r.Acquires || has("KF_ITER_NEXT") && !underRCU(k.name)
		default:
			*r = Return{Kind: ReturnMem, MaybeNull: has("KF_RET_NULL"), NotNull: true, ReadOnly: true}
			if has("KF_ITER_NEXT") {
				r.Shares = 1 // the reference of the iterator (meta.ref_obj_id)
			}
		}
		if special, ok := specialKfuncs[k.name]; ok {
			*r = special
		}
		for flag, step := range map[string]IteratorStep{
			"KF_ITER_NEW": IteratorNew, "KF_ITER_NEXT": IteratorNext, "KF_ITER_DESTROY": IteratorDestroy,
		} {
			if has(flag) {
				want.Iterator = Iterator{step, k.signature.Iterator.Slots}
			}
		}
		if state, ok := callbacks[k.name]; ok {
			want.Callback.Params = params(t, verifier, state)
			want.Callback.Async = strings.Contains(async, "KF_"+k.name)
		}
		for n, param := range d.params[:min(len(d.params), 5)] {
			next := ""
			if n+1 < len(d.params) {
				next = d.params[n+1]
			}
			arg := &want.Args[n]
			switch {
			case functionParam.MatchString(param):
				want.Callback.Arg = uint8(n) + 1
			case !strings.Contains(param, "*") || strings.HasSuffix(param, "__ign"):
			case n == 0 && has("KF_RELEASE"):
				arg.Kind = ArgReleased
			case n == 1 && slices.Contains(lends, k.name):
				arg.Kind = ArgLent
			case strings.Contains(param, "struct bpf_dynptr *"):
				arg.Kind = ArgDynptr
				if strings.HasSuffix(param, "__uninit") {
					arg.Kind = ArgDynptrNew
				}
			case strings.HasSuffix(next, "__sz"), strings.HasSuffix(next, "__szk"):
				arg.Kind = ArgMemory
			case strings.Contains(param, "struct "), strings.Contains(param, "union "), strings.Contains(param, "void *"),
				strings.HasSuffix(param, "__str"), n == 0 && want.Iterator.Step != IteratorNone:
				*arg = k.signature.Args[n] // see TestKfuncMemory
			default:
				*arg = Arg{ArgFixed, scalarSize(t, k.name, param)}
			}
		}
		want.NoReturn = k.name == "bpf_throw"
		if diff := cmp.Diff(want, k.signature); diff != "" {
			t.Errorf("%s: -source +table\n%s", k.name, diff)
		}
	}
}

// scalarSize is the size of what a parameter points to.
func scalarSize(t *testing.T, kfunc, param string) uint32 {
	for prefix, size := range map[string]uint32{
		"bool *": 1, "char *": 1, "u16 *": 2, "__be16 *": 2, "u32 *": 4, "int *": 4, "enum ": 4, "u64 *": 8,
	} {
		if strings.HasPrefix(param, prefix) {
			return size
		}
	}
	t.Errorf("%s: type of %q is not known to the test", kfunc, param)
	return 0
}
