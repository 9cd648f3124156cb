// Package stats holds the statistical procedures that decide the report's verdicts:
// intervals, levels for repeated looks and multiplicity. It knows nothing about
// theorems or networks.
package stats
