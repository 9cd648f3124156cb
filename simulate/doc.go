// Package simulate checks the theorems of package theory by Monte Carlo that
// can fail. A run draws trials from a theorem's model, literally (every
// sample) or collapsed (the few variables of the exact law), compares what it
// counts with the exact law and with the printed statement, and says in words
// whether they agree. Words that condemn need an interval at 1 − 1e-6 that
// allows for repeated looks and for the size of the grid. Named mutations
// break a statement or a sampler on purpose; the same check must condemn them.
package simulate
