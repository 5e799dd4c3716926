package oracle

// Opinion is what the kernel says of a program.
type Opinion uint8

// Opinions.
const (
	// None: the kernel did not come to an end: a limit, a resource or the room for
	// the log. What it visited until then counts all the same.
	None Opinion = iota
	// Unasked: the verifier was not asked, because the kernel lets nobody load that
	// type, or has not what the program names.
	Unasked
	Refuses
	Loads
)

// String is the opinion in a word.
func (o Opinion) String() string {
	return [...]string{"no opinion", "cannot be asked", "refuses", "loads"}[o]
}

// Answer is what the kernel made of a program.
type Answer struct {
	Opinion Opinion
	Err     error  // the kernel's errno, or why it could not be asked; nil if it loads
	Log     []byte // of level 2, until the next question
	Uses    []Use  // what the flag would refuse, so far as the walk came
	Visited []bool // by slot
}
