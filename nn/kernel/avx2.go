package kernel

// The assembly of the avx2 set comes from a generator that runs on any machine.
//
//go:generate go run ./internal/gen -out avx2_amd64.s -stubs avx2_stub_amd64.go -pkg kernel
