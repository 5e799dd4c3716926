// Statecheck decides whether BPF programs are stateless, from their instructions alone.
//
// See "statecheck help", and docs/statelessness.md for what the word means.
package main

import "os"

func main() {
	os.Exit(Command{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr}.Main(os.Args[1:]))
}
