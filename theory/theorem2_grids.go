package theory

// Theorem2OffsetGrid is the exact error of a raw linear rule over its offset u,
// of both signs (claims T2.1–T2.4). "printed" and "sharp" are the floors that
// are claimed for u > 0.
func Theorem2OffsetGrid() Grid {
	g := Grid{
		Title:   "Theorem 2: error of a raw linear rule over u = b/(‖θ‖σ₁)",
		Columns: []string{"p_pos", "beta", "u", "exact", "printed", "sharp", "printed_holds", "trivial"},
	}
	for _, m := range []Theorem2{{0.5, 10}, {0.3, 10}, {0.1, 10}, {0.5, 1e4}, {0.01, 4}} {
		for _, u := range []float64{-20, -10, -5, -3, -2, -1, -0.5, 0, 0.25, 0.5, 0.8, 1, 1.5, 2, 3, 5, 10, 20} {
			printed, sharp := missing, missing
			if m.Covered(u) {
				printed, sharp = m.PrintedLowerBound(), m.SharpLowerBound()
			}
			g.Add(m.PPos, m.Beta, u, m.Error(u), printed, sharp, flag(m.PrintedHolds(u)), m.TrivialError())
		}
	}
	return g
}

// Theorem2MinimaGrid is the least error over b ≥ 0 and over all b.
func Theorem2MinimaGrid() Grid {
	g := Grid{
		Title:   "Theorem 2: least error of raw linear rules",
		Columns: []string{"p_pos", "beta", "u_star", "min_b_nonnegative", "sharp", "inf_b_negative", "any_b", "trivial"},
	}
	for _, p := range []float64{0.5, 0.4, 0.3, 0.25, 0.1, 0.01} {
		for _, beta := range []float64{3.5, 10, 100, 1e4} {
			m := Theorem2{p, beta}
			g.Add(p, beta, m.UStar(), m.MinNonNegative(), m.SharpLowerBound(), m.InfNegative(), m.InfAny(), m.TrivialError())
		}
	}
	return g
}

// Theorem2Grids are all of the above, in the order of the report.
func Theorem2Grids() []Grid { return []Grid{Theorem2OffsetGrid(), Theorem2MinimaGrid()} }
