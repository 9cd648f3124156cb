// Package figures draws the paper's figures, the theorems and our own from
// what is stored: a plan, its results, and the numbers in print. A figure with
// nothing measured is still drawn, with the facts in print and the words "not
// run". Equal input gives equal bytes. Figures are made for a column of 84 mm
// and for eyes of every kind; what they look like is decided in style.go.
package figures
