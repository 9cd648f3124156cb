// Package simulate checks the theorems of package theory by Monte Carlo that can
// fail. A run draws trials from a theorem's model, literally (every sample) or
// collapsed (the few variables of the exact law). It compares the counts with the
// exact law and with the printed statement, and returns verdicts on both. A verdict
// that condemns needs an interval at 1 − 1e-6 that allows for repeated looks and
// for the size of the grid. Named mutations break a statement or a sampler on
// purpose, and the same check must condemn them.
package simulate
