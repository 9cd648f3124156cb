// Package paper holds what is printed: every number of the paper and of the
// published program's documentation, where baselines were printed before, every
// claim and the settings. It also holds the places where text and numbers
// disagree, and what the printed numbers themselves show about the claims. It
// computes nothing from our own runs.
package paper
