package text

import (
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/asm/object"
	"github.com/statecheck/statecheck/corpus"
	"github.com/statecheck/statecheck/verifier"
)

// TestErrors: what is wrong, where, and what was expected. An error of a program
// alone begins with its name.
func TestErrors(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"nothing", "", `no instruction in it, expected a program`},
		{"only comments", "# nothing\n// here\n", `no instruction in it, expected a program`},
		{"a byte that is 0", "exit\n\x00", `line 2: a byte that is 0, expected text`},
		{"words", "exit\nhello world\n", `line 2: "hello world": expected an instruction in LLVM's syntax (r0 = 1, if r1 > r2 goto L3, *(u32 *)(r10 - 4) = r0)`},
		{"a register too many", "r16 = 1", `line 1: "r16 = 1": expected an instruction in LLVM's syntax (r0 = 1, if r1 > r2 goto L3, *(u32 *)(r10 - 4) = r0)`},
		{"capitals", "r1 = R2", `line 1: "r1 = R2": "R2", expected registers in small letters`},
		{"capitals first", "W1 = 5", `line 1: "W1 = 5": "W1", expected registers in small letters`},
		{"a call of capitals", "call R1", `line 1: "call R1": "R1", expected registers in small letters`},
		{"other widths", "w1 = r2", `line 1: "w1 = r2": expected an instruction in LLVM's syntax (r0 = 1, if r1 > r2 goto L3, *(u32 *)(r10 - 4) = r0)`},
		{"a function with the name of a keyword", "call s", `line 1: "call s": expected an instruction in LLVM's syntax (r0 = 1, if r1 > r2 goto L3, *(u32 *)(r10 - 4) = r0)`},
		{"an address with the name of a keyword", "r1 = s ll", `line 1: "r1 = s ll": expected an instruction in LLVM's syntax (r0 = 1, if r1 > r2 goto L3, *(u32 *)(r10 - 4) = r0)`},
		{"a jump to a keyword", "goto s", `line 1: "goto s": expected an instruction in LLVM's syntax (r0 = 1, if r1 > r2 goto L3, *(u32 *)(r10 - 4) = r0)`},
		{"a keyword in quotes", "r1 \"s\" >= 5", `line 1: "r1 \"s\" >= 5": expected an instruction in LLVM's syntax (r0 = 1, if r1 > r2 goto L3, *(u32 *)(r10 - 4) = r0)`},
		{"a mark in quotes", "r1 \"=\" 5", `line 1: "r1 \"=\" 5": expected an instruction in LLVM's syntax (r0 = 1, if r1 > r2 goto L3, *(u32 *)(r10 - 4) = r0)`},
		{"a symbol where a keyword is", "if r1 x> 5 goto +1", `line 1: "if r1 x> 5 goto +1": expected an instruction in LLVM's syntax (r0 = 1, if r1 > r2 goto L3, *(u32 *)(r10 - 4) = r0)`},
		{"a constant", "r1 = 4294967296", `line 1: "r1 = 4294967296": 4294967296, expected -2147483648 to 4294967295`},
		{"a constant below", "r1 = -2147483649", `line 1: "r1 = -2147483649": -2147483649, expected -2147483648 to 4294967295`},
		{"a wide constant", "r1 = 0x10000000000000000 ll", `line 1: "r1 = 0x10000000000000000 ll": "0x10000000000000000", expected a number of at most 64 bits`},
		{"octal", "r1 = 010", `line 1: "r1 = 010": "010", expected a decimal number, or a hexadecimal one after 0x`},
		{"an offset", "r1 = *(u8 *)(r2 + 32768)", `line 1: "r1 = *(u8 *)(r2 + 32768)": 32768, expected -32768 to 32767`},
		{"an offset without sign", "r1 = *(u8 *)(r2 5)", `line 1: "r1 = *(u8 *)(r2 5)": offset 5, expected + or - before it`},
		{"another register", "r1 = be16 r2", `line 1: "r1 = be16 r2": r2, expected the register that stands before it`},
		{"another result", "r1 = cmpxchg_64(r2 + 0, r1, r3)", `line 1: "r1 = cmpxchg_64(r2 + 0, r1, r3)": r1 where r0 was expected`},
		{"address spaces", "r1 = addr_space_cast(r2, 1, 2)", `line 1: "r1 = addr_space_cast(r2, 1, 2)": 2 where 0 was expected`},
		{"no such label", "goto L1\nexit", `line 1: jump to "L1", expected a label of the same section`},
		{"a label of another section", "L1: exit\n.section xdp,\"ax\"\ngoto L1", `line 3: jump to "L1", expected a label of the same section`},
		{"behind a label", "L1: goto L1+8", `line 1: jump to "L1", expected a label of the same section`},
		{"a long jump", "goto L1\n" + strings.Repeat("r0 = 0\n", 32768) + "L1: exit", `line 1: jump to "L1" over 32768 slots, expected -32768 to 32767`},
		{"a label twice", "L1:\nL1: exit", `line 2: "L1: exit": a label for the second time, expected each once`},
		{"a quote", "call \"f", `line 1: "call \"f": a quote without an end, expected it on the same line`},
		{"an escape in a quoted name", "call \"a\\\"b\"", `line 1: "call \"a\\\"b\"": "\"a\\\"b\"": a backslash in a quoted name, expected none`},
		{"a backslash in a quoted name", ".globl \"a\\\\\"", `line 1: ".globl \"a\\\\\"": "\"a\\\\\"": a backslash in a quoted name, expected none`},
		{"a comment of C", "exit /* here", `line 1: "/* here": a comment of C, expected # or //`},
		{"a comment of C in a directive", ".ident \"a\" /* # */; call 23", `line 1: "/* # */; call 23": a comment of C, expected # or //`},
		{"a comment of C behind a quote", ".data\n.ascii \"\\\"\" /* # */; .text; call 23", `line 2: "/* # */; .text; call 23": a comment of C, expected # or //`},
		{"single quotes", ".data\n.byte '\"'; .text; call bpf_redirect; .data; .byte '\"'", `line 2: ".byte '\"'; .text; call bpf_redirect; .data; .byte '\"'": a character in single quotes, expected a number`},
		{"a line end to LLVM alone", "exit # and\rcall bpf_redirect", `line 1: a carriage return within the line, expected it at the end: to LLVM a line ends there`},
		{"a note against .set", ".set f, 23\ncall f #! kfunc f\nexit", `line 2: "f" is defined in this text, expected no directive that says what it is`},
		{"a note against a function", "call f #! kfunc f\nf: exit", `line 1: "f" is defined in this text, expected no directive that says what it is`},
		{"a note of another kfunc", "call bpf_ct_insert_entry #! kfunc bpf_rcu_read_lock", `line 1: "#! kfunc bpf_rcu_read_lock": another name than "bpf_ct_insert_entry", expected the same, or that of a section of data of this kind`},
		{"a note of a kfunc against a name", "call f #! kfunc bpf_rdonly_cast", `line 1: "#! kfunc bpf_rdonly_cast": another name than "f", expected the same, or that of a section of data of this kind`},
		{"a note against a helper", "call bpf_redirect #! kfunc bpf_redirect", `line 1: "#! kfunc bpf_redirect": "bpf_redirect" is a helper, expected no directive that says what it is`},
		{"a note against a kfunc", "r1 = bpf_rdonly_cast ll #! map bpf_rdonly_cast map", `line 1: "#! map bpf_rdonly_cast map": "bpf_rdonly_cast" is a kfunc, expected no other directive`},
		{"a note of a variable at a call", "call f #! variable f", `line 1: "#! variable f": a call of what is no function, expected #! kfunc NAME`},
		{"a note of another variable", "r1 = a ll #! variable b", `line 1: "#! variable b": another name than "a", expected the same, or that of a section of data of this kind`},
		{"a note of another map", "r1 = a ll #! map b map", `line 1: "#! map b map": another name than "a", expected the same, or that of a section of data of this kind`},
		{"a note of data of another kind", "r1 = a ll #! map .bss rodata", `line 1: "#! map .bss rodata": another name than "a", expected the same, or that of a section of data of this kind`},
		{"a second note of another name", "call f #! kfunc f kfunc bpf_rdonly_cast", `line 1: "#! kfunc f kfunc bpf_rdonly_cast": another name than "f", expected the same, or that of a section of data of this kind`},
		{"a note against a number", "call 23 #! kfunc bpf_rdonly_cast", `line 1: "#! kfunc bpf_rdonly_cast": an instruction that refers to no such thing, expected LD_IMM64 or for a kfunc its call`},
		{"a note against a map", "ld_pseudo r1, 1, 5 #! variable x", `line 1: "#! variable x": an instruction that refers to no such thing, expected LD_IMM64 or for a kfunc its call`},
		{"a note at a jump", "f: goto g #! map m map", `line 1: "g" is defined in this text, expected no directive that says what it is`},
		{"a directive", ".macro x", `line 1: ".macro x": ".macro", expected a directive that is known here (docs/text.md)`},
		{"data among code", "exit\n.long 7", `line 2: ".long 7": ".long", expected a directive that is known here (docs/text.md)`},
		{"code among data", ".data\nexit", `line 2: "exit": an instruction in section ".data", which is not executable, expected it after .text or a .section with the flags "ax"`},
		{"a section without flags", ".section xdp\nexit", `line 2: "exit": an instruction in section "xdp", which is not executable, expected it after .text or a .section with the flags "ax"`},
		{"a section with other flags", ".section xdp,\"ax\"\n.section xdp,\"aw\"", `line 2: ".section xdp,\"aw\"": other flags than before, expected the same`},
		{"a section of its own", ".section xdp,\"ax\",@progbits,unique,1", `line 1: ".section xdp,\"ax\",@progbits,unique,1": expected a name, flags and a type, and nothing else: .section NAME,"FLAGS",@TYPE`},
		{"a section of a group", ".section xdp,\"axG\",@progbits,g,comdat", `line 1: ".section xdp,\"axG\",@progbits,g,comdat": expected a name, flags and a type, and nothing else: .section NAME,"FLAGS",@TYPE`},
		{"a section of a group without that", ".section xdp,\"ax\",@progbits,g", `line 1: ".section xdp,\"ax\",@progbits,g": expected a name, flags and a type, and nothing else: .section NAME,"FLAGS",@TYPE`},
		{"flags without quotes and comma", ".section xdp,\"ax\" 1", `line 1: ".section xdp,\"ax\" 1": expected a name, flags and a type, and nothing else: .section NAME,"FLAGS",@TYPE`},
		{"a section behind another", ".section xdp,\"axo\",@progbits,f", `line 1: ".section xdp,\"axo\",@progbits,f": expected a name, flags and a type, and nothing else: .section NAME,"FLAGS",@TYPE`},
		{"a size of what is not merged", ".section xdp,\"ax\",@progbits,1", `line 1: ".section xdp,\"ax\",@progbits,1": expected a name, flags and a type, and nothing else: .section NAME,"FLAGS",@TYPE`},
		{"flags that are a number", ".section xdp,1", `line 1: ".section xdp,1": expected a name, flags and a type, and nothing else: .section NAME,"FLAGS",@TYPE`},
		{"a subsection of .text", ".text 1", `line 1: ".text 1": a subsection, expected nothing behind the name`},
		{"a subsection of .data", ".data 1", `line 1: ".data 1": a subsection, expected nothing behind the name`},
		{"a subsection of .bss", ".bss 1", `line 1: ".bss 1": a subsection, expected nothing behind the name`},
		{"a section that is executable by its name", ".section .text.f\n.quad 0x95", `line 1: ".section .text.f": expected the flags of this section`},
		{"code in a data section", ".section .rodata,\"ax\"", `line 1: ".section .rodata,\"ax\"": executable section with the name of a data section`},
		{"a slot of more bits", ".quad 0x1ffffffffffffffff", `line 1: ".quad 0x1ffffffffffffffff": "0x1ffffffffffffffff", expected a number of at most 64 bits`},
		{"a slot by name", ".quad f", `line 1: ".quad f": "f", expected a number`},
		{"no slot", ".quad", `line 1: ".quad": expected numbers`},
		{"alignment", ".p2align 4", `line 1: ".p2align 4": expected at most 3: code is aligned to 8 bytes`},
		{"a set without number", ".set a, b", `line 1: ".set a, b": expected a symbol, a comma and a number of 32 bits`},
		{"a type without kind", ".type f", `line 1: ".type f": expected a symbol, a comma and @function or @object`},
		{"a list of no symbols", ".globl 5", `line 1: ".globl 5": "5", expected a symbol`},

		{"a note nobody knows", "exit #! stateless", `line 1: "#! stateless": "stateless", expected one of program, type, attach_type, attach_to, target_program, typed_arguments, section, function, exception_callback, static, global, map, kfunc, variable, core`},
		{"a linkage before a function", "#! program p\n#! static\nexit", `line 2: "#! static": expected it after a function`},
		{"a linkage of no program", "f: #! static\nexit", `line 1: "#! static": expected it after "#! program"`},
		{"a global function without arguments", "#! program p\n#! function f\n#! global\nexit", `line 3: "#! global": 1 words, expected 2`},
		{"arguments without parentheses", "#! program p\n#! function f\n#! global number\nexit", `line 3: "#! global number": arguments "number", expected a list like (number,unknown)`},
		{"arguments without an end", "#! program p\n#! function f\n#! global (number\nexit", `line 3: "#! global (number": arguments "(number", expected a list like (number,unknown)`},
		{"an argument nobody knows", "#! program p\n#! function f\n#! global (pointer)\nexit", `line 3: "#! global (pointer)": argument "pointer", expected at most five of unknown, number, context`},
		{"an argument that is empty", "#! program p\n#! function f\n#! global (number,)\nexit", `line 3: "#! global (number,)": argument "", expected at most five of unknown, number, context`},
		{"six arguments", "#! program p\n#! function f\n#! global (number,number,number,number,number,context)\nexit", `line 3: "#! global (number,number,number,number,number,context)": argument "context", expected at most five of unknown, number, context`},
		{"a note of nothing", "#! map m map", `line 1: "#! map m map": expected it on the line of an instruction`},
		{"a map without kind", "exit #! map m", `line 1: "#! map m": expected the kind of the map after its name: map, data, rodata, bss, kconfig or arena`},
		{"a type before its program", "#! type xdp", `line 1: "#! type xdp": expected it after "#! program"`},
		{"a name too many", "#! program a b", `line 1: "#! program a b": 3 words, expected 2`},
		{"a name without end", "#! program \"a", `line 1: "#! program \"a": a quoted name without an end, expected "`},
		{"an empty program", "#! program a\n", `program "a" has no instruction, expected at least one`},
		{"a program behind a set", ".set bpf_ktime_get_ns, 23\n#! program a\ncall bpf_ktime_get_ns\nexit", `line 2: "#! program a": a program behind something else, expected it before all statements`},
		{"a program behind a section", ".text\n#! program a\nexit", `line 2: "#! program a": a program behind something else, expected it before all statements`},
		{"a program behind a label on its line", "f: #! program a\nexit", `line 1: "#! program a": a program behind something else, expected it before all statements`},
		{"a helper that another program sets", "#! program a\n.set bpf_ktime_get_ns, 23\nexit\n#! program b\ncall bpf_ktime_get_ns\nexit", `"bpf_ktime_get_ns" is not the same in all programs of this text, as it is to LLVM, expected one meaning`},
		{"a helper that a later program sets", "#! program b\ncall bpf_ktime_get_ns\nexit\n#! program a\n.set bpf_ktime_get_ns, 23\nexit", `"bpf_ktime_get_ns" is not the same in all programs of this text, as it is to LLVM, expected one meaning`},
		{"a kfunc that another program defines", "#! program a\nbpf_rdonly_cast: exit\n#! program b\ncall bpf_rdonly_cast\nexit", `"bpf_rdonly_cast" is not the same in all programs of this text, as it is to LLVM, expected one meaning`},
		{"a set that another program has as a label", "#! program a\nf: exit\n#! program b\n.set f, 5\ncall f\nexit", `"f" is not the same in all programs of this text, as it is to LLVM, expected one meaning`},
		{"sets of two programs", "#! program a\n.set f, 5\ncall f\nexit\n#! program b\n.set f, 23\ncall f\nexit", `"f" is the number 5 and the number 23, expected one`},
		{"sets of a program", ".set f, 5\n.set f, 23", `line 2: ".set f, 23": a symbol that is defined already, expected another`},
		{"a set behind its use", "f: call g\nexit\n.set g, 5", `f: line 1: "g" is a number by a .set further down, expected it before: LLVM leaves this to the linker`},
		{"two sections of a program", "#! program a\nexit\n.section xdp,\"ax\"", `line 3: ".section xdp,\"ax\"": expected the one section of a program before its first instruction`},

		{"a function nobody knows", "f: call nobody\nexit", `f: line 1: "nobody" is not known, expected a function of this text, a helper, a kfunc, or a directive on this line that says that it is one (#! kfunc NAME)`},
		{"an address nobody knows", "f: r1 = nobody ll\nexit", `f: line 1: "nobody" is not known, expected a symbol of this text, or a directive on this line that says what it is (#! map NAME KIND, #! variable NAME, #! kfunc NAME)`},
		{"two functions that may be exception callbacks", "f: exit\n.globl g\ng: exit\n.section tc,\"ax\"\nt: call bpf_throw\nexit",
			`t: "t" calls bpf_throw, and more than one function in .text may be the exception callback, expected one there that the program does not call`},
		{"an exception callback that another program calls", "f: call bpf_redirect\nexit\n.globl g\ng: exit\n.section tc,\"ax\"\n.globl t\nt: call bpf_throw\nexit\n.globl u\nu: call f\nexit",
			`t: "t" calls bpf_throw, and more than one function in .text may be the exception callback, expected one there that the program does not call`},
		{"a call of data", "f: call d\nexit\n.data\nd: .long 5", `f: line 1: "d" in section ".data", expected a function, a map or a data section`},
		{"a call between slots", "f: call f+4\nexit", `f: line 1: "f"+4, expected a multiple of 8 bytes behind the symbol`},
		{"a call out of the section", "f: call f+800\nexit", `f: call of slot 100 of section ".text" from "f", expected a function there`},

		{"a slot that is missing", "0: (b7) r0 = 0\n2: (95) exit", `slot 1 is missing, expected every slot from 0 to 2: the kernel did not visit it before the log ended`},
		{"a slot that changes", "0: (b7) r0 = 0\n1: (95) exit\n0: (b7) r0 = 1", `line 3: "0: (b7) r0 = 1": slot 0 was something else before, expected one program`},
		{"a slot too many", "1000000: (95) exit", `line 1: "1000000: (95) exit": slot "1000000", expected at most 999999`},
		{"another opcode", "0: (bf) r0 = 0", `line 1: "0: (bf) r0 = 0": the opcode of this is 0xb7, expected that in the parentheses`},
		{"an instruction without slot", "0: (b7) r0 = 0\ncall bpf_redirect\n1: (95) exit", `line 2: "call bpf_redirect": an instruction without its slot, expected it as the kernel prints it (0: (b7) r0 = 0)`},
		{"assembly with a log in a comment", "/*\n0: (95) exit\n*/\nf: r0 = 1; call bpf_redirect; exit", `line 1: "/*": assembly in a log, expected one or the other`},
		{"a log in a comment, and comments", "; /* a */ /*/ 0: (b7) r0 = 0\n0: (95) exit\n*/\ncall /* */ 23", `line 1: "; /* a */ /*/ 0: (b7) r0 = 0": assembly in a log, expected one or the other`},
		{"a listing in a comment", "/* :\tfile format\n" + listing("       0:\t95 00 00 00 00 00 00 00\texit") + "*/", `line 1: "/* :\tfile format": assembly in a listing, expected one or the other`},
		{"assembly behind a log", "0: (95) exit\nf: r0 = 1; call bpf_redirect; exit", `line 2: "f: r0 = 1; call bpf_redirect; exit": an instruction without its slot, expected it as the kernel prints it (0: (b7) r0 = 0)`},
		{"assembly behind a semicolon", "0: (95) exit\n;call bpf_redirect", `line 2: ";call bpf_redirect": an instruction without its slot, expected it as the kernel prints it (0: (b7) r0 = 0)`},
		{"assembly as data", "0: (95) exit\n;.quad 0x1700000085", `line 2: ";.quad 0x1700000085": an instruction without its slot, expected it as the kernel prints it (0: (b7) r0 = 0)`},
		{"assembly in a listing", listing("; call bpf_redirect"), `line 4: "; call bpf_redirect": assembly in a listing, expected one or the other`},
		{"a condition around a log", ".if 0\n0: (95) exit\n.endif\nEXIT", `line 1: ".if 0": assembly in a log, expected one or the other`},
		{"a comment of the source that goes on", "; /*\n0: (95) exit\n; */ exit", `line 1: "; /*": assembly in a log, expected one or the other`},
		{"a comment in a log", "# a\n0: (95) exit", `line 1: "# a": expected what the kernel's verifier prints of a program that it accepts, or bpftool prog dump xlated`},
		{"a directive in a log", ".text\n0: (95) exit", `line 1: ".text": expected what the kernel's verifier prints of a program that it accepts, or bpftool prog dump xlated`},
		{"nearly an instruction of a log, a tab", "0: (95) exit\n0:\t(85) call bpf_redirect#23", `line 2: "0:\t(85) call bpf_redirect#23": expected what the kernel's verifier prints of a program that it accepts, or bpftool prog dump xlated`},
		{"nearly an instruction of a log, no space", "0: (95) exit\n0:(85) call bpf_redirect#23", `line 2: "0:(85) call bpf_redirect#23": expected what the kernel's verifier prints of a program that it accepts, or bpftool prog dump xlated`},
		{"nearly an instruction of a log, the time", "0: (95) exit\n[ 12.5] 0: (85) call bpf_redirect#23", `line 2: "[ 12.5] 0: (85) call bpf_redirect#23": expected what the kernel's verifier prints of a program that it accepts, or bpftool prog dump xlated`},
		{"nearly an instruction of a log, behind a state", "0: (95) exit\n0: R1=ctx() 1: (85) call bpf_redirect#23", `line 2: "0: R1=ctx() 1: (85) call bpf_redirect#23": expected what the kernel's verifier prints of a program that it accepts, or bpftool prog dump xlated`},
		{"a program that the kernel refuses", "0: (95) exit\nR0 !read_ok" + processed + "", `line 2: "R0 !read_ok": expected what the kernel's verifier prints of a program that it accepts, or bpftool prog dump xlated`},
		{"a listing in a log", "0: (95) exit\nDisassembly of section xdp:", `line 2: "Disassembly of section xdp:": expected what the kernel's verifier prints of a program that it accepts, or bpftool prog dump xlated`},
		{"two programs of bpftool", "0: (95) exit\n12: xdp  name other  tag 1234", `line 2: "12: xdp  name other  tag 1234": expected what the kernel's verifier prints of a program that it accepts, or bpftool prog dump xlated`},
		{"a log that ends early", "0: R1=ctx() R10=fp0\n0: (95) exit", `the log ends early, expected all of it, up to "processed N insns"`},
		{"a log that ends early, by its states", "0: (b7) r0 = 0 ; R0=0\n1: (95) exit", `the log ends early, expected all of it, up to "processed N insns"`},
		{"a log that ends early, by libbpf", "-- BEGIN PROG LOAD LOG --\n0: (95) exit\n-- END PROG LOAD LOG --", `the log ends early, expected all of it, up to "processed N insns"`},
		{"a log of two programs", "0: (95) exit" + processed + "0: (95) exit", `line 3: "0: (95) exit": the log has ended, expected one program, or libbpf's BEGIN PROG LOAD LOG before another one`},
		{"slots in another order", "0: (05) goto pc+1\n2: (95) exit\n1: (95) exit", `slots in another order than bpftool prints, expected each once, or a log of the kernel up to "processed N insns"`},
		{"a log of a program that throws", "0: (85) call bpf_throw#70000\n1: (95) exit" + processed + "", `line 1: "0: (85) call bpf_throw#70000": a log does not show what is called when a program throws, expected none that does`},
		{"a log without instructions", "libbpf: prog 'f': -- BEGIN PROG LOAD LOG --" + processed + "-- END PROG LOAD LOG --", `no instruction in the log of program "f", expected a log of level 1 or 2`},
		{"two logs, one without instructions", "processed 1 insns\n-- BEGIN PROG LOAD LOG --\n0: (95) exit" + processed + "", `no instruction in the log of program "", expected a log of level 1 or 2`},
		{"what is nearly libbpf's line", "exit # -- BEGIN PROG LOAD LOG --\n0: (95) exit", `line 1: "exit # -- BEGIN PROG LOAD LOG --": an instruction without its slot, expected it as the kernel prints it (0: (b7) r0 = 0)`},
		{"a listing in a comment", "/*\nDisassembly of section xdp:\n*/\nexit", `line 1: "/*": assembly in a listing, expected one or the other`},
		{"assembly behind what looks like a name", "Disassembly of section xdp:\ncall 23 #:\tfile format elf64-bpf", `line 2: "call 23 #:\tfile format elf64-bpf": another object, expected a text of one`},
		{"a comment behind what looks like a name", "/* :\tfile format elf64-bpf\nDisassembly of section xdp:", `line 1: "/* :\tfile format elf64-bpf": assembly in a listing, expected one or the other`},
		{"a condition as the name of an object", ".if 0 #:\tfile format elf64-bpf\nDisassembly of section xdp:", `line 1: ".if 0 #:\tfile format elf64-bpf": assembly in a listing, expected one or the other`},
		{"a file of another format", "x.o:\tfile format elf64-x86-64\nDisassembly of section xdp:", `line 1: "x.o:\tfile format elf64-x86-64": expected "Disassembly of section " first`},
		{"two listings", listing("       0:\t95 00 00 00 00 00 00 00\texit") + "y.o:\tfile format elf64-bpf\nDisassembly of section tc:", `line 5: "y.o:\tfile format elf64-bpf": another object, expected a text of one`},
		{"two names", "x.o:\tfile format elf64-bpf\ny.o:\tfile format elf64-bpf\nDisassembly of section xdp:", `line 2: "y.o:\tfile format elf64-bpf": another object, expected a text of one`},
		{"a listing with a comment", listing("# call 23"), `line 4: "# call 23": expected what llvm-objdump -dr prints`},
		{"a listing with assembly", listing("       0:\t95 00 00 00 00 00 00 00\texit\ncall 23"), `line 5: "call 23": expected what llvm-objdump -dr prints`},
		{"a comment of the source that does not end", listing("; /* a"), `line 4: "; /* a": assembly in a listing, expected one or the other`},
		{"a name in a log", "0: (05) goto there", `line 1: "0: (05) goto there": "there", expected a number`},
		{"another helper", "0: (85) call bpf_redirect#5", `line 1: "0: (85) call bpf_redirect#5": helper 5 is bpf_ktime_get_ns, expected that name`},
		{"a call in a log", "0: (85) call 5", `line 1: "0: (85) call 5": expected a name and a number (call bpf_redirect#23) or a distance (call pc+7)`},
		{"an address or a number", "0: (18) r1 = 0xffff888109f56400\n2: (95) exit", `line 1: r1 = 0xffff888109f56400 is an address or a number, expected the state behind it that says which (a log of level 2)`},
		{"a number that may be hidden", "0: (18) r1 = 0x0\n2: (95) exit", `line 1: r1 = 0x0 is an address or a number, expected the state behind it that says which (a log of level 2)`},
		{"an address that changes", "0: (18) r1 = 0xffff888109f56400\n0: (18) r1 = 0xffff888109f56800\n2: (95) exit", `line 2: "0: (18) r1 = 0xffff888109f56800": slot 0 was something else before, expected one program`},
		{"a strange state", "0: (18) r1 = 0x0 ; R1=whatever(5)", `line 1: "0: (18) r1 = 0x0 ; R1=whatever(5)": state "whatever(5)", expected one that says what the number is (map_ptr, map_value, func, scalar, ...)`},
		{"a slot that is only listed", "  0: .1........ (b7) r0 = 1\n  1: 0......... (95) exit\n  2: .......... (95) exit\n0: (b7) r0 = 1\n1: (95) exit", `line 3: slot 2 is only listed, expected that the kernel visits every slot: a log does not show reserved fields`},
		{"a slot within LD_IMM64", "0: (18) r1 = 0x7 ; R1=7\n1: (95) exit", `line 2: slot 1 is the second one of LD_IMM64, expected no instruction there`},
		{"a bug of the kernel", "0: (db) BUG_db", `line 1: "0: (db) BUG_db": expected an instruction in LLVM's syntax (r0 = 1, if r1 > r2 goto L3, *(u32 *)(r10 - 4) = r0)`},

		{"a listing without bytes", listing("       0:\texit"), `line 4: "0:\texit": no bytes, expected llvm-objdump without --no-show-raw-insn: its text alone does not say what is called`},
		{"a listing with a gap", listing("       1:\t95 00 00 00 00 00 00 00\texit"), `line 4: "1:\t95 00 00 00 00 00 00 00\texit": slot "1", expected 0`},
		{"zeroes left out", listing("\t\t..."), `line 4: "...": slots are left out, expected the output of llvm-objdump --disassemble-zeroes`},
		{"bytes of something else", listing("       0:\tb7 00 00 00 01 00 00 00\tr0 = 0x2"), `line 4: "0:\tb7 00 00 00 01 00 00 00\tr0 = 0x2": bytes and text differ, expected the same`},
		{"half an instruction", listing("       0:\tb7 00 00 00\tr0 = 0x2"), `line 4: "0:\tb7 00 00 00\tr0 = 0x2": program of 4 bytes, expected a multiple of 8: 4 left over after slot 0`},
		{"something in a listing", listing("nonsense"), `line 4: "nonsense": expected what llvm-objdump -dr prints`},
		{"a label elsewhere", listing("0000000000000008 <g>:"), `line 4: "0000000000000008 <g>:": at byte "0000000000000008", expected 0x0`},
		{"a relocation that is not shown", listing("       0:\t18 01 00 00 00 00 00 00 00 00 00 00 00 00 00 00\tr1 = 0x0 ll\n       2:\t95 00 00 00 00 00 00 00\texit"),
			`f: line 4: this may wait for a relocation, expected the output of llvm-objdump -dr`},
		{"a call that may wait for a relocation", listing("       0:\t85 10 00 00 ff ff ff ff\tcall -0x1\n       1:\t95 00 00 00 00 00 00 00\texit"),
			`f: line 4: this may wait for a relocation, expected the output of llvm-objdump -dr`},
		{"a call that leads to a symbol by chance", listing("       0:\t85 10 00 00 01 00 00 00\tcall 0x1\n       1:\t95 00 00 00 00 00 00 00\texit\n0000000000000010 <g>:\n       2:\t95 00 00 00 00 00 00 00\texit"),
			`f: line 4: this may wait for a relocation, expected the output of llvm-objdump -dr`},
		{"a relocation of nothing", listing("       0:\t95 00 00 00 00 00 00 00\texit\n\t\t0000000000000000:  R_BPF_64_64\tm"),
			`line 5: "0000000000000000:  R_BPF_64_64\tm": expected the relocation of a call of a function or of LD_IMM64 without a pseudo source`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			programs, err := Parse(strings.NewReader(tt.text), "test")
			for _, p := range programs {
				if p.Err != nil && err == nil {
					err = fmt.Errorf("%s: %w", p.Name, p.Err)
				}
			}
			if got := fmt.Sprint(err); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

// logLines are lines that are no instructions, of Linux 6.12 and 6.18.
const logLines = `
func#0 @0
(0) frame 0 insn 1 +written -16,-8 -live -8
(0) live stack update done in 2 iterations
(0,3) frame 1 insn 1 +live -8
(0,3) live stack update done in 1 iterations
Live regs before insn:
      0: .......... (b7) r0 = 0
  1   1: 0......... (95) exit
arg#0 reference type('UNKNOWN ') size cannot be determined: -22
Global function fixed() doesn't return scalar. Only those are supported.
Arg#0 type ENUM in f() is not supported yet.
arg#0 pointer type STRUCT sock must point to scalar
func 'ssthresh' arg0 has btf_id 215 type STRUCT 'sock'
0: R1=ctx() R10=fp0
; r = a /* b */ + c; @ x.c:19
0: (b7) r0 = 0                        ; R0=0 refs=2
Func#1 ('put') is global and assumed valid.
SCC enter (1)
SCC backedge (1,2)
SCC exit (1)
caller:
 frame1: R1_w=scalar(smin=0,var_off=(0x0; 0xff)) R10=fp0 fp-8_w=????mmmm cb
callee:
 R10=fp0 fp-16=iter_num(ref_id=1,state=active,depth=0) refs=1,2
returning from callee:
 frame1:
to caller at 1:
1: frame1: R0=0 R10=fp0

from 0 to 1: R1=0 R10=fp0
from 0 to 1 (speculative execution): safe
from 0 to 1: safe
1: safe
mark_precise: frame0: last_idx 7 first_idx 0 subseq_idx -1 
mark_precise: frame0: regs=r2 stack= before 6: (bf) r1 = r2
mark_precise: frame1: parent state regs=r2 stack=-8:  R1=P0 R10=fp0
mark_precise: frame0: falling back to forcing all scalars precise
force_precise: frame1: forcing fp-8 to be precise
frame 0: propagating r6,fp-8
Validating put() func#1...
1: (95) exit
Func#1 ('put') is safe for any args that match its prototype
verification time 51 usec
stack depth 0+16
processed 10 insns (limit 1000000) max_states_per_insn 0 total_states 1 peak_states 1 mark_read 0

`

// processed ends a log.
const processed = "\nprocessed 1 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0\n"

// listing is what llvm-objdump prints, with lines of the function f.
func listing(lines string) string {
	return "x.o:\tfile format elf64-bpf\nDisassembly of section xdp:\n0000000000000000 <f>:\n" + lines + "\n"
}

// TestReads: what is understood, and as which slots.
func TestReads(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		want       []asm.Instruction
	}{
		{"statements on a line", "r0 = 1; exit // and no more", []asm.Instruction{0x1_0000_00b7, 0x95}},
		{"a comment is none of them", "r0 = 1 # ; exit", []asm.Instruction{0x1_0000_00b7}},
		{"labels before an instruction", "a: b: exit", []asm.Instruction{0x95}},
		{"labels and tabs", ".L1:\texit\n.L2 :\tgoto\t.L1", []asm.Instruction{0x95, 0xfffe_0005}},
		{"no spaces", "r1=-5", []asm.Instruction{0xfffffffb_0000_01b7}},
		{"a symbol in quotes", "\"goto\": goto \"goto\"", []asm.Instruction{0xffff_0005}},
		{"a keyword as a symbol", "\"s\": call \"s\"", []asm.Instruction{0xffffffff_0000_1085}},
		{"data with the name of a keyword", ".data\n\"s\": .quad 0\n.text\nr1 = \"s\" ll", []asm.Instruction{0x2118, 0}},
		{"comments within others", ".ident \"/*\"\nexit # /*\nexit // /*", []asm.Instruction{0x95, 0x95}},
		{"the kernel, comments of the source", "; a /* b */ c // d\n0: (95) exit", []asm.Instruction{0x95}},
		{"a helper by name", "call bpf_redirect", []asm.Instruction{0x17_0000_0085}},
		{"a number by name", ".set f, 23\ncall f", []asm.Instruction{0x17_0000_0085}},
		{"a kfunc by name", "call bpf_rdonly_cast", []asm.Instruction{0x2085}},
		{"a move that clears the upper half", "r1 = w2", []asm.Instruction{0x21bc}},
		{"LLVM 20", "r2 = load_acquire((u64 *)(r3 + 5))", []asm.Instruction{0x100_0005_32db}},
		{"32 bits without ALU32", "r2 = *(u32 *)(r3 + 5)", []asm.Instruction{0x0005_3261}},
		{"a map that a note names", "r1 = m ll #! map m map", []asm.Instruction{0x1118, 0}},
		{"data that a note names by its section", "r1 = d ll #! map .rodata rodata", []asm.Instruction{0x2118, 0}},
		{"sections of strings", ".section .debug_str,\"MS\",@progbits,1\n.asciz \"a\"\n.section .text,\"ax\",@progbits\nexit", []asm.Instruction{0x95}},
		{"data, and what is behind it", ".data\nd: .long 5\n.text\nr1 = d+4 ll", []asm.Instruction{0x2118, 0x4_0000_0000}},
		{"CRLF", "r0 = 1\r\nexit\r\n", []asm.Instruction{0x1_0000_00b7, 0x95}},
		{"a byte order mark", "\ufeffexit", []asm.Instruction{0x95}},

		{"the kernel", "0: (b7) r0 = 1 ; R0=1\n1: (95) exit" + processed, []asm.Instruction{0x1_0000_00b7, 0x95}},
		{"the kernel, live registers", "  0: .1........ (b7) r0 = 1\n  1: 0......... (95) exit\n0: (b7) r0 = 1\n1: (95) exit" + processed, []asm.Instruction{0x1_0000_00b7, 0x95}},
		{"the kernel, a number", "0: (18) r1 = 0x1122334455667788 ; R1_w=0x1122334455667788" + processed, []asm.Instruction{0x55667788_0000_0118, 0x11223344_0000_0000}},
		{"the kernel, a map by its state", "0: (18) r1 = 0xffff888109f56400\n0: (18) r1 = 0xffff888109f56400 ; R1_w=map_ptr(map=m,ks=4,vs=8)" + processed, []asm.Instruction{0x1118, 0}},
		{"the kernel, data by its state", "0: (18) r1 = 0xffff888109f56400 ; R1=map_value(map=x.bss,ks=4,vs=8)" + processed, []asm.Instruction{0x2118, 0}},
		{"the kernel, a callback", "0: (18) r2 = 0xffffffff ; R2=func()" + processed, []asm.Instruction{0xffffffff_0000_4218, 0}},
		{"the kernel, a number by its state", "0: (18) r2 = 0xffffffff ; R1=ctx() R2_w=0xffffffff" + processed, []asm.Instruction{0xffffffff_0000_0218, 0}},
		{"the kernel, a function", "0: (85) call pc+1\n1: (05) goto pc-2", []asm.Instruction{0x1_0000_1085, 0xfffe_0005}},
		{"the kernel, no helper", "0: (85) call unknown#5000", []asm.Instruction{0x1388_0000_0085}},
		{"the kernel, a kfunc", "0: (85) call bpf_rdonly_cast#70000", []asm.Instruction{0x2085}},
		{"the kernel, a register that is none", "0: (b7) r11 = 1", []asm.Instruction{0x1_0000_0bb7}},
		{"the kernel, lines of the source", "func#0 @0\n; goto out; @ x.c:5\n; return r0 = 1; @ x.c:6\n; goto out;\n0: (95) exit\nfrom 0 to 1: R0=1\nprocessed 1 insns (limit 1000000) max_states_per_insn 0", []asm.Instruction{0x95}},
		{"the kernel, lines of all shapes", logLines, []asm.Instruction{0xb7, 0x95}},
		{"libbpf", "libbpf: prog 'f': -- BEGIN PROG LOAD LOG --\n0: (95) exit" + processed + "-- END PROG LOAD LOG --\n", []asm.Instruction{0x95}},
		{"bpftool, a map", "   0: (18) r1 = map[id:7]\n   2: (18) r1 = map[id:7][0]+16", []asm.Instruction{0x1118, 0, 0x1118, 0}},
		{"bpftool, a function", "int f(void *):\n   0: (18) r1 = subprog[+2]\n   2: (85) call pc+1#bpf_prog_0123", []asm.Instruction{0x2_0000_4118, 0, 0x1_0000_1085}},
		{"bpftool, a helper", "   0: (85) call bpf_redirect#-4711", []asm.Instruction{0x17_0000_0085}},

		{"a big-endian listing", listing("       0:\tb7 10 00 00 00 00 00 01\tr1 = 0x1\n       1:\t95 00 00 00 00 00 00 00\texit"), []asm.Instruction{0x1_0000_01b7, 0x95}},
		{"what LLVM does not know", listing("       0:\tff ff ff ff ff ff ff ff\t<unknown>"), []asm.Instruction{0xffffffff_ffffffff}},
		{"half a constant, of which LLVM swallows the next slot", listing("       0:\t18 01 00 00 00 00 00 00 95 00 00 00 00 00 00 00\tr1 = 0x0 ll"), []asm.Instruction{0x118, 0x95}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := parseOne(t, tt.text)
			if fmt.Sprintf("%#v", p.Instructions) != fmt.Sprintf("%#v", tt.want) {
				t.Errorf("got %#v\nwant %#v", p.Instructions, tt.want)
			}
		})
	}
}

