// Package plural writes numbers of things.
package plural

import "fmt"

// Of writes "1 image", "2 images".
func Of[N int | int64](n N, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return fmt.Sprintf("%d %s", n, thing)
}
