//go:build unix

package store

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// owned returns an error where a file belongs to another user than the one who asks.
func owned(info fs.FileInfo) error {
	if stat, ok := info.Sys().(*syscall.Stat_t); !ok || int(stat.Uid) != os.Geteuid() {
		return fmt.Errorf("it belongs to somebody else, expected user %d", os.Geteuid())
	}
	return nil
}
