package experiments

import "longtail/paper"

// This file lists what runs first. The core decides the primary claims
// (paper.Estimands); its blocks were fixed before any run.

func first(source string, rho, rhoU float64, method string) paper.Key {
	if source == paper.SourceControl {
		return paper.Control(paper.CIFAR10, rho, rhoU, method)
	}
	return paper.ResNet32(source, paper.CIFAR10, rho, rhoU, method)
}

// coreBlocks are the blocks of profile quick.
var coreBlocks = [][]paper.Key{
	{
		first("Table 1a", 100, 0, "CE"),
		first("Table 1a", 100, 100, "CE"+paper.WithDU),
		first(paper.SourceControl, 100, 0, "CE"+paper.EqualSteps),
		first("README", 100, 0, "CE(Uniform)"+paper.WithSSP),
		first(paper.SourceControl, 100, 0, "CE"+paper.WarmStart),
	},
	{
		// Tasks of seconds: figures of runs that block 1 has anyway, and logistic
		// regression as the floor for any network.
		first("Figure 1", 100, 0, "CE"+paper.Embedding),
		first("Figure 1", 100, 100, "CE"+paper.WithDU+paper.Embedding),
		first("Figure 4", 100, 0, "CE"+paper.Embedding),
		first("Figure 4", 100, 0, "CE"+paper.WithSSP+paper.Embedding),
		first(paper.SourceControl, 100, 0, ruleLogistic),

		first("Table 1a", 100, 1, "CE"+paper.WithDU),
		first("Table 1a", 100, 0, "LDAM-DRW"),
		first("Table 1a", 100, 100, "LDAM-DRW"+paper.WithDU),
		first("Table 1a", 100, 1, "LDAM-DRW"+paper.WithDU),
		first(paper.SourceControl, 100, 0, "LDAM-DRW"+paper.EqualSteps),
		first("Table 1a", 10, 0, "CE"),
		first("Table 1a", 10, 1, "CE"+paper.WithDU),
		first(paper.SourceControl, 10, 0, "CE"+paper.EqualSteps),
		first("Table 2", 100, 0, "CB-CE"),
		first("Table 2", 100, 0, "CB-CE"+paper.WithSSP),
		first(paper.SourceControl, 100, 0, "CB-CE"+paper.WarmStart),
		first("Table 2", 100, 0, "LDAM-DRW"+paper.WithSSP),
		first(paper.SourceControl, 100, 0, "LDAM-DRW"+paper.WarmStart),
		first("README", 10, 0, "CE(Uniform)"+paper.WithSSP),
		first("Table 1a", 50, 0, "CE"),
		first(paper.SourceControl, 50, 0, "CE"+paper.EqualSteps),
		first("Figure 2", 50, 50, paper.Relevance(0)),
		first("Figure 2", 50, 50, paper.Relevance(60)),
	},
}

// desktopBlocks put D_U first, because profile paper shows on the whole set what
// pre-training does.
var desktopBlocks = [][]paper.Key{
	{
		first("Table 1a", 100, 0, "CE"),
		first("Table 1a", 100, 100, "CE"+paper.WithDU),
		first("Table 1a", 100, 1, "CE"+paper.WithDU),
		first(paper.SourceControl, 100, 0, "CE"+paper.EqualSteps),
		first("Table 1a", 100, 0, "LDAM-DRW"),
		first("Table 1a", 100, 100, "LDAM-DRW"+paper.WithDU),
		first("Table 1a", 100, 1, "LDAM-DRW"+paper.WithDU),
		first(paper.SourceControl, 100, 0, "LDAM-DRW"+paper.EqualSteps),
		first("Table 1a", 10, 0, "CE"),
		first("Table 1a", 10, 1, "CE"+paper.WithDU),
		first(paper.SourceControl, 10, 0, "CE"+paper.EqualSteps),
		first("Table 1a", 50, 0, "CE"),
		first(paper.SourceControl, 50, 0, "CE"+paper.EqualSteps),
		first("Figure 2", 50, 50, paper.Relevance(0)),
		first("Figure 2", 50, 50, paper.Relevance(60)),
	},
	{
		first("README", 100, 0, "CE(Uniform)"+paper.WithSSP),
		first(paper.SourceControl, 100, 0, "CE"+paper.WarmStart),
		first("Figure 4", 100, 0, "CE"+paper.Embedding),
		first("Figure 4", 100, 0, "CE"+paper.WithSSP+paper.Embedding),
		first("Table 2", 100, 0, "CB-CE"),
		first("Table 2", 100, 0, "CB-CE"+paper.WithSSP),
		first(paper.SourceControl, 100, 0, "CB-CE"+paper.WarmStart),
		first("Table 2", 100, 0, "LDAM-DRW"+paper.WithSSP),
		first(paper.SourceControl, 100, 0, "LDAM-DRW"+paper.WarmStart),
		first("README", 10, 0, "CE(Uniform)"+paper.WithSSP),
	},
}

