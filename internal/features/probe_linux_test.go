package features

import (
	"testing"

	"github.com/statecheck/statecheck/internal/kerneltest"
)

// A kernel that was released is not taken for one that has the patches. Of the guest's, which
// has them, TestKeeps of loader/kernel asks.
func TestProbe(t *testing.T) {
	kerneltest.Need(t)
	if f := Probe(); f != (Features{}) {
		t.Errorf("%+v, expected nothing", f)
	}
}
