// Package report writes report.html and report.md: every claim with its verdict (package
// claims) and what would improve it, and the tables and figures behind it. Every number
// has a record of its setting, its runs and its command, down to the file that holds it.
// The report is a function of a plan, its results and the printed numbers. What was not
// run is marked so, with the command that runs it.
package report
