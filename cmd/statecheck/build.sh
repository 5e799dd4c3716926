#!/bin/sh
# Builds BPF objects from C: build.sh FILE.c... Debug information keeps the names
# of the files and not where they lay, so that everyone builds the same bytes.
set -e
for source; do
	cd "$(dirname "$source")"
	file=$(basename "$source")
	clang-19 -O2 -g -target bpf -fdebug-compilation-dir=. -I"/usr/include/$(uname -m)-linux-gnu" \
		-c "$file" -o "${file%.c}.o"
	llvm-strip-19 -g "${file%.c}.o" # BTF stays
	cd - >/dev/null
done
