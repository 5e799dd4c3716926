module example.com/filter

go 1.26

require (
	github.com/cilium/ebpf v0.22.0
	github.com/statecheck/statecheck v0.0.0
)

require golang.org/x/sys v0.43.0 // indirect

tool github.com/cilium/ebpf/cmd/bpf2go

// In a copy of this folder, delete this line, and "go get github.com/statecheck/statecheck".
replace github.com/statecheck/statecheck => ../..
