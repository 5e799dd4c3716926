package store_test

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/asm/dump"
	"github.com/statecheck/statecheck/loader/store"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv("STORE_WRITER"); dir != "" {
		writer(dir)
	}
	os.Exit(m.Run())
}

// numbered returns a program that no other number has.
func numbered(n uint64) dump.Dump {
	d := dump.Dump{Name: "filter", Type: 1, License: "GPL"}
	for range n % 500 { // so that some take several writes to the disk
		d.Instructions = append(d.Instructions, asm.New(0xb7, 0, 0, 0, 1))
	}
	d.Instructions = append(d.Instructions,
		asm.New(asm.LoadImm64, 0, 0, 0, int32(n)), asm.New(0, 0, 0, 0, int32(n>>32)), asm.New(asm.Exit, 0, 0, 0, 0))
	return d
}

// number is the number of a program of numbered.
func number(d dump.Dump) uint64 {
	at := len(d.Instructions) - 3
	return uint64(uint32(d.Instructions[at].Imm())) | uint64(uint32(d.Instructions[at+1].Imm()))<<32
}

func open(t testing.TB) (*store.Store, string) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("who owns a folder cannot be told here")
	}
	dir := filepath.Join(t.TempDir(), "store")
	s, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s, dir
}

func TestPutAndLookup(t *testing.T) {
	s, dir := open(t)
	d := numbered(7)
	tag := asm.TagSHA256(d.Instructions)
	other := d
	other.Type = 3 // the tag is blind to it
	var files []string
	for _, d := range []dump.Dump{d, other, d, numbered(8)} {
		tag := asm.TagSHA256(d.Instructions)
		file, err := s.Put(tag, d)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	if files[0] != files[2] {
		t.Errorf("the same dump is in %s and %s", files[0], files[2])
	}
	entries, err := s.Lookup(tag)
	if err != nil || len(entries) != 2 {
		t.Fatalf("%d entries, %v, expected the two of the tag", len(entries), err)
	}
	all, err := s.All()
	if err != nil || len(all) != 3 {
		t.Fatalf("%d entries, %v, expected 3", len(all), err)
	}
	i := slices.IndexFunc(entries, func(e store.Entry) bool { return e.Fits(store.Query{Type: 1, Slots: 10, Name: "filter"}) })
	if i < 0 || entries[i].File != files[0] {
		t.Fatal("the entry that fits is not the one that was put")
	}
	if diff := cmp.Diff(d, entries[i].Dump); diff != "" {
		t.Errorf("-put +found:\n%s", diff)
	}
	for _, q := range []store.Query{{Type: 2}, {Slots: 11}, {Name: "filte"}} {
		if entries[i].Fits(q) {
			t.Errorf("it fits %+v", q)
		}
	}
	for path, want := range map[string]fs.FileMode{dir: 0o700, filepath.Join(dir, files[0]): 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: mode %#o, expected %#o (%v)", path, info.Mode().Perm(), want, err)
		}
	}
}

// What somebody changed is refused by name, and does not hide the other entries.
func TestTampered(t *testing.T) {
	var zero store.Tag
	tests := []struct {
		name, reason string
		change       func(path string) error
	}{
		{"flipped", "a bit of the contents", func(path string) error {
			raw, err := os.ReadFile(path)
			if err == nil {
				raw[60] ^= 1
				err = os.WriteFile(path, raw, 0o600)
			}
			return err
		}},
		{"cut", "half of it", func(path string) error { return os.Truncate(path, 50) }},
		{"emptied", "what a file system may leave of a crash", func(path string) error { return os.Truncate(path, 0) }},
		{"longer", "something behind it", func(path string) error {
			f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
			if err != nil {
				return err
			}
			_, err = f.WriteString("x")
			return errors.Join(err, f.Close())
		}},
		{"another program", "a valid dump under the name of this one", func(path string) error {
			f, err := os.Create(path)
			if err != nil {
				return err
			}
			return errors.Join(dump.Write(f, numbered(99)), f.Close())
		}},
		{"renamed", "under the tag of another program", func(path string) error {
			dir, file := filepath.Split(path)
			return os.Rename(path, filepath.Join(dir, strings.Repeat("00", len(zero))+file[2*len(zero):]))
		}},
		{"link", "not a file of the store", func(path string) error {
			target := filepath.Join(filepath.Dir(filepath.Dir(path)), "elsewhere")
			return errors.Join(os.Rename(path, target), os.Symlink(target, path))
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, dir := open(t)
			d := numbered(3)
			file, err := s.Put(asm.TagSHA256(d.Instructions), d)
			if err != nil {
				t.Fatal(err)
			}
			good := numbered(4)
			if _, err := s.Put(asm.TagSHA256(good.Instructions), good); err != nil {
				t.Fatal(err)
			}
			if err := tt.change(filepath.Join(dir, file)); err != nil {
				t.Fatal(err)
			}
			entries, err := s.All()
			if err == nil || !strings.Contains(err.Error(), file[2*len(zero):]) {
				t.Errorf("%s: error %v, expected one that names %s", tt.reason, err, file)
			}
			if len(entries) != 1 || number(entries[0].Dump) != 4 {
				t.Errorf("%d entries, expected the one that is untouched", len(entries))
			}
		})
	}
}

// What suits the types of one kernel did not make it to another.
func TestRelease(t *testing.T) {
	for _, tt := range []struct {
		name, reason, entry, kernel string
		fits                        bool
	}{
		{"any", "it suits every kernel", "", "6.12.1", true},
		{"same", "it was relocated for this one", "6.12.1", "6.12.1", true},
		{"another", "it was relocated for another one", "6.12.0", "6.12.1", false},
		{"unknown", "nothing is asked", "6.12.0", "", true},
	} {
		e := store.Entry{Dump: dump.Dump{Release: tt.entry}}
		if got := e.Fits(store.Query{Release: tt.kernel}); got != tt.fits {
			t.Errorf("%s: fits: %v, expected %v: %s", tt.name, got, tt.fits, tt.reason)
		}
	}
}

