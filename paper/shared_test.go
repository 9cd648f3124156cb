package paper

import (
	"os"
	"testing"
)

// shared reads a file of the workshop's shared folder, from which the embedded
// data were made. It is not part of the repository: without it the test is
// skipped, and fails where LONGTAIL_REQUIRE_DATA=1 forbids skips.
func shared(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile("../../shared/" + name)
	if err == nil {
		return string(b)
	}
	if os.Getenv("LONGTAIL_REQUIRE_DATA") == "1" {
		t.Fatalf("LONGTAIL_REQUIRE_DATA=1 and %v", err)
	}
	t.Skipf("needs shared/%s beside the repository: %v", name, err)
	return ""
}
