package experiments

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"longtail/results"
)

// A name of --only is a task (12 or more of its digits) or selects numbers: a part
// ("table2"), a method as printed ("CE-DRW + SSP"), a data set ("CIFAR-10-LT"),
// "rho=100" or "rho_u=1". Several of these may be joined by colons; a number must
// match all of them ("table2:CE-DRW:rho=10").

// parts are the names of parts that --only takes. A group stands for several parts;
// the profile defines "block1" and "block2".
var parts = []struct {
	name string
	of   []string
}{
	{"theory", []string{"theorem1", "theorem2", "theorem3"}},
	{"theorem1", nil}, {"theorem2", nil}, {"theorem3", nil},
	{"table1", nil}, {"table2", nil}, {"table3", nil}, {"table4", nil},
	{"figure1", nil}, {"figure2", nil}, {"figure3", nil}, {"figure4", nil},
	{"controls", nil}, {"sweeps", nil},
	{"core", []string{"block1", "block2"}},
	{"block1", nil}, {"block2", nil},
}

// Parts returns the names of the parts that --only takes.
func Parts() []string {
	names := make([]string, len(parts))
	for i, p := range parts {
		names[i] = p.name
	}
	return names
}

// Selected reports whether a name of --only selects the cell. No names select every
// cell.
func Selected(only []string, c results.Cell) bool {
	return len(only) == 0 || slices.ContainsFunc(only, func(name string) bool { return selects(name, c) })
}

// selects reports whether a name of --only selects a cell.
func selects(name string, c results.Cell) bool {
	for _, word := range strings.Split(name, ":") {
		if !fits(strings.TrimSpace(word), c) {
			return false
		}
	}
	return true
}

// fits reports whether a cell matches one word of a name.
func fits(word string, c results.Cell) bool {
	if word == "" {
		return false
	}
	if field, value, ok := strings.Cut(word, "="); ok {
		x, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
		switch plainText(field) {
		case "rho":
			return err == nil && x == c.Rho
		case "rho_u":
			return err == nil && x == c.RhoU
		}
	}
	plain := plainText(word)
	return inPart(word, c) || plain == plainText(c.Method) || plain == plainText(c.Dataset) || isTask(word, c.Task)
}

// inPart reports whether a cell belongs to a part or to a group of parts.
func inPart(name string, c results.Cell) bool {
	if name == c.Part || c.Block > 0 && name == fmt.Sprintf("block%d", c.Block) {
		return true
	}
	for _, p := range parts {
		if p.name == name && slices.ContainsFunc(p.of, func(n string) bool { return inPart(n, c) }) {
			return true
		}
	}
	return false
}

func isTask(name, task string) bool { return len(name) >= 12 && strings.HasPrefix(task, name) }

// plainText returns a method or data set in lower case without spaces, which users
// easily type differently.
func plainText(method string) string { return strings.ToLower(strings.ReplaceAll(method, " ", "")) }

// onlyNames splits the arguments of --only into known and unknown names. Methods
// may contain commas, so each name is as long as possible.
func onlyNames(given []string, known func(name string) bool) (names, unknown []string) {
	for _, list := range given {
		words := strings.Split(list, ",")
		for first := 0; first < len(words); {
			last := len(words)
			join := func() string { return strings.TrimSpace(strings.Join(words[first:last], ",")) }
			for ; last > first+1 && !known(join()); last-- {
			}
			if known(join()) {
				names = append(names, join())
			} else {
				unknown = append(unknown, join())
			}
			first = last
		}
	}
	return names, unknown
}

