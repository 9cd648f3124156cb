// Package usage marks errors that another command line would have avoided. The
// program then exits with status 2.
package usage

import "fmt"

// Error is an error of usage.
type Error struct{ Err error }

// Errorf formats an Error like fmt.Errorf.
func Errorf(format string, args ...any) error { return Error{fmt.Errorf(format, args...)} }

func (e Error) Error() string { return e.Err.Error() }

func (e Error) Unwrap() error { return e.Err }
