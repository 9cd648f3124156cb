package kernel

// The assembly of the avx2 set comes from a generator that runs on any machine.
//
//go:generate go run ./internal/gen -family avx2 -out avx2_amd64.s -stubs avx2_stub_amd64.go -pkg kernel
//go:generate go run ./internal/gen -family avx2winograd -out avx2_winograd_amd64.s -stubs avx2_winograd_stub_amd64.go -pkg kernel
//go:generate go run ./internal/gen -family avx2winogradgrad -out avx2_winograd_grad_amd64.s -stubs avx2_winograd_grad_stub_amd64.go -pkg kernel
