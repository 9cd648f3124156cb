// Package plural writes counts of things, and lists of names.
package plural

import "fmt"

// Of returns "1 image", "2 images".
func Of[N int | int64](n N, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return fmt.Sprintf("%d %s", n, thing)
}

// Names lists names in quotes, of many the first and how many more there are.
func Names(names []string) string {
	const most = 12
	if len(names) > most {
		return fmt.Sprintf("%.60q and %d more", names[:most], len(names)-most)
	}
	return fmt.Sprintf("%.60q", names)
}
