package kernel

// always chooses Winograd wherever it exists.
func always(c Conv) Algorithm {
	if winogradServes(c) {
		return Winograd
	}
	return Direct
}

// PortableWinograd64 is the portable set in float64 with Winograd wherever it exists.
func PortableWinograd64() *Set[float64] {
	return route(Portable[float64](), portableWinograd[float64](), always)
}

// Everywhere returns the sets of this machine with Winograd wherever it exists.
func Everywhere() (sets []*Set[float32]) {
	for _, i := range available() {
		s := route(i.direct(), i.fast(), always)
		s.Name = i.name + "-winograd"
		sets = append(sets, s)
	}
	return sets
}
