#!/bin/bash -eu
# Builds the fuzz targets within ClusterFuzzLite's image. A test sees to it that each
# target of the repository is here, or the reason why it is not.
module=github.com/statecheck/statecheck

target() { compile_native_go_fuzzer "$module/$1" "$2" "$2"; }

target asm FuzzBytes
target asm FuzzCilium
target asm FuzzDecode
target asm FuzzVerdicts
target asm/dump FuzzRead
target asm/object FuzzRead
target asm/text FuzzParse
target asm/text FuzzText
target fuzz FuzzBlocks
target fuzz FuzzByteOrder
target fuzz FuzzNops
target fuzz FuzzPlain
target fuzz FuzzPrepend
target fuzz FuzzRename
target fuzz FuzzSplit
target internal/policy FuzzPolicy
target verifier FuzzAgrees
target verifier FuzzCheck
target verifier/paths FuzzConcrete
target verifier/paths FuzzWalk
target verifier/paths/scalar FuzzALU
target verifier/paths/scalar FuzzJump
# not fuzz FuzzFailClosed: it loads programs into the kernel, which a container must not
# not fuzz FuzzInvalid: it loads programs into the kernel, which a container must not
