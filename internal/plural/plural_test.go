package plural

import (
	"fmt"
	"strings"
	"testing"
)

// Thousands of names do not fill the screen.
func TestNames(t *testing.T) {
	var names []string
	for i := range 14 {
		names = append(names, fmt.Sprint(i, strings.Repeat("x", 100)))
	}
	if got := Names([]string{"a b", "c"}); got != `["a b" "c"]` {
		t.Error(got)
	}
	if got := Names(names[:12]); strings.Contains(got, "more") || strings.Count(got, `"`) != 24 || len(got) > 12*64 {
		t.Error(got)
	}
	if got := Names(names); !strings.HasSuffix(got, `x"] and 2 more`) {
		t.Error(got)
	}
}
