package kernel

// The assembly comes from a generator that runs on any machine. On a machine
// without AVX-512, an emulator checks that set (.ci/avx512).
//
//go:generate go run ./internal/gen -family avx2 -out avx2_amd64.s -stubs avx2_stub_amd64.go -pkg kernel
//go:generate go run ./internal/gen -family avx2winograd -out avx2_winograd_amd64.s -stubs avx2_winograd_stub_amd64.go -pkg kernel
//go:generate go run ./internal/gen -family avx2winogradgrad -out avx2_winograd_grad_amd64.s -stubs avx2_winograd_grad_stub_amd64.go -pkg kernel
//go:generate go run ./internal/gen -family avx512 -out avx512_amd64.s -stubs avx512_stub_amd64.go -pkg kernel
//go:generate go run ./internal/gen -family avx512winograd -out avx512_winograd_amd64.s -stubs avx512_winograd_stub_amd64.go -pkg kernel
//go:generate go run ./internal/gen -family avx512winogradgrad -out avx512_winograd_grad_amd64.s -stubs avx512_winograd_grad_stub_amd64.go -pkg kernel
