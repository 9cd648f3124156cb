// Package report writes report.html and report.md: every claim with the
// evidence there is for it, and the tables and figures behind. It is a
// function of a plan, its results and the numbers in print; what was not run
// says so and how it is run.
package report