// TestHides: what may make an assembler skip lines, and what may not.
func TestHides(t *testing.T) {
	for line, want := range map[string]bool{
		"": false, "; a /* b */ c; // d": false, `; printk("a: %d\n", 5);`: false, "; .ifindex = 5, .data.end = 7": false,
		"; x = a.end;": false, "; c = '#';": false, "       0:\t95 00 00 00 00 00 00 00\texit": false, "; a /= 2 // don't": false,
		"/*": true, "*/": true, "; a /* b": true, "; a */ b": true, "; /*/": true, "; /* */ */": true, "; /* */ call 23": true,
		"; /**/exit": true, `; "/*": exit; "*/"`: true, `; "`: true, `; "\"`: true, `; '"' "`: true, `; '\"'`: true, "; a \\ ": true,
		".if 0": true, " .IF 0": true, "; .ifdef x": true, "; a: .macro m": true, `; "a": .rept 0`: true, ";.end": true, "; b; .endif": true,
		"; /* a */ .else": true,
	} {
		if got := hides(line); got != want {
			t.Errorf("%s: %t, want %t", line, got, want)
		}
	}
}

// TestExceptionCallback: what a program throws to belongs to it, by the one way in
// which a text says what that is.
func TestExceptionCallback(t *testing.T) {
	const text = "f: call bpf_redirect\nexit\n.section tc,\"ax\"\n.globl t\nt: call bpf_throw\nexit\n"
	for name, other := range map[string]string{
		"nothing calls it":      "",
		"another program calls": ".globl u\nu: call f\nexit",
	} {
		programs, err := Parse(strings.NewReader(text+other), "test")
		if err != nil {
			t.Fatal(err)
		}
		p := programs[0]
		want := []verifier.Function{{Name: "t"}, {Name: "f", Start: 2, ExceptionCallback: true}}
		if !reflect.DeepEqual(p.Functions, want) {
			t.Errorf("%s: got %+v, want %+v", name, p.Functions, want)
		}
		if r := verifier.Check(p, verifier.Options{}); r.Verdict != verifier.Stateful {
			t.Errorf("%s: verdict %s, want stateful: the callback redirects", name, r.Verdict)
		}
	}
}

