package kernel

// The assembly of the avx512 set comes from the generator of the avx2 set's. On a
// machine without AVX-512 an emulator checks what it computes (.ci/avx512).
//
//go:generate go run ./internal/gen -family avx512 -out avx512_amd64.s -stubs avx512_stub_amd64.go -pkg kernel
//go:generate go run ./internal/gen -family avx512winograd -out avx512_winograd_amd64.s -stubs avx512_winograd_stub_amd64.go -pkg kernel
//go:generate go run ./internal/gen -family avx512winogradgrad -out avx512_winograd_grad_amd64.s -stubs avx512_winograd_grad_stub_amd64.go -pkg kernel
