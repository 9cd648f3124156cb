//go:build linux && amd64 && !race

package theory

import "time"

func init() { atMost = 10 * time.Millisecond } // issue 5
