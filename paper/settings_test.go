package paper

import "testing"

// TestGridMatchesTables: the grid of settings is that of the printed cells,
// no more and no less.
func TestGridMatchesTables(t *testing.T) {
	printed := map[Key]bool{}
	for _, n := range Numbers() {
		if n.Source == "Table 1a" || n.Source == "Table 1b" || n.Source == "Table 2" {
			printed[n.Key] = true
		}
	}
	for dataset, source := range map[string]string{"CIFAR-10-LT": "Table 1a", "SVHN-LT": "Table 1b"} {
		for _, rho := range Rhos {
			for _, m := range []string{"CE", "LDAM-DRW"} {
				delete(printed, ResNet32(source, dataset, rho, 0, m))
				for _, u := range RhoUs(rho) {
					k := ResNet32(source, dataset, rho, u, m+" + D_U@5x")
					if !printed[k] {
						t.Errorf("%v is not in print", k)
					}
					delete(printed, k)
				}
			}
		}
	}
	for _, dataset := range []string{"CIFAR-10-LT", "CIFAR-100-LT"} {
		for _, rho := range Rhos {
			for _, r := range Table2Rows() {
				k := ResNet32("Table 2", dataset, rho, 0, r.Method)
				if !printed[k] {
					t.Errorf("%v is not in print", k)
				}
				delete(printed, k)
				k.Method += " + SSP"
				delete(printed, k)
			}
		}
	}
	for k := range printed {
		t.Errorf("%v is printed but not in the grid", k)
	}
}

func TestObstacleOf(t *testing.T) {
	for _, c := range []struct {
		key  Key
		want bool
	}{
		{Key{Source: "Table 1a", Dataset: "CIFAR-10-LT", Rho: 100, RhoU: 1, Method: "CE + D_U@5x"}, true},
		{Key{Source: "Table 1a", Dataset: "CIFAR-10-LT", Rho: 100, Method: "CE"}, false},
		{Key{Source: "Table 1b", Dataset: "SVHN-LT", Rho: 100, RhoU: 1, Method: "CE + D_U@5x"}, false},
		{Key{Source: "Table 2", Dataset: "CIFAR-10-LT", Rho: 100, Method: "CE + SSP"}, false},
	} {
		o, ok := ObstacleOf(c.key)
		if ok != c.want || ok && (o.Why == "" || o.Nearest == "") {
			t.Errorf("ObstacleOf(%v) = %+v, %v", c.key, o, ok)
		}
	}
}
