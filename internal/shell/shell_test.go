package shell

import "testing"

func TestQuote(t *testing.T) {
	for _, c := range []struct{ goos, word, want string }{
		{"linux", "table1,table2", "table1,table2"},
		{"linux", "CE-DRW + SSP", "'CE-DRW + SSP'"},
		{"linux", "it's", `'it'\''s'`},
		{"linux", "", "''"},
		{"linux", "ρ=100", "ρ=100"},
		{"linux", "$HOME", "'$HOME'"},
		{"linux", `a\b`, `'a\b'`},
		{"windows", `C:\runs\a`, `C:\runs\a`},
		{"windows", `C:\my runs\a`, `"C:\my runs\a"`},
		{"windows", "CE-DRW + SSP", `"CE-DRW + SSP"`},
		{"windows", "table1,table2", `"table1,table2"`},
		{"windows", "it's", `"it's"`},
		{"windows", `12" disk`, `"12\" disk"`},
		{"windows", "", `""`},
		{"windows", "ρ=100", "ρ=100"},
	} {
		if got := quote(c.word, c.goos); got != c.want {
			t.Errorf("%s, %q: %s, want %s", c.goos, c.word, got, c.want)
		}
	}
}
