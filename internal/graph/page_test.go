package graph

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// browser is a page in a real browser, and what went wrong in it.
type browser struct {
	*testing.T
	ctx context.Context

	mu       sync.Mutex
	problems []string
	requests []string
}

// open starts Chromium, headless and without a network, and opens a file.
func open(t *testing.T, path string) *browser {
	t.Helper()
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		missing(t, err)
	}
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(chromium), chromedp.NoSandbox, chromedp.WindowSize(1400, 900),
		chromedp.Flag("disable-quic", true), chromedp.WSURLReadTimeout(time.Minute))...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	b := &browser{T: t, ctx: ctx}
	if err := chromedp.Listen(ctx, b.listen); err != nil {
		t.Fatal(err)
	}
	b.ctx, cancel = context.WithTimeout(ctx, 3*time.Minute)
	t.Cleanup(cancel)
	b.do(chromedp.Func(func(ctx context.Context, page *chromedp.Target) error {
		_, err := cdp.Call(ctx, page, network.Enable, network.EnableParams{})
		return err
	}), chromedp.Navigate("file://"+path))
	return b
}

func (b *browser) listen(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		b.problems = append(b.problems, e.ExceptionDetails.Text)
	case *cdplog.EventEntryAdded:
		b.problems = append(b.problems, e.Entry.Text)
	case *network.EventRequestWillBeSent:
		b.requests = append(b.requests, e.Request.URL)
	}
}

func (b *browser) do(actions ...chromedp.Action[chromedp.Void]) {
	b.Helper()
	if err := chromedp.Do(b.ctx, actions...); err != nil {
		b.Fatal(err)
	}
}

// value evaluates an expression of JavaScript.
func value[V any](b *browser, expression string) V {
	b.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[V](expression))
	if err != nil {
		b.Fatalf("%s: %v", expression, err)
	}
	return v
}

// script runs statements of JavaScript.
func script(statements string) chromedp.Action[chromedp.Void] {
	return chromedp.Evaluate[chromedp.Void](statements)
}

// quiet checks that nothing went wrong and nothing but the page was asked for.
func (b *browser) quiet() {
	b.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.problems) > 0 {
		b.Errorf("the browser complains: %s", strings.Join(b.problems, "; "))
	}
	if len(b.requests) != 1 {
		b.Errorf("requests of %q, want the page alone", b.requests)
	}
}

func openHTML(t *testing.T, programs []*Program) *browser {
	t.Helper()
	return open(t, write(t, "page.html", func(f *os.File) error { return HTML(f, programs) }))
}

// named is a program of the corpus.
func named(t *testing.T, object, program string) *Program {
	t.Helper()
	for _, s := range subjects(t) {
		if s.drawn.Object == object && s.drawn.Name == program {
			return s.drawn
		}
	}
	t.Fatalf("no %s in %s", program, object)
	return nil
}

func TestPage(t *testing.T) {
	b := openHTML(t, []*Program{named(t, "demo.o", "drop_ipv6"), named(t, "demo.o", "forward_ipv4")})
	const here = `document.querySelector(".here .code, .here code")?.textContent`
	const visible = `(() => { const r = document.querySelector(".here").getBoundingClientRect();
		return r.top >= 0 && r.bottom <= innerHeight && r.left >= 0 && r.right <= innerWidth })()`

	// The next finding is shown, by the button and by its key.
	b.do(chromedp.Click(chromedp.CSS("#next")))
	if got := value[string](b, here); got != "call bpf_redirect" {
		b.Errorf("the next finding is %q, want call bpf_redirect", got)
	}
	if !value[bool](b, visible) {
		b.Error("the finding is not in view")
	}
	b.do(script(`document.querySelector(".here").classList.remove("here"); scrollTo(0, 0)`), chromedp.KeyEvent("n"))
	if got := value[string](b, here); got != "call bpf_redirect" {
		b.Errorf("after the key: %q", got)
	}

	// What is looked for is counted and shown, in instructions and source.
	b.do(chromedp.SendKeys(chromedp.CSS("#find"), "REDIRECT"))
	if got := value[string](b, `document.getElementById("count").value`); got != "2" {
		b.Errorf("%s hits, want 2: the call and its line", got)
	}
	b.do(chromedp.SendKeys(chromedp.CSS("#find"), "\r"))
	if got := value[string](b, here); !strings.Contains(got, "bpf_redirect") || !value[bool](b, visible) {
		b.Errorf("the first hit is %q", got)
	}
	b.do(chromedp.SendKeys(chromedp.CSS("#find"), strings.Repeat("\b", len("REDIRECT"))))
	if got := value[int](b, `document.querySelectorAll(".hit").length`); got != 0 {
		b.Errorf("%d hits of nothing", got)
	}

	// Zoom.
	const width = `document.querySelector("main svg").getBoundingClientRect().width`
	before := value[float64](b, width)
	b.do(chromedp.Click(chromedp.CSS("#in")))
	if after := value[float64](b, width); after <= before {
		b.Errorf("%v wide after +, and %v before", after, before)
	}
	b.do(chromedp.Click(chromedp.CSS("#out")), chromedp.Click(chromedp.CSS("#out")))
	if after := value[float64](b, width); after >= before {
		b.Errorf("%v wide after -, and %v before", after, before)
	}

	// A source line shows its instructions, and an instruction its line.
	const picked = `[...document.querySelectorAll(".insn.picked .code")].map(e => e.textContent).join("; ")`
	line := `//aside//li[contains(., "bpf_redirect")]`
	b.do(chromedp.Click(line))
	if got := value[string](b, picked); !strings.Contains(got, "call bpf_redirect") || strings.Contains(got, "exit") {
		b.Errorf("the line stands for %q", got)
	}
	b.do(script(`document.querySelector(".picked .code").scrollIntoView()`),
		chromedp.Click(chromedp.CSS("#p0s0 .code")))
	if got := value[string](b, `document.querySelector("li.picked code").textContent`); got == "" || strings.Contains(got, "bpf_redirect") {
		b.Errorf("the first instruction comes from %q", got)
	}

	// Links lead to what they name.
	b.do(chromedp.Click(chromedp.CSS(".findings a")))
	if got := value[string](b, `document.querySelector(":target .code").textContent`); got != "call bpf_redirect" {
		b.Errorf("the link leads to %q", got)
	}
	b.quiet()
}

