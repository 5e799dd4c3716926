package object_test

import (
	"fmt"
	"log"
	"os"

	"github.com/statecheck/statecheck/asm/object"
)

func ExampleRead() {
	f, err := os.Open("testdata/btf-el.o")
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		log.Fatal(err)
	}
	o, err := object.Read(f, info.Size())
	if err != nil {
		log.Fatal(err)
	}
	for p := range o.Programs() {
		if p.Err != nil {
			fmt.Println(p.Name, "cannot be judged:", p.Err)
			continue
		}
		for _, r := range p.References {
			if line, ok := p.Source(r.Slot); ok && r.Map != "" {
				fmt.Printf("%s:%d: %s %q\n", line.File, line.Line, r.Map, r.Name)
			}
		}
	}
	// Output:
	// unresolved cannot be judged: section "tc", byte 80: unresolved external call to "undeclared", expected a function of the object or one declared __ksym in its BTF
	// ./testdata/btf.c:65: kconfig ".kconfig"
	// ./testdata/btf.c:65: kconfig ".kconfig"
	// ./testdata/btf.c:73: arena "arena"
	// ./testdata/btf.c:74: map "hash"
	// throws_at_nobody cannot be judged: exception callback "nobody", expected a function of that name
}
