package paper

import (
	"slices"
	"strings"
	"testing"
)

// TestClaimsAgainstShared compares ids and wording with the list from which
// the embedded file was made.
func TestClaimsAgainstShared(t *testing.T) {
	text := shared(t, "claims.md")
	all := slices.DeleteFunc(Claims(), Claim.Ours)
	next, section := 0, ""
	for _, line := range strings.Split(text, "\n") {
		if s, ok := strings.CutPrefix(line, "## "); ok {
			_, section, _ = strings.Cut(s, ". ")
		}
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| id ") {
			continue
		}
		line = strings.ReplaceAll(strings.Trim(line, "|"), `\|`, "\x00")
		f := strings.Split(line, "|")
		for i := range f {
			f[i] = strings.ReplaceAll(strings.TrimSpace(strings.Trim(f[i], "|")), "\x00", "|")
		}
		if next == len(all) {
			t.Fatalf("claim %s of claims.md is not embedded", f[0])
		}
		c := all[next]
		next++
		got := []string{c.ID, c.Text, c.Where, c.Decides, c.Print}
		f = f[:len(f)-1] // how to cover it is told to us alone
		if len(f) == 4 { // the theory sections have no column for print
			got = []string{c.ID, c.Text, c.Where, c.Decides}
		}
		if !slices.Equal(got, f) {
			t.Errorf("claim %d:\n got %q\nwant %q", next, got, f)
		}
		if c.Section != section {
			t.Errorf("claim %s: section %q, want %q", c.ID, c.Section, section)
		}
	}
	if next != len(all) {
		t.Errorf("%d claims embedded, %d in claims.md", len(all), next)
	}
	_, fixed, _ := strings.Cut(text, "**Primary claims")
	fixed, _, _ = strings.Cut(fixed, "\n\n")
	for _, e := range Estimands() {
		if !strings.Contains(fixed, e.Claim+" ") {
			t.Errorf("%s is not among the primary claims of claims.md", e.Claim)
		}
	}
}

func TestClaims(t *testing.T) {
	rules := []string{RuleAll, RuleTrend, RuleSize, RuleCross, RuleRollUp, RuleList, RuleTheory}
	seen := map[string]bool{}
	var primaries []string
	estimands := 0
	for _, c := range Claims() {
		if c.ID == "" || c.Text == "" || c.Section == "" || seen[c.ID] {
			t.Errorf("claim %+v: no id, text or section, or twice", c)
		}
		seen[c.ID] = true
		if !slices.Contains(rules, c.Rule) {
			t.Errorf("%s: rule %q", c.ID, c.Rule)
		}
		if (c.Rule == RuleTheory) != strings.HasPrefix(c.ID, "T") {
			t.Errorf("%s: rule %q", c.ID, c.Rule)
		}
		// Where the list names a rule in what decides the claim, it is ours too.
		for _, r := range []string{RuleAll, RuleTrend, RuleSize, RuleCross} {
			if strings.HasPrefix(c.Decides, r) && c.Rule != r {
				t.Errorf("%s: rule %q, but decided by %q", c.ID, c.Rule, c.Decides)
			}
		}
		if len(c.Estimands) > 0 {
			primaries = append(primaries, c.ID)
		}
		estimands += len(c.Estimands)
	}
	if want := []string{"F7", "S1", "S4", "S5", "S7", "R2", "P1", "P3", "L1"}; !slices.Equal(primaries, want) {
		t.Errorf("primary claims %q, want %q", primaries, want)
	}
	if estimands != 10 || len(Estimands()) != 10 {
		t.Errorf("%d estimands by claim, %d in all, want 10", estimands, len(Estimands()))
	}
	if c, ok := ClaimByID("S1"); !ok || len(c.Estimands) != 2 {
		t.Errorf("S1 = %+v, %v, want two estimands", c, ok)
	}
	if _, ok := ClaimByID("Z9"); ok {
		t.Error("ClaimByID found Z9")
	}
}
