// Package experiments defines what is run. Cells, the numbers of the paper's tables
// and figures and of our controls, are data (table1.go, table2.go, figures.go,
// controls.go, sweeps.go). A profile is the scale at which they are run
// (profile.go). Expand turns both into a plan: cells, and the tasks that make them,
// each named by the hash of all that decides its numbers (name.go). Package tasks
// computes a task, package runner a plan.
package experiments
