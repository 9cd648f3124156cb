package dataset

import (
	"fmt"
	"strings"
)

// ShortError is the error for a set with fewer images than a selection needs.
type ShortError struct {
	Set        string // id
	What       string // "training images", "pool images (name)" or "irrelevant images"
	shortfalls []shortfall
	Remedy     string
}

// shortfall is a class with too few images; Class "" means a whole list.
type shortfall struct {
	Class             string
	Needed, Available int
}

func (e *ShortError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: too few %s:", e.Set, e.What)
	const most = 3
	for i, s := range e.shortfalls {
		if i == most {
			fmt.Fprintf(&b, " and %d more classes;", len(e.shortfalls)-most)
			break
		}
		if s.Class != "" {
			fmt.Fprintf(&b, " class %q", s.Class)
		}
		fmt.Fprintf(&b, " needs %d, has %d;", s.Needed, s.Available)
	}
	return b.String() + " " + e.Remedy
}

func (e *ShortError) check(class string, needed, available int) {
	if needed > available {
		e.shortfalls = append(e.shortfalls, shortfall{class, needed, available})
	}
}

func (e *ShortError) orNil() error {
	if len(e.shortfalls) == 0 {
		return nil
	}
	return e
}