// TestLabelsOfAFunction: of the labels at one slot, that of the program counts.
func TestLabelsOfAFunction(t *testing.T) {
	for _, head := range []string{
		"a:\n.globl b\n.type b,@function\nb: ",
		"a: .globl b\nb: ",
		".globl b\n.type b,@function\nb: a: ",
		".globl a\na: .globl b\n.type b,@function\nb: ",
		".type a,@function\na: .globl b\nb: ",
	} {
		programs, err := Parse(strings.NewReader(".section xdp,\"ax\"\n"+head+"exit\n.globl c\nc: call a\nexit"), "test")
		var names []string
		for _, p := range programs {
			names = append(names, p.Name)
		}
		if !slices.Equal(names, []string{"b", "c"}) {
			t.Errorf("%q: programs %q, %v, want b and c", head, names, err)
		}
	}
}

// TestLogNumbers: a number in a log may be what a loader put in the place of a symbol.
func TestLogNumbers(t *testing.T) {
	for number, want := range map[string]int{"0": 1, "0x1016c": 1, "0xffffffff821fb620": 1, "0x80000000": 0, "0x123456789abcdef0": 0} {
		hex := number
		if number == "0" {
			hex = "0x0"
		}
		p := parseOne(t, fmt.Sprintf("0: (18) r0 = %s ; R0=%s\n2: (95) exit"+processed, hex, number))
		if len(p.References) != want || want > 0 && p.References[0].Kind != verifier.RefVariable {
			t.Errorf("%s: references %+v, want %d", number, p.References, want)
		}
	}
}

