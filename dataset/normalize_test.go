package dataset

import "testing"

// Every set is normalized by the numbers of the released programs (paper-spec
// 4.5, 4.9); those the paper does not have, by their pixels' own, as is usual.
func TestNormalization(t *testing.T) {
	gray := func(mean, std float32) [2][3]float32 { return [2][3]float32{{mean, mean, mean}, {std, std, std}} }
	want := map[string][2][3]float32{
		"cifar10":            {{.4914, .4822, .4465}, {.2023, .1994, .2010}},
		"cifar100":           {{.4914, .4822, .4465}, {.2023, .1994, .2010}},
		"svhn":               gray(.5, .5),
		"imagenet-lt":        {{.485, .456, .406}, {.229, .224, .225}},
		"inaturalist18":      {{.466, .471, .380}, {.195, .194, .192}},
		"mnist":              gray(.1307, .3081),
		"mnist-full":         gray(.1307, .3081),
		"fashion-mnist":      gray(.2860, .3530),
		"fashion-mnist-full": gray(.2860, .3530),
	}
	for _, id := range Known() {
		s, err := Describe(id)
		if err != nil {
			t.Fatal(err)
		}
		w, ok := want[id]
		if !ok {
			t.Errorf("%s is not in the table above: add what it is normalized by", id)
			continue
		}
		if s.Mean != w[0] || s.Std != w[1] {
			t.Errorf("%s: mean %v, standard deviation %v, want %v", id, s.Mean, s.Std, w)
		}
	}
}
