package paper

import "testing"

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
