// Package usage marks errors that another command line would have avoided: the
// program ends with exit status 2.
package usage

import "fmt"

// Error is such an error.
type Error struct{ Err error }

// Errorf formats one as fmt.Errorf does.
func Errorf(format string, args ...any) error { return Error{fmt.Errorf(format, args...)} }

func (e Error) Error() string { return e.Err.Error() }

func (e Error) Unwrap() error { return e.Err }
