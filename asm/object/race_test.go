//go:build race

package object_test

// slowdown is what the race detector costs; limits on time allow for it.
const slowdown = 20