// All damaged entries are named, in one line.
func TestDamaged(t *testing.T) {
	s, dir := open(t)
	var files []string
	for n := range uint64(2) {
		d := numbered(n)
		file, err := s.Put(asm.TagSHA256(d.Instructions), d)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(filepath.Join(dir, file), 9); err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	_, err := s.All()
	if err == nil || strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), files[0]) || !strings.Contains(err.Error(), files[1]) {
		t.Errorf("error %v, expected a line with %v", err, files)
	}
}

// A folder that others may change or read is refused.
func TestOpenRefuses(t *testing.T) {
	for _, perm := range []fs.FileMode{0o777, 0o770, 0o720, 0o755, 0o701} {
		t.Run(fmt.Sprintf("%#o", perm), func(t *testing.T) {
			_, dir := open(t)
			if err := os.Chmod(dir, perm); err != nil {
				t.Fatal(err)
			}
			if s, err := store.Open(dir); err == nil || !strings.Contains(err.Error(), "expected 0700") {
				t.Errorf("store %v, error %v", s, err)
			}
		})
	}
	t.Run("owner", func(t *testing.T) {
		if os.Geteuid() != 0 {
			t.Skip("not root, who alone can give a folder away")
		}
		_, dir := open(t)
		if err := os.Chown(dir, 65534, 65534); err != nil {
			t.Fatal(err)
		}
		if s, err := store.Open(dir); err == nil || !strings.Contains(err.Error(), "somebody else") {
			t.Errorf("store %v, error %v", s, err)
		}
	})
}

// What writers that were ended left behind goes away, but not what one is writing.
func TestLeftovers(t *testing.T) {
	_, dir := open(t)
	old, fresh := filepath.Join(dir, ".new-old"), filepath.Join(dir, ".new-fresh")
	for _, path := range []string{old, fresh} {
		if err := os.WriteFile(path, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chtimes(old, time.Time{}, time.Now().Add(-2*time.Hour)); err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := os.Stat(old); !errors.Is(err, fs.ErrNotExist) {
		t.Error("the old file is still there")
	}
	if _, err := os.Stat(fresh); err != nil {
		t.Error("the fresh file is gone")
	}
	stuck := filepath.Join(dir, ".new-stuck") // as all are where nothing may be written
	if err := os.MkdirAll(filepath.Join(stuck, "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(stuck, time.Time{}, time.Now().Add(-2*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if s, err := store.Open(dir); err != nil {
		t.Errorf("a file that cannot be removed: %v, expected that it may be there", err)
	} else {
		s.Close()
	}
	if entries, err := s.All(); err != nil || len(entries) != 0 {
		t.Errorf("%d entries, %v, expected none", len(entries), err)
	}
}

// writer puts programs until it is killed, and says of each when it is acknowledged.
func writer(dir string) {
	s, err := store.Open(dir)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	for {
		n := rand.Uint64()
		d := numbered(n)
		if _, err := s.Put(asm.TagSHA256(d.Instructions), d); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		os.Stdout.Write(binary.LittleEndian.AppendUint64([]byte("ok"), n))
	}
}

// Four processes write and are killed at any moment, 200 times: what each said was
// kept is there, and nothing that is there is damaged.
func TestKilled(t *testing.T) {
	kills := 200
	if testing.Short() {
		kills = 20
	}
	const writers = 4
	s, dir := open(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	type result struct {
		acknowledged []uint64
		err          error
	}
	results := make(chan result)
	for range writers {
		go func() {
			var r result
			for range kills / writers {
				var said []uint64
				if said, r.err = killedWriter(self, dir); r.err != nil {
					break
				}
				r.acknowledged = append(r.acknowledged, said...)
			}
			results <- r
		}()
	}
	var want []uint64
	for range writers {
		r := <-results
		if r.err != nil {
			t.Error(r.err)
		}
		want = append(want, r.acknowledged...)
	}
	entries, err := s.All()
	if err != nil {
		t.Errorf("a damaged entry: %v", err)
	}
	there := make(map[uint64]bool)
	for _, e := range entries {
		n := number(e.Dump)
		if !cmp.Equal(e.Dump, numbered(n)) {
			t.Errorf("%s is no program that was put", e.File)
		}
		there[n] = true
	}
	for _, n := range want {
		if !there[n] {
			t.Errorf("program %d was acknowledged and is not there", n)
		}
	}
	if len(want) < kills {
		t.Errorf("%d programs were acknowledged, expected some of each of %d writers", len(want), kills)
	}
	t.Logf("%d kills, %d acknowledged, %d there", kills, len(want), len(entries))
}

// killedWriter runs a writer, kills it some time after its first program, and returns
// the programs that it said were kept.
func killedWriter(self, dir string) ([]uint64, error) {
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), "STORE_WRITER="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	defer cmd.Wait()
	var said []uint64
	var timer *time.Timer
	for r := bufio.NewReader(out); ; {
		var line [10]byte
		for i := range line {
			if line[i], err = r.ReadByte(); err != nil {
				return said, nil // killed
			}
		}
		if string(line[:2]) != "ok" {
			rest, _ := r.ReadString('\n')
			cmd.Process.Kill()
			return nil, fmt.Errorf("the writer says %q", string(line[:])+rest)
		}
		said = append(said, binary.LittleEndian.Uint64(line[2:]))
		if timer == nil {
			timer = time.AfterFunc(time.Duration(rand.IntN(10_000))*time.Microsecond, func() { cmd.Process.Kill() })
		}
	}
}
