package filter

import (
	"testing"

	"github.com/statecheck/statecheck/statechecktest"
)

func TestStateless(t *testing.T) {
	spec, err := loadFilter()
	if err != nil {
		t.Fatal(err)
	}
	statechecktest.RequireStateless(t, spec)
}
