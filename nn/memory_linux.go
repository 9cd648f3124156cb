package nn

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

const hugePage = 2 << 20 // bytes, on amd64 and on arm64 with pages of 4 KB

// huge asks the system for huge pages for x. Pages only partly in x also hold other
// memory of Go's heap, which does no harm.
func huge[T any](x []T) {
	p := unsafe.SliceData(x)
	n := uintptr(len(x)) * unsafe.Sizeof(*p)
	if n < hugePage/8 {
		return
	}
	start := uintptr(unsafe.Pointer(p)) &^ (hugePage - 1)
	end := (uintptr(unsafe.Pointer(p)) + n + hugePage - 1) &^ (hugePage - 1)
	unix.Syscall(unix.SYS_MADVISE, start, end-start, unix.MADV_HUGEPAGE) // if it fails, memory is only slower
}
