// Package stats holds the statistical procedures that decide words in the
// report: intervals, levels for repeated looks and multiplicity. It knows
// nothing about theorems or networks.
package stats
