//go:build linux

package guest

import (
	"bytes"
	"os/exec"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestArchive lets cpio(1) list and extract what the kernel is given.
func TestArchive(t *testing.T) {
	if _, err := exec.LookPath("cpio"); err != nil {
		t.Skip("no cpio(1)")
	}
	contents := []byte("twelve bytes, and one")
	cmd := exec.Command("cpio", "--quiet", "-i", "--to-stdout", "usr/bin/init")
	cmd.Stdin = bytes.NewReader(cpio(map[string][]byte{"usr/bin/init": contents, "other": []byte("x")}))
	got, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(contents, got); diff != "" {
		t.Error(diff)
	}
}
