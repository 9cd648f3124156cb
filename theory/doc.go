// Package theory holds the paper's three theorems as formulas. For each it has the
// model, the exact law of its statistic and the printed bound with its terms. It
// adds sharper bounds that can be proved, and the ranges where a bound is vacuous.
// Everything here is a pure function of its arguments. Probabilities are fractions,
// and small ones are also given as logarithms.
package theory
