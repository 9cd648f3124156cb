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
	sources := map[string]string{"CIFAR-10-LT": "Table 1a", "SVHN-LT": "Table 1b"}
	for _, d := range LongTails() {
		for _, rho := range d.Rhos {
			if s := sources[d.Dataset]; s != "" {
				for _, m := range []string{"CE", "LDAM-DRW"} {
					delete(printed, Key{s, d.Dataset, rho, 0, m, d.Network})
					for _, u := range RhoUs(rho) {
						k := Key{s, d.Dataset, rho, u, m + " + D_U@5x", d.Network}
						if !printed[k] {
							t.Errorf("%v is not in print", k)
						}
						delete(printed, k)
					}
				}
			}
			if d.Dataset == "SVHN-LT" {
				continue
			}
			for _, r := range Table2Rows() {
				k := Key{"Table 2", d.Dataset, rho, 0, r.Method, d.Network}
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
