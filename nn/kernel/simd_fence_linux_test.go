//go:build amd64 && !noasm

package kernel

import (
	"runtime/debug"
	"syscall"
	"testing"
	"unsafe"
)

// fenced returns n floats that end where an unreadable page begins or, if
// front, begin where one ends.
func fenced(t *testing.T, n int, front bool) []float32 {
	page := syscall.Getpagesize()
	body := (4*n + page - 1) / page * page
	m, err := syscall.Mmap(-1, 0, body+2*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Munmap(m); err != nil {
			t.Error(err)
		}
	})
	for _, fence := range [][]byte{m[:page], m[page+body:]} {
		if err := syscall.Mprotect(fence, syscall.PROT_NONE); err != nil {
			t.Fatal(err)
		}
	}
	first := page
	if !front {
		first += body - 4*n
	}
	return unsafe.Slice((*float32)(unsafe.Pointer(&m[first])), n)
}

// No call touches memory next to its slices, not even to read it.
func TestSIMDFences(t *testing.T) {
	eachSet(t, allSets(), fences)
}

func fences(t *testing.T, s *Set[float32]) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	try := func(what string, f func()) {
		defer func() {
			if r := recover(); r != nil {
				t.Errorf("%s: %v", what, r)
			}
		}()
		f()
	}
	const n = 2
	for _, front := range []bool{false, true} {
		for _, c := range []Conv{
			{3, 16, 1, 1, 1}, {3, 32, 7, 5, 1}, {3, 16, 6, 6, 2},
			{16, 16, 1, 1, 1}, {16, 32, 7, 7, 1}, {32, 16, 8, 8, 1}, {16, 16, 9, 9, 1}, {16, 32, 6, 5, 1},
			{16, 16, 1, 1, 2}, {16, 32, 7, 7, 2}, {32, 16, 8, 6, 2},
			{16, 16, 1, 28, 1}, {16, 16, 3, 32, 1}, {16, 16, 3, 16, 2},
		} {
			b := newBench(s, c, n)
			for _, v := range []*[]float32{&b.w, &b.x, &b.y, &b.dx, &b.forward, &b.backward, &b.acc, &b.scratch} {
				*v = fenced(t, len(*v), front)
			}
			try(name(c)+" pack", func() {
				b.s.Pack(c, Forward, b.w, b.forward)
				if !c.Stem() {
					b.s.Pack(c, BackwardData, b.w, b.backward)
				}
				b.s.Unpack(c, b.acc, b.w)
			})
			for _, f := range b.calls() {
				try(name(c)+" "+f.name, f.run)
			}
		}
		for _, n := range []int{1, 16, 35} {
			value, grad, velocity := fenced(t, n, front), fenced(t, n, front), fenced(t, n, front)
			try("descend", func() { Descend(value, grad, velocity, .1, .9, .1) })
		}
		for _, hw := range []int{1, 2, 3, 5, 8, 49} {
			const channels = 2 * Block
			for _, f := range normCalls(s, n, channels, hw, func(k int) []float32 { return fenced(t, k, front) }) {
				try(f.name, f.run)
			}
		}
	}
}
