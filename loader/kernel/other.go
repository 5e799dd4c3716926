//go:build !linux

package kernel

import (
	"golang.org/x/net/bpf"

	"github.com/statecheck/statecheck/asm"
)

// Kernel is the running kernel: here there is none to look at, and every method says so
// with [ErrNeedsLinux].
type Kernel struct{}

func (k *Kernel) Release() string                             { return "" }
func (k *Kernel) Symbols() (*Symbols, error)                  { return nil, ErrNeedsLinux }
func (k *Kernel) List() ([]*Program, []error, error)          { return nil, nil, ErrNeedsLinux }
func (k *Kernel) ByID(uint32) (*Program, error)               { return nil, ErrNeedsLinux }
func (k *Kernel) ByPin(string) (*Program, error)              { return nil, ErrNeedsLinux }
func (k *Kernel) ByTag([asm.TagSize]byte) ([]*Program, error) { return nil, ErrNeedsLinux }
func (k *Kernel) InCgroup(_, _ string) ([]*Program, error)    { return nil, ErrNeedsLinux }
func (k *Kernel) OnXDP(string) ([]*Program, error)            { return nil, ErrNeedsLinux }
func (k *Kernel) OnTC(string) ([]*Program, error)             { return nil, ErrNeedsLinux }
func (k *Kernel) SocketFilter(_, _ int) ([]bpf.RawInstruction, error) {
	return nil, ErrNeedsLinux
}