// TestLogArena: the kernel prints an address in an arena as a number that it does not
// know. A number is known in every other case.
func TestLogArena(t *testing.T) {
	for _, state := range []string{"scalar()", "scalar(id=1)", "inv(id=0)", "arena"} {
		p := parseOne(t, "0: (18) r1 = 0x100000000000 ; R1="+state+"\n2: (95) exit"+processed)
		want := []verifier.Reference{{Kind: verifier.RefMap, Name: "0x100000000000", Map: verifier.MapArena}}
		if !slices.Equal(p.References, want) || p.Instructions[0] != 0x2118 {
			t.Errorf("%s: got %#v with %+v, want %+v", state, p.Instructions, p.References, want)
		}
	}
}

// TestSectionAsFunction: the name of a section is a symbol to LLVM.
func TestSectionAsFunction(t *testing.T) {
	p := &verifier.Program{Name: "xdp", Section: "xdp", Instructions: []asm.Instruction{0x95}, Functions: []verifier.Function{{Name: "xdp"}}}
	text, err := printed(p)
	if err == nil {
		err = identity(p)
	}
	if err != nil || strings.Contains(text, "xdp:") {
		t.Errorf("%v: a label with the name of the section, want none, in\n%s", err, text)
	}
}

// contract is what holds of any text: it is refused in one line, or each program has
// either an error or instructions, with functions and references inside.
func contract(text string) error {
	programs, err := Parse(strings.NewReader(text), "test")
	if err != nil {
		if programs != nil {
			return fmt.Errorf("programs and the error %w", err)
		}
		return oneLine(err)
	}
	if len(programs) == 0 {
		return fmt.Errorf("neither programs nor an error")
	}
	for _, p := range programs {
		n := len(p.Instructions)
		if (p.Err != nil) != (n == 0) {
			return fmt.Errorf("program %q: %d slots and the error %v", p.Name, n, p.Err)
		}
		if err := oneLine(p.Err); err != nil {
			return err
		}
		for i, f := range p.Functions {
			if f.Start < 0 || f.Start > n || i > 0 && f.Start < p.Functions[i-1].Start {
				return fmt.Errorf("program %q of %d slots: function %d starts at %d", p.Name, n, i, f.Start)
			}
		}
		for i, r := range p.References {
			if r.Slot < 0 || r.Slot >= n || i > 0 && r.Slot < p.References[i-1].Slot {
				return fmt.Errorf("program %q of %d slots: reference %d at %d", p.Name, n, i, r.Slot)
			}
		}
		for slot := range n {
			if line, ok := p.Source(slot); !ok || line.Line < 1 {
				return fmt.Errorf("program %q: slot %d has source line %+v", p.Name, slot, line)
			}
			if slot == 100 {
				break
			}
		}
		verifier.Check(p, verifier.Options{})
	}
	return nil
}

