// Package stats holds the statistical procedures that decide the verdicts on claims:
// intervals, levels for repeated looks and multiplicity. It knows nothing about
// theorems or networks.
package stats
