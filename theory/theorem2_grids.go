package theory

// Theorem2MinimaGrid returns the least error over b ≥ 0 and over all b.
func Theorem2MinimaGrid() Grid {
	g := Grid{Title: "Theorem 2: least error of raw linear rules"}
	for _, p := range []float64{0.5, 0.4, 0.3, 0.25, 0.1, 0.01} {
		for _, beta := range []float64{3.5, 10, 100, 1e4} {
			m := Theorem2{p, beta}
			g.Add(Row{{"p_pos", p}, {"beta", beta}, {"u_star", m.UStar()}, {"min_b_nonnegative", m.MinNonNegative()},
				{"sharp", m.SharpLowerBound()}, {"inf_b_negative", m.InfNegative()}, {"any_b", m.InfAny()}, {"trivial", m.TrivialError()}})
		}
	}
	return g
}
