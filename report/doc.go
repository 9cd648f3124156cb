// Package report writes report.html and report.md: every claim with the
// evidence there is for it, the tables and figures behind, and for every number
// the record of its setting, its runs and its command, down to the file it
// stands in. It is a function of a plan, its results and the numbers in print;
// what was not run says so and how it is run.
package report
