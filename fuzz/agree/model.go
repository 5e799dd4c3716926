//go:build linux

package main

import (
	"context"

	"github.com/statecheck/statecheck/fuzz/kernel/guest"
	"github.com/statecheck/statecheck/fuzz/oracle"
)

// model is the kernel that verdicts speak of. It is built, if it has to be, and booted when
// it is first asked. It is not safe for concurrent use.
type model struct {
	ctx   context.Context
	guest *guest.Guest
}

func (m *model) ask(p *oracle.Program) (oracle.Answer, error) {
	if m.guest == nil {
		kernel, err := guest.Build(m.ctx)
		if err != nil {
			return oracle.Answer{}, err
		}
		if m.guest, err = guest.New(m.ctx, kernel); err != nil {
			return oracle.Answer{}, err
		}
	}
	answers, err := m.guest.Ask(m.ctx, []guest.Question{{Program: p, LogLevel: oracle.LogAll}})
	if err != nil {
		return oracle.Answer{}, err
	}
	return answers[0].Plain.Answer(&p.Program), nil
}

func (m *model) close() {
	if m.guest != nil {
		m.guest.Close()
	}
}