func oneLine(err error) error {
	if err != nil && strings.ContainsAny(err.Error(), "\n\r") {
		return fmt.Errorf("more than one line: %w", err)
	}
	return nil
}

// FuzzParse: hostile text.
func FuzzParse(f *testing.F) {
	for _, name := range corpus.Objects()[:12] {
		raw, err := corpus.Open(name)
		if err != nil {
			f.Fatal(err)
		}
		o, err := object.Read(strings.NewReader(string(raw)), int64(len(raw)))
		if err != nil {
			continue
		}
		for p := range o.Programs() {
			if text, err := printed(p); err == nil {
				f.Add(text)
			}
		}
	}
	f.Add("func#0 @0\n0: R1=ctx() R10=fp0\n0: (18) r1 = 0xffff888109f56400 ; R1=map_ptr(map=m,ks=4)\n2: (85) call bpf_redirect#23\n3: (95) exit" + processed)
	f.Add(listing("       0:\t85 10 00 00 ff ff ff ff\tcall -0x1\n\t\t0000000000000000:  R_BPF_64_32\tg\n       1:\t95 00 00 00 00 00 00 00\texit"))
	f.Add("\t.section\t.BTF.ext,\"\",@progbits\n.short 60319\n.byte 1\n.byte 0\n.long 32\n.long 0,0,0,0,0,28\n.long 16,1,1\n.long f,1,2,3\n.text\nf: exit")
	f.Add(".comm a,4,4\n.weak b\n.type c,@function\nc: call c+8; r1 = a ll; r1 = b ll\nexit")
	f.Fuzz(func(t *testing.T, text string) {
		if err := contract(text); err != nil {
			t.Fatal(err)
		}
	})
}