// paperBlocks run first in profile paper. They need no pool, so the paper's own
// data and schedule decide them.
var paperBlocks = [][]paper.Key{
	{
		first("Table 2", 100, 0, "CE"),
		first("Table 2", 100, 0, "CE-DRW"),
		first("Table 2", 100, 0, "LDAM-DRW"),
		first("Table 2", 100, 0, "CE-DRW"+paper.WithSSP),
		first(paper.SourceControl, 100, 0, "CE-DRW"+paper.WarmStart),
	},
	{
		first("Table 2", 10, 0, "CE-DRW"),
		first("Table 2", 10, 0, "CE-DRW"+paper.WithSSP),
		first(paper.SourceControl, 10, 0, "CE-DRW"+paper.WarmStart),
		first("README", 100, 0, "CE(Uniform)"+paper.WithSSP),
		first(paper.SourceControl, 100, 0, "CE"+paper.WarmStart),
		first("Table 2", 100, 0, "LDAM-DRW"+paper.WithSSP),
		first(paper.SourceControl, 100, 0, "LDAM-DRW"+paper.WarmStart),
	},
}

// smokeBlocks contain every kind of task once.
var smokeBlocks = [][]paper.Key{{
	first("Table 1a", 100, 0, "CE"),
	first("Table 2", 100, 0, "CE-DRW"), // continues from CE's first epochs
	first("Table 1a", 100, 100, "CE"+paper.WithDU),
	first(paper.SourceControl, 100, 0, "CE"+paper.EqualSteps),
	first("README", 100, 0, "CE(Uniform)"+paper.WithSSP),
	first(paper.SourceControl, 100, 0, "CE"+paper.WarmStart),
}, {
	first("Table 2", 100, 0, "CE"),
	first("Table 2", 100, 0, "LDAM-DRW"),
	first(paper.SourceControl, 100, 0, paper.LinearProbe),
	first(paper.SourceControl, 100, 0, "CE"+paper.WithCRT),
	first(paper.SourceControl, 100, 100, "CE"+paper.WithDU+paper.TrueLabels),
	first("Figure 1", 100, 100, "CE"+paper.WithDU+paper.Embedding),
	first("Figure 4", 100, 0, "CE"+paper.WithSSP+paper.Embedding),
	first("Figure 2", 50, 50, paper.Relevance(60)),
	first(paper.SourceControl, 50, 50, "CE"+paper.WithDU+paper.Omega(2)),
	first(paper.SourceControl, 50, 50, "CE"+paper.WithDU+paper.Threshold(.8)),
	first(paper.SourceControl, 50, 0, "CE, D_L×0.5"),
	first(paper.SourceControl, 50, 50, paper.MeanTeacher),
	first(paper.SourceControl, 50, 50, paper.VAT),
	first(paper.SourceControl, 100, 0, "CE-DRW"+paper.OnStep),
	first(paper.SourceControl, 100, 0, paper.MoCo),
	first(paper.SourceControl, 100, 0, ruleLogistic),
}}
