package kernel

// A compiler may fuse x*y+z into one instruction with one rounding (on arm64, or on
// amd64 under GOAMD64=v3). That changes every float, so the names of all sets
// contain it.

//go:noinline
func multiplyAdd[T Float](x, y, z T) T { return x*y + z }

// fusedSuffix returns "+fma" if this build fuses. It compares (1+e)² and 1+2e,
// whose difference is e² with one rounding and 0 with two, if e² is just below the
// last bit.
func fusedSuffix[T Float]() string {
	e := T(1)
	for T(1)+e*e != 1 {
		e /= 2
	}
	if multiplyAdd(1+e, 1+e, -(1+2*e)) != 0 {
		return "+fma"
	}
	return ""
}