// TestHostile: no text, however it is made, costs much more than its size.
func TestHostile(t *testing.T) {
	if testing.Short() {
		t.Skip("it measures what things cost")
	}
	const size = 1 << 20
	fill := func(prefix, line string) string { return prefix + strings.Repeat(line, (size-len(prefix))/len(line)) }
	numbered := func(format string) string {
		var b strings.Builder
		for i := 0; b.Len() < size; i++ {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	for name, text := range map[string]string{
		"empty lines":       fill("", "\n"),
		"one long line":     fill("", "a"),
		"one long number":   fill("r0 = ", "9"),
		"statements":        fill("", "exit;"),
		"labels":            numbered("l%d:"),
		"a label per slot":  numbered("l%d: exit\n"),
		"sections":          numbered(".section s%d,\"ax\"\nexit\n"),
		"programs":          numbered("#! program p%d\nexit\n"),
		"unknown calls":     numbered("call f%d\n"),
		"unknown addresses": numbered("r1 = f%d ll\n"),
		"functions":         fill("#! program p\nexit\n", "#! function f\n"),
		"references":        fill("exit ", "\nexit #! core core core core core core core"),
		"calls of one":      fill("f: exit\n", "call f\n"),
		"large callee":      ".section s,\"ax\"\n" + strings.Repeat("exit\n", 50_000) + numbered(".globl p%[1]d\np%[1]d: call s\n"),
		"sections again":    fill(".section s,\"ax\"\n", ".text\n.section s,\"ax\"\n"),
		"errors":            numbered(".globl p%[1]d\np%[1]d: call nobody\n")[:size/4] + fill("", "exit\n"),
		"many logs":         fill("", "-- BEGIN PROG LOAD LOG --\n0: (95) exit\nprocessed 1 insns\n"),
		"a far slot":        fill("999999: (95) exit\n", "-- BEGIN PROG LOAD LOG --\n999999: (95) exit\n"),
		"log, not visited":  fill("0: (95) exit\n", "0: R1=ctx() R2=fp0\n"),
		"listing":           fill("Disassembly of section s:\n", "\n"),
		"listed sections":   numbered("Disassembly of section s%d:\n0000000000000000 <f>:\n       0:\t95 00 00 00 00 00 00 00\texit\n"),
		"quotes":            fill("call ", "\"a\""),
		"words of BTF.ext":  fill(".section .BTF.ext,\"\"\n", ".long 1\n"),
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			start := time.Now()
			programs, err := Parse(strings.NewReader(text), "test")
			took := time.Since(start)
			runtime.ReadMemStats(&after)
			allocated := (after.TotalAlloc - before.TotalAlloc) / uint64(len(text))
			t.Logf("%v, %d bytes allocated a byte of text; %d programs, %v", took.Round(time.Millisecond), allocated, len(programs), err)
			if allocated > 120 {
				t.Errorf("%d bytes allocated a byte of text, want at most 120", allocated)
			}
			if took > 20*time.Second {
				t.Errorf("it took %v, want less than 20 s", took)
			}
		})
	}
}