// resolve returns the names of the plan's --only. A misspelled name is an error
// that lists the nearest ones.
func (p *planner) resolve(cells []results.Cell) ([]string, error) {
	known := func(name string) bool {
		return slices.Contains(Parts(), name) ||
			slices.ContainsFunc(cells, func(c results.Cell) bool { return selects(name, c) }) ||
			slices.ContainsFunc(p.tasks, func(t results.Task) bool { return isTask(name, t.Name) })
	}
	names, unknown := onlyNames(p.sel.Only, known)
	if len(unknown) == 0 {
		return names, nil
	}
	wrong := unknown[0]
	if slices.Contains(unknown, "") {
		return nil, fmt.Errorf("--only %s: there is an empty name; parts are %s", strings.Join(p.sel.Only, ","), strings.Join(Parts(), ", "))
	}
	text := fmt.Sprintf("--only %s: there is no such part, method or task", wrong)
	if strings.Contains(wrong, ":") {
		text = fmt.Sprintf("--only %s: there is no number that fits all of it", wrong)
	}
	// The mistake may be in a method with a comma, whose rest was taken for a separate
	// name.
	if near := suggestions(append([]string{wrong}, p.sel.Only...), cells); len(near) > 0 {
		text += "; did you mean " + strings.Join(near, " or ") + "?"
	} else {
		text += "."
	}
	return nil, fmt.Errorf(`%s Parts are %s; methods are written as in the tables, "CE-DRW + SSP"; words parted by colons narrow it down, "table2:CE-DRW:CIFAR-10-LT:rho=100"; tasks are 12 or more digits of their names`,
		text, strings.Join(Parts(), ", "))
}

// suggestions returns, in quotes, up to four names that one of the wrong names may
// have meant. Each replaces one word by that of a cell that matches the other
// words.
func suggestions(wrong []string, cells []results.Cell) []string {
	type candidate struct {
		name string
		off  float64 // edit distance divided by the word's length
	}
	var all []candidate
	for _, name := range wrong {
		words := strings.Split(name, ":")
		for i, word := range words {
			others := strings.Join(slices.Delete(slices.Clone(words), i, i+1), ":")
			for _, meant := range vocabulary(others, cells) {
				a, b := plainText(word), plainText(meant)
				off := float64(min(editDistance(a, b), editDistance(a, unqualified(b)))) / float64(max(len(a), 1))
				if bare := strings.NewReplacer("-", ""); bare.Replace(a)+"lt" == bare.Replace(b) {
					off = 0 // the data set by its id, cifar10 for CIFAR-10-LT
				}
				full := slices.Clone(words)
				full[i] = meant
				c := candidate{strings.Join(full, ":"), off}
				if off < .4 && !slices.ContainsFunc(all, func(other candidate) bool { return other.name == c.name }) {
					all = append(all, c)
				}
			}
		}
	}
	slices.SortStableFunc(all, func(a, b candidate) int { return cmp.Compare(a.off, b.off) })
	var names []string
	for _, c := range all[:min(len(all), 4)] {
		names = append(names, fmt.Sprintf("%q", c.name))
	}
	return names
}

// unqualified returns a method without what stands in brackets: "ce+ssp" is meant for the
// authors' "ce(uniform)+ssp".
func unqualified(method string) string {
	before, rest, _ := strings.Cut(method, "(")
	_, after, _ := strings.Cut(rest, ")")
	return before + after
}

// vocabulary returns all words of the cells that a name selects. An empty name
// selects every cell.
func vocabulary(name string, cells []results.Cell) []string {
	var words []string
	add := func(word string) {
		if !slices.Contains(words, word) {
			words = append(words, word)
		}
	}
	for _, c := range cells {
		if name != "" && !selects(name, c) {
			continue
		}
		for _, part := range Parts() {
			if inPart(part, c) {
				add(part)
			}
		}
		add(c.Method)
		add(c.Dataset)
		add(fmt.Sprintf("rho=%g", c.Rho))
		if c.RhoU != 0 {
			add(fmt.Sprintf("rho_u=%g", c.RhoU))
		}
	}
	return words
}

// editDistance returns how many bytes to change, insert or delete to turn a into b
// (Levenshtein).
func editDistance(a, b string) int {
	row := make([]int, len(b)+1) // distances from a's first i bytes to every prefix of b
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		corner := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := corner
			if a[i] != b[j] {
				change++
			}
			corner = row[j+1]
			row[j+1] = min(change, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}
