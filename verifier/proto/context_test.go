package proto_test

import (
	"testing"

	"github.com/statecheck/statecheck/verifier"
	"github.com/statecheck/statecheck/verifier/proto"
)

// TestContextTypes: every type of program has a context, but no type and ext.
func TestContextTypes(t *testing.T) {
	for _, name := range append(verifier.ProgramTypes(), "unknown") {
		fields, ok := proto.Context(name)
		if want := name != "" && name != "ext" && name != "unknown"; ok != want {
			t.Errorf("%q: has a context: %v", name, ok)
		}
		for i, f := range fields {
			if f.Size != 4 && f.Size != 8 || f.Offset%int16(f.Size) != 0 || f.Kind == 0 || i > 0 && fields[i-1].Offset >= f.Offset {
				t.Errorf("%s: field %+v", name, f)
			}
		}
		if len(fields) > 0 {
			fields[0] = proto.Field{}
			if again, _ := proto.Context(name); again[0] == fields[0] {
				t.Errorf("%s: the table can be changed", name)
			}
		}
	}
}
