package experiments

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"longtail/results"
)

// Names of --only: a part ("table2"), a method as printed ("CE-DRW + SSP"), a
// method of a part ("table2:CE-DRW"), or a task (12 or more of its digits).

// selects reports whether a name of --only selects a cell.
func selects(name string, c results.Cell) bool {
	if part, method, both := strings.Cut(name, ":"); both {
		return inPart(part, c) && plainText(method) == plainText(c.Method)
	}
	return inPart(name, c) || plainText(name) == plainText(c.Method) || isTask(name, c.Task)
}

// inPart reports whether a part, or a group of parts, has a cell.
func inPart(name string, c results.Cell) bool {
	if name == c.Part && name != "" || c.Block > 0 && name == fmt.Sprintf("block%d", c.Block) {
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

// plainText is a method without what is easily typed another way: spaces and
// case.
func plainText(method string) string { return strings.ToLower(strings.ReplaceAll(method, " ", "")) }

// onlyNames splits what --only was given into names, of which known says
// whether there are such. Methods may hold commas themselves, so each name is as
// long as it can be.
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

// resolve returns the names of the plan's --only. One that is misspelt is an
// error that lists those next to it.
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
	text := fmt.Sprintf("--only %s: there is no such part, method or task", wrong)
	if part, _, both := strings.Cut(wrong, ":"); both && slices.Contains(Parts(), part) {
		text = fmt.Sprintf("--only %s: %s has no such method", wrong, part)
	}
	// The fault may lie in a method with a comma, of which the rest was taken
	// for a name of its own.
	if near := suggestions(append([]string{wrong}, p.sel.Only...), cells); len(near) > 0 {
		text += "; did you mean " + strings.Join(near, " or ") + "?"
	} else {
		text += "."
	}
	return nil, fmt.Errorf(`%s Parts are %s; methods are written as in the tables, "CE-DRW + SSP", or those of one part "table2:CE-DRW"; tasks by 12 or more digits of their names`,
		text, strings.Join(Parts(), ", "))
}

// suggestions lists, in quotes, up to four names that one of these may have meant.
func suggestions(wrong []string, cells []results.Cell) []string {
	type candidate struct {
		name string
		off  float64 // letters to change, over letters
	}
	var all []candidate
	consider := func(name string) {
		off := 1.
		for _, w := range wrong {
			a, b := plainText(w), plainText(name)
			off = min(off, float64(editDistance(a, b))/float64(max(len(a), 1)))
		}
		if off < .4 && !slices.ContainsFunc(all, func(c candidate) bool { return c.name == name }) {
			all = append(all, candidate{name, off})
		}
	}
	for _, part := range Parts() {
		consider(part)
	}
	part, _, both := strings.Cut(wrong[0], ":")
	for _, c := range cells {
		switch {
		case !both:
			consider(c.Method)
		case inPart(part, c):
			consider(part + ":" + c.Method)
		default:
			consider(c.Part + ":" + c.Method)
		}
	}
	slices.SortStableFunc(all, func(a, b candidate) int { return cmp.Compare(a.off, b.off) })
	var names []string
	for _, c := range all[:min(len(all), 4)] {
		names = append(names, fmt.Sprintf("%q", c.name))
	}
	return names
}

// editDistance is how many bytes have to be changed, added or left out to make
// a of b (Levenshtein).
func editDistance(a, b string) int {
	row := make([]int, len(b)+1) // of a's first bytes, to each beginning of b
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
