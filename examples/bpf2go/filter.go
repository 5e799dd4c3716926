// Package filter is an example to copy: a BPF program by bpf2go whose test is the
// gate that keeps it stateless.
//
//	go generate    # builds filter.c with clang-19
//	go test        # fails, with the line of C, once the program keeps state
package filter

//go:generate go tool bpf2go -cc clang-19 -strip llvm-strip-19 -target bpfel filter filter.c
