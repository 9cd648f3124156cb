package experiments

import "longtail/paper"

// This file is data: what is run first. The core decides the primary claims
// (paper.Estimands); its blocks were fixed before any run (design section 4).

func first(source string, rho, rhoU float64, method string) paper.Key {
	return paper.Key{Source: source, Dataset: cifar10, Rho: rho, RhoU: rhoU, Method: method}
}

// What both profiles that draw D_U need of block 1, at ρ = 100.
var core1 = []paper.Key{
	first("Table 1a", 100, 0, "CE"),
	first("Table 1a", 100, 100, withDU("CE")),
	first(paper.SourceControl, 100, 0, "CE, equal steps"),
	first("README", 100, 0, "CE(Uniform) + SSP"),
	first(paper.SourceControl, 100, 0, "CE + warm start"),
}

var core2 = []paper.Key{
	first("Table 1a", 100, 1, withDU("CE")),
	first("Table 1a", 100, 0, "LDAM-DRW"),
	first("Table 1a", 100, 100, withDU("LDAM-DRW")),
	first("Table 1a", 100, 1, withDU("LDAM-DRW")),
	first(paper.SourceControl, 100, 0, "LDAM-DRW, equal steps"),
	first("Table 1a", 10, 0, "CE"),
	first("Table 1a", 10, 1, withDU("CE")),
	first(paper.SourceControl, 10, 0, "CE, equal steps"),
	first("Table 2", 100, 0, "CB-CE"),
	first("Table 2", 100, 0, "CB-CE + SSP"),
	first(paper.SourceControl, 100, 0, "CB-CE + warm start"),
	first("Table 2", 100, 0, "LDAM-DRW + SSP"),
	first(paper.SourceControl, 100, 0, "LDAM-DRW + warm start"),
	first("README", 10, 0, "CE(Uniform) + SSP"),
	first("Table 1a", 50, 0, "CE"),
	first(paper.SourceControl, 50, 0, "CE, equal steps"),
	first("Figure 2", 50, 50, relevanceMethod(0)),
	first("Figure 2", 50, 50, relevanceMethod(60)),
}

// Figures of runs that block 1 has anyway.
var coreFigures = []paper.Key{
	first("Figure 1", 100, 0, "CE, embedding"),
	first("Figure 1", 100, 100, withDU("CE")+", embedding"),
	first("Figure 4", 100, 0, "CE, embedding"),
	first("Figure 4", 100, 0, "CE + SSP, embedding"),
}

var coreBlocks = [][]paper.Key{core1, append(append([]paper.Key{}, coreFigures...), core2...)}

// desktopBlocks put D_U first: what pre-training does, profile paper shows on
// the whole set.
var desktopBlocks = [][]paper.Key{
	{
		first("Table 1a", 100, 0, "CE"),
		first("Table 1a", 100, 100, withDU("CE")),
		first("Table 1a", 100, 1, withDU("CE")),
		first(paper.SourceControl, 100, 0, "CE, equal steps"),
		first("Table 1a", 100, 0, "LDAM-DRW"),
		first("Table 1a", 100, 100, withDU("LDAM-DRW")),
		first("Table 1a", 100, 1, withDU("LDAM-DRW")),
		first(paper.SourceControl, 100, 0, "LDAM-DRW, equal steps"),
		first("Table 1a", 10, 0, "CE"),
		first("Table 1a", 10, 1, withDU("CE")),
		first(paper.SourceControl, 10, 0, "CE, equal steps"),
		first("Table 1a", 50, 0, "CE"),
		first(paper.SourceControl, 50, 0, "CE, equal steps"),
		first("Figure 2", 50, 50, relevanceMethod(0)),
		first("Figure 2", 50, 50, relevanceMethod(60)),
	},
	{
		first("README", 100, 0, "CE(Uniform) + SSP"),
		first(paper.SourceControl, 100, 0, "CE + warm start"),
		first("Figure 4", 100, 0, "CE, embedding"),
		first("Figure 4", 100, 0, "CE + SSP, embedding"),
		first("Table 2", 100, 0, "CB-CE"),
		first("Table 2", 100, 0, "CB-CE + SSP"),
		first(paper.SourceControl, 100, 0, "CB-CE + warm start"),
		first("Table 2", 100, 0, "LDAM-DRW + SSP"),
		first(paper.SourceControl, 100, 0, "LDAM-DRW + warm start"),
		first("README", 10, 0, "CE(Uniform) + SSP"),
	},
}

// paperBlocks are what the paper's own data and schedule can decide first.
var paperBlocks = [][]paper.Key{
	{
		first("Table 2", 100, 0, "CE"),
		first("Table 2", 100, 0, "CE-DRW"),
		first("Table 2", 100, 0, "LDAM-DRW"),
		first("Table 2", 100, 0, "CE-DRW + SSP"),
		first(paper.SourceControl, 100, 0, "CE-DRW + warm start"),
	},
	{
		first("Table 2", 10, 0, "CE-DRW"),
		first("Table 2", 10, 0, "CE-DRW + SSP"),
		first(paper.SourceControl, 10, 0, "CE-DRW + warm start"),
		first("README", 100, 0, "CE(Uniform) + SSP"),
		first(paper.SourceControl, 100, 0, "CE + warm start"),
		first("Table 2", 100, 0, "LDAM-DRW + SSP"),
		first(paper.SourceControl, 100, 0, "LDAM-DRW + warm start"),
	},
}

// smokeBlocks have every kind of task once.
var smokeBlocks = [][]paper.Key{{
	first("Table 1a", 100, 0, "CE"),
	first("Table 2", 100, 0, "CE-DRW"), // goes on from CE's first epochs
	first("Table 1a", 100, 100, withDU("CE")),
	first(paper.SourceControl, 100, 0, "CE, equal steps"),
	first("README", 100, 0, "CE(Uniform) + SSP"),
	first(paper.SourceControl, 100, 0, "CE + warm start"),
}, {
	first("Table 2", 100, 0, "CE"),
	first("Table 2", 100, 0, "LDAM-DRW"),
	first(paper.SourceControl, 100, 0, "SSP, linear probe"),
	first(paper.SourceControl, 100, 100, withDU("CE")+", true labels"),
	first("Figure 1", 100, 100, withDU("CE")+", embedding"),
	first("Figure 4", 100, 0, "CE + SSP, embedding"),
	first("Figure 2", 50, 50, relevanceMethod(60)),
	first(paper.SourceControl, 50, 50, withDU("CE")+", ω=2"),
	first(paper.SourceControl, 50, 50, withDU("CE")+", threshold 0.8"),
	first(paper.SourceControl, 50, 0, "CE, D_L×0.5"),
	first(paper.SourceControl, 50, 50, "CE + mean teacher"),
	first(paper.SourceControl, 50, 50, "CE + VAT"),
	first(paper.SourceControl, 100, 0, "CE-DRW, step"),
	first(paper.SourceControl, 100, 0, "CE + SSP (MoCo)"),
	first(paper.SourceControl, 100, 0, ruleLogistic),
}}
