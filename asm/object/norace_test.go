//go:build !race

package object_test

const slowdown = 1
