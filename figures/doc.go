// Package figures draws the paper's figures, the theorems' and our own from stored data:
// a plan, its results, and the published numbers. A figure without measurements shows
// the published facts and the words "not run". Equal input gives equal bytes. Figures
// are made for a column of 84 mm and for color-blind readers. style.go defines their
// look.
package figures
