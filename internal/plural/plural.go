// Package plural writes counts of things, and lists of names.
package plural

import (
	"fmt"
	"strings"
)

// Of returns "1 image", "2 images".
func Of[N int | int64](n N, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return fmt.Sprintf("%d %s", n, thing)
}

// Names returns names in quotes: the first dozen, and how many more there are.
func Names(names []string) string {
	const most = 12
	if len(names) > most {
		return fmt.Sprintf("%.60q and %d more", names[:most], len(names)-most)
	}
	return fmt.Sprintf("%.60q", names)
}

// Few is how many names Some lists.
const Few = 3

// Some joins the first few names and counts the others.
func Some(names []string, between string) string {
	if len(names) > Few {
		return strings.Join(names[:Few], between) + fmt.Sprintf("%sand %d more", between, len(names)-Few)
	}
	return strings.Join(names, between)
}

// Bytes returns "40 MB", "1.3 GB".
func Bytes(n int64) string {
	if n >= 1e9 {
		return fmt.Sprintf("%.1f GB", float64(n)/1e9)
	}
	return fmt.Sprintf("%.0f MB", float64(n)/1e6)
}
