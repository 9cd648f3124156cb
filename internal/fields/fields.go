// Package fields finds the fields of a struct that a text about it leaves out. It is
// for tests.
package fields

import "reflect"

// Untold returns the names of the fields of T that text does not depend on: in none of
// the given values does changing the field change the text. Fields are strings, numbers
// or booleans; it panics on others.
func Untold[T any](text func(T) string, values ...T) []string {
	var names []string
	for i := range reflect.TypeFor[T]().NumField() {
		told := false
		for _, v := range values {
			before := text(v)
			change(reflect.ValueOf(&v).Elem().Field(i))
			told = told || text(v) != before
		}
		if !told {
			names = append(names, reflect.TypeFor[T]().Field(i).Name)
		}
	}
	return names
}

func change(v reflect.Value) {
	switch {
	case v.Kind() == reflect.String:
		v.SetString(v.String() + "x")
	case v.Kind() == reflect.Bool:
		v.SetBool(!v.Bool())
	case v.CanInt():
		v.SetInt(v.Int() + 7)
	case v.CanFloat():
		v.SetFloat(v.Float() + .25)
	default:
		panic("fields: " + v.Type().String() + " is no plain kind")
	}
}
