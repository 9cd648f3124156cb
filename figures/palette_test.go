package figures

import (
	"image/color"
	"math"
	"slices"
	"testing"
)

// Linear RGB of people who lack a kind of cone, at full severity: Machado,
// Oliveira and Fernandes, "A Physiologically-based Model for Simulation of
// Color Vision Deficiency", IEEE TVCG 15(6), 2009, table 1.
var vision = map[string][3][3]float64{
	"normal":       {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
	"deuteranopia": {{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}},
	"protanopia":   {{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}},
	"tritanopia":   {{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602}, {0.004733, 0.691367, 0.303900}},
}

// lab is CIE L*a*b* (D65) of a color as it is seen.
func lab(c color.RGBA, see [3][3]float64) [3]float64 {
	var linear, seen [3]float64
	for i, v := range []uint8{c.R, c.G, c.B} {
		x := float64(v) / 255
		if x <= 0.04045 {
			linear[i] = x / 12.92
		} else {
			linear[i] = math.Pow((x+0.055)/1.055, 2.4)
		}
	}
	for i, row := range see {
		seen[i] = math.Max(0, math.Min(1, row[0]*linear[0]+row[1]*linear[1]+row[2]*linear[2]))
	}
	toXYZ := [3][3]float64{{0.4124564, 0.3575761, 0.1804375}, {0.2126729, 0.7151522, 0.0721750}, {0.0193339, 0.1191920, 0.9503041}}
	var f [3]float64
	for i, row := range toXYZ {
		t := (row[0]*seen[0] + row[1]*seen[1] + row[2]*seen[2]) / [3]float64{0.95047, 1, 1.08883}[i]
		if t > 216.0/24389 {
			f[i] = math.Cbrt(t)
		} else {
			f[i] = (24389.0/27*t + 16) / 116
		}
	}
	return [3]float64{116*f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])}
}

func distance(a, b [3]float64) float64 {
	return math.Sqrt((a[0]-b[0])*(a[0]-b[0]) + (a[1]-b[1])*(a[1]-b[1]) + (a[2]-b[2])*(a[2]-b[2]))
}

// Two colors differ at a glance from a distance of about 10.
func TestPaletteForEveryEye(t *testing.T) {
	for kind, see := range vision {
		for i := range palette {
			for j := range i {
				if d := distance(lab(palette[i].color, see), lab(palette[j].color, see)); d < 18 {
					t.Errorf("%s: colors %d and %d are %.1f apart, at least 18 are needed", kind, j, i, d)
				}
			}
		}
	}
	if d := distance(lab(color.RGBA{214, 10, 46, 255}, vision["protanopia"]), lab(color.RGBA{90, 80, 20, 255}, vision["protanopia"])); d > 25 {
		t.Errorf("a red and a dark yellow that are alike without long cones measure %.1f: the measure sees no color blindness", d)
	}
}

// In gray, neighbors differ by lightness, and so do the classes of a map that
// share a marker. Against white every color stands out.
func TestPaletteInGray(t *testing.T) {
	var l []float64
	for i, p := range palette {
		l = append(l, lab(p.color, vision["normal"])[0])
		if l[i] > 72 {
			t.Errorf("color %d has lightness %.0f: too pale on white", i, l[i])
		}
		if i > 0 && math.Abs(l[i]-l[i-1]) < 10 {
			t.Errorf("colors %d and %d differ by %.1f in lightness, at least 10 are needed", i-1, i, math.Abs(l[i]-l[i-1]))
		}
	}
	for _, group := range [][]int{{0, 1, 2}, {3, 4, 5, 6}, {7, 8, 9}} { // head, middle and tail of ten classes
		for _, i := range group {
			for _, j := range group {
				if i < j && math.Abs(l[i]-l[j]) < 6 {
					t.Errorf("ranks %d and %d have one marker and differ by %.1f in lightness, at least 6 are needed", i+1, j+1, math.Abs(l[i]-l[j]))
				}
			}
		}
	}
	last := 101.0
	for pct := range 101 {
		if now := lab(heat(float64(pct)), vision["normal"])[0]; now > last {
			t.Fatalf("%d %% of a confusion matrix is lighter than %d %%", pct, pct-1)
		} else {
			last = now
		}
	}
}

// Of more series than there are colors none looks like another.
func TestSeriesBeyondThePalette(t *testing.T) {
	for i := range 3 * len(palette) {
		for j := range i {
			if line(i).Color == line(j).Color && (marker(i).Shape == marker(j).Shape || slices.Equal(line(i).Dashes, line(j).Dashes)) {
				t.Errorf("series %d looks like series %d", i, j)
			}
		}
	}
}

// No two series share color, dashes or marker.
func TestPaletteHasThreeCues(t *testing.T) {
	for i, p := range palette {
		for _, q := range palette[:i] {
			if p.glyph == q.glyph {
				t.Errorf("series %d has the marker of another", i)
			}
			if len(p.dashes) == len(q.dashes) && (len(p.dashes) == 0 || p.dashes[0] == q.dashes[0] && p.dashes[1] == q.dashes[1]) {
				t.Errorf("series %d has the dashes of another", i)
			}
		}
	}
}
