// Package claims judges the paper's claims on the available results. An estimand
// (estimands*.go, premises.go) says which numbers of which cells decide a claim;
// evidence.go sorts results into bodies that may be compared; judge.go applies the
// claim's rule to one body, theory.go and listings.go what no rule decides; verdict.go
// puts them together and words.go says them. needs.go names the cells that a verdict
// still needs; how to run them and what that costs is for package report.
package claims
