package dataset

import (
	"fmt"

	"longtail/internal/pickle"
)

// readPoolPickle reads a pool in the layout of the 80M-TinyImages selections (a file
// of the released program). It holds data, N×32×32×3 or N×3×32×32 bytes, and
// extrapolated_targets, the class under which each image was collected. The pixels,
// which may be gigabytes, are returned only if pixels is set.
func readPoolPickle(b []byte, name string, classes int, pixels bool) (Samples, error) {
	d, err := pickledDict(b, name)
	if err != nil {
		return Samples{}, err
	}
	raw, err := pickledBytes(d, name, "data")
	if err != nil {
		return Samples{}, err
	}
	v, _ := d.Get("data")
	s := v.(*pickle.Array).Shape
	y, err := pickledInts(d, name, "extrapolated_targets")
	if err != nil {
		return Samples{}, err
	}
	out := Samples{C: Channels}
	switch {
	case len(s) == 4 && s[0] == len(y) && s[3] == Channels && s[1] > 0 && s[2] > 0:
		out.H, out.W = s[1], s[2]
		if pixels {
			raw = planar(raw, s[0], s[1]*s[2])
		}
	case len(s) == 4 && s[0] == len(y) && s[1] == Channels && s[2] > 0 && s[3] > 0:
		out.H, out.W = s[2], s[3]
	default:
		return Samples{}, fmt.Errorf("%s: data has shape %v beside %d extrapolated_targets: N×32×32×3 or N×3×32×32 is expected", name, s, len(y))
	}
	if pixels {
		out.Pixels = raw
	}
	out.Labels, err = asLabels(y, name, classes)
	return out, err
}

// planar converts n images of interleaved colors to planes.
func planar(in []uint8, n, plane int) []uint8 {
	out := make([]uint8, len(in))
	for i := range n {
		from, to := in[i*plane*Channels:], out[i*plane*Channels:]
		for p := range plane {
			for c := range Channels {
				to[c*plane+p] = from[p*Channels+c]
			}
		}
	}
	return out
}
