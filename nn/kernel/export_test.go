package kernel

// always chooses Winograd wherever it exists.
func always(c Conv) Algorithm {
	if winogradServes(c) {
		return Winograd
	}
	return Direct
}

// PortableWinograd is the portable set with Winograd wherever it exists.
func PortableWinograd[T Float]() *Set[T] { return route(Portable[T](), portableWinograd[T](), always) }

// AVX2Winograd is the avx2 set with Winograd wherever it exists.
func AVX2Winograd() *Set[float32] { return route(avx2Set(), avx2Winograd(), always) }

// AVX512Winograd is the avx512 set with Winograd wherever it exists.
func AVX512Winograd() *Set[float32] { return route(avx512Set(), avx512Winograd(), always) }