// A page of names that nobody vouches for shows them, and does nothing else.
func TestPageHostile(t *testing.T) {
	programs := hostile(t)
	b := openHTML(t, programs)
	if got := value[string](b, `typeof window.pwned`); got != "undefined" {
		b.Error("a name was run")
	}
	for i, p := range programs {
		for what, selector := range map[string]string{
			p.Name:            fmt.Sprintf("#p%d h1", i),
			p.Sources[0].File: fmt.Sprintf("#p%d h2", i),
			p.Sources[0].Text: fmt.Sprintf("#p%d code", i),
		} {
			if got := value[string](b, fmt.Sprintf("document.querySelector(%q).textContent", selector)); !strings.Contains(got, what) {
				b.Errorf("%s shows %q, want %q", selector, got, what)
			}
		}
	}
	// The policy stops what would come by.
	b.do(script(`document.body.insertAdjacentHTML("beforeend", "<img src='data:,' onerror='window.pwned=1'>");
		document.body.append(Object.assign(document.createElement("script"), {textContent: "window.pwned=1"}))`), chromedp.Sleep(100*time.Millisecond))
	if got := value[string](b, `typeof window.pwned`); got != "undefined" {
		b.Error("the policy lets scripts run that are not the page's")
	}
}

// 10,000 instructions stay usable.
func TestPageLarge(t *testing.T) {
	if testing.Short() {
		t.Skip("a minute with the race detector")
	}
	programs := []*Program{drawLarge(t, 10_000)}
	start := time.Now()
	b := openHTML(t, programs)
	if got := value[int](b, `document.querySelectorAll(".insn").length`); got != programs[0].Slots {
		b.Errorf("%d instructions, want %d", got, programs[0].Slots)
	}
	t.Logf("opened in %v", time.Since(start))
	start = time.Now()
	b.do(chromedp.SendKeys(chromedp.CSS("#find"), "redirect"))
	if got := value[int](b, `Number(document.getElementById("count").value)`); got != len(programs[0].Findings) {
		b.Errorf("%d hits, want %d", got, len(programs[0].Findings))
	}
	b.do(chromedp.SendKeys(chromedp.CSS("#find"), "\r\r"), chromedp.Click(chromedp.CSS("#in")))
	took := time.Since(start)
	t.Logf("looked for, shown and made larger in %v", took)
	if took > 30*time.Second {
		t.Errorf("%v to look for something, expected seconds", took)
	}
	b.quiet()
}

// Letters fit into their boxes, by the browser's fonts.
func TestPictureInBrowser(t *testing.T) {
	programs := corpusPrograms(t)[:40]
	b := open(t, write(t, "picture.svg", func(f *os.File) error { return SVG(f, programs) }))
	blocks := 0
	for _, p := range programs {
		blocks += len(p.Blocks)
	}
	if got := value[int](b, `document.querySelectorAll("g.block").length`); got != blocks {
		b.Errorf("%d blocks, want %d", got, blocks)
	}
	if got := value[[]string](b, `[...document.querySelectorAll("g.block text")].filter(e => {
		const box = e.closest("g.block").querySelector("rect").getBBox(), text = e.getBBox();
		return text.x < box.x || text.x + text.width > box.x + box.width || text.y + text.height > box.y + box.height + 2;
	}).map(e => e.textContent)`); len(got) > 0 {
		b.Errorf("%d texts do not fit, the first is %q", len(got), got[0])
	}
	b.quiet()
}
