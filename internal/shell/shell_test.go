package shell

import "testing"

func TestQuote(t *testing.T) {
	for word, want := range map[string]string{
		"table1,table2": "table1,table2", "CE-DRW + SSP": "'CE-DRW + SSP'", "it's": `'it'\''s'`, "": "''", "ρ=100": "ρ=100", "$HOME": "'$HOME'",
	} {
		if got := Quote(word); got != want {
			t.Errorf("%q: %s, want %s", word, got, want)
		}
	}
}
