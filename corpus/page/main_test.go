package main

import (
	"os"
	"testing"
)

// TestPage: the page that is committed is the one that the index makes.
func TestPage(t *testing.T) {
	committed, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if string(committed) != string(page()) {
		t.Error("corpus/README.md is not what the index says; run go generate")
	}
}
