package main

import (
	"context"
	"flag"
	"fmt"
	"github.com/statecheck/statecheck/asm"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/statecheck/statecheck/fuzz/generate"
	"github.com/statecheck/statecheck/fuzz/kernel/guest"
	"github.com/statecheck/statecheck/fuzz/oracle"
	"github.com/statecheck/statecheck/verifier"
)

func main() {
	n := flag.Int("n", 1000, "")
	seed := flag.Int("seed", 1, "")
	show := flag.Int("show", 3, "")
	kind := flag.String("kind", "", "less|more|inc")
	flag.Parse()
	ctx := context.Background()
	kernel, err := guest.Cached(ctx)
	if err != nil {
		panic(err)
	}
	gu, err := guest.New(ctx, kernel)
	if err != nil {
		panic(err)
	}
	defer gu.Close()
	g := generate.Program()
	var loads, equal, less, more, inc, insns int
	var ours, theirs time.Duration
	shown := 0
	for i := 0; i < *n; i++ {
		p := g.Example(*seed + i)
		if slices.ContainsFunc(p.Instructions, func(ins asm.Instruction) bool { return ins.IsHelperCall() && ins.Imm() == 8 }) {
			continue
		}
		t0 := time.Now()
		vis, ok := verifier.Visits(&p.Program)
		ours += time.Since(t0)
		t0 = time.Now()
		ans, err := gu.Ask(ctx, []guest.Question{{Program: &p, LogLevel: oracle.LogAll}})
		if err != nil {
			panic(err)
		}
		a := oracle.Answer{Opinion: ans[0].Plain.Opinion, Log: ans[0].Plain.Log}
		_, a.Visited = oracle.Judge(&p.Program, a.Log)
		theirs += time.Since(t0)
		if a.Opinion != oracle.Loads {
			continue
		}
		loads++
		insns += len(p.Instructions)
		what := ""
		at := -1
		if !ok {
			inc++
			what = "inc"
		} else {
			l, m := false, false
			for s := range a.Visited {
				if a.Visited[s] && !vis[s] {
					if !l {
						at = s
					}
					l = true
				}
				if !a.Visited[s] && vis[s] {
					if at < 0 {
						at = s
					}
					m = true
				}
				_ = l
			}
			switch {
			case l:
				less++
				what = "less"
			case m:
				more++
				what = "more"
			default:
				equal++
			}
		}
		if what != "" && (*kind == "" || *kind == what) && shown < *show {
			shown++
			fmt.Printf("=== seed %d: %s at %d, type %s\n", *seed+i, what, at, p.Type)
			lines := strings.Split(string(a.Log), "\n")
			for s, ins := range p.Instructions[:0] {
				v := ' '
				if len(vis) > s && vis[s] {
					v = 'v'
				}
				k := ' '
				if len(a.Visited) > s && a.Visited[s] {
					k = 'k'
				}
				fmt.Printf("%4d %c%c %#v\n", s, k, v, ins)
			}
			// log around the branch
			for b, ins := range p.Instructions {
				if c := ins.Opcode().Class(); c != asm.ClassJMP && c != asm.ClassJMP32 || !vis[b] || !a.Visited[b] {
					continue
				}
				op := ins.Opcode()
				if op == asm.Call || op == asm.Exit || op.Code() == 0 {
					continue
				}
				t := b + 1 + int(ins.Off())
				if vis[b+1] == a.Visited[b+1] && vis[t] == a.Visited[t] {
					continue
				}
				n := 0
				for j, l := range lines {
					if strings.HasPrefix(l, fmt.Sprintf("%d: (", b)) && n < 3 {
						n++
						for k := max(0, j-10); k < min(len(lines), j+1); k++ {
							if !strings.Contains(lines[k], "mark_precise") && !strings.HasPrefix(lines[k], fmt.Sprintf("%d: R", b)) {
								fmt.Println("   |", lines[k])
							}
						}
						fmt.Println("   --")
					}
				}
				break
			}
			os.WriteFile(fmt.Sprintf("/tmp/wt/log-%d.txt", *seed+i), a.Log, 0o644)
		}
	}
	fmt.Printf("loads %d equal %d less %d more %d incomplete %d; ours %v theirs %v\n", loads, equal, less, more, inc, ours, theirs)
}
