// Package paper holds what is in print: every number of the paper and of the
// published program's documentation, every claim, the settings, the places
// where text and numbers disagree, and what the printed numbers themselves
// say about the claims. It computes nothing from our own runs.
package paper
