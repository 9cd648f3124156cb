// Package theory holds the paper's three theorems as formulas: for each the
// model, the exact law of its statistic, the bound as printed with its terms,
// sharper bounds that can be proved, and the ranges where a bound says
// nothing. Everything here is a pure function of its arguments; probabilities
// are fractions, and small ones are also given as logarithms.
package theory
