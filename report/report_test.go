package report

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"longtail/paper"
	"longtail/results"
)

func write(t *testing.T, in Input) (html, markdown string) {
	t.Helper()
	dir := t.TempDir()
	if err := Write(dir, in); err != nil {
		t.Fatal(err)
	}
	var out [2]string
	for i, name := range []string{"report.html", "report.md"} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		out[i] = string(b)
		if keep := os.Getenv("LONGTAIL_REPORT"); keep != "" { // to be looked at
			name := strings.ReplaceAll(t.Name(), "/", "_") + "_" + name
			if err := os.WriteFile(filepath.Join(keep, name), b, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	return out[0], out[1]
}

func TestWrite(t *testing.T) {
	failing := madeUp(results.GradeStandIn, 2)
	for task := range failing.Results {
		if strings.HasPrefix(task, "ssp1") {
			failing.Results[task] = nil
			failing.Failures[task] = "loss is NaN at epoch 3, step 71, learning rate 0.1"
		}
	}
	for name, in := range map[string]Input{
		"nothing planned": {},
		"nothing run":     nothing(),
		"one replicate":   madeUp(results.GradeStandIn, 1),
		"three":           madeUp(results.GradePaper, 3),
		"a failed run":    failing,
	} {
		t.Run(name, func(t *testing.T) {
			html, markdown := write(t, in)
			balanced(t, html)
			loadsNothing(t, html)
			for _, c := range paper.Claims() {
				if !strings.Contains(html, `<span class="id">`+c.ID+`</span>`) || !strings.Contains(markdown, "**"+c.ID+"** ") {
					t.Errorf("claim %s is missing", c.ID)
				}
			}
			for _, bad := range []string{"NaN", "+Inf", "%!", "&lt;nil&gt;", "<no value>"} {
				// The failed run's own message is quoted.
				if s := strings.ReplaceAll(html, "loss is NaN", ""); strings.Contains(s, bad) {
					t.Errorf("%q on the page: %s", bad, around(s, bad))
				}
				if s := strings.ReplaceAll(markdown, "loss is NaN", ""); strings.Contains(s, bad) {
					t.Errorf("%q in the Markdown: %s", bad, around(s, bad))
				}
			}
			tablesHold(t, markdown)
			if name == "one replicate" {
				if again, _ := write(t, in); again != html {
					t.Error("not the same twice")
				}
			}
		})
	}
}

func around(s, what string) string {
	at := strings.Index(s, what)
	return s[max(0, at-80):min(len(s), at+80)]
}

// balanced checks that every element is closed where it should be.
func balanced(t *testing.T, page string) {
	t.Helper()
	page = strings.TrimPrefix(page, "<!doctype html>")
	d := xml.NewDecoder(strings.NewReader(page))
	d.Strict = false
	d.AutoClose = xml.HTMLAutoClose
	d.Entity = xml.HTMLEntity
	ids := map[string]bool{}
	var links []string
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("HTML: %v", err)
		}
		el, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		for _, a := range el.Attr {
			switch {
			case a.Name.Local == "id" && ids[a.Value]:
				t.Errorf("id %q is there twice", a.Value)
			case a.Name.Local == "id":
				ids[a.Value] = true
			case a.Name.Local == "href" && strings.HasPrefix(a.Value, "#"):
				links = append(links, a.Value[1:])
			case a.Name.Local == "alt" && a.Value == "":
				t.Error("an image has no alternative text")
			}
		}
	}
	for _, l := range links {
		if !ids[l] {
			t.Errorf("link to #%s, which is not there", l)
		}
	}
}

var loads = regexp.MustCompile(`(?i)(?:src|href|srcset|poster|action)\s*=\s*"([^"]*)"|url\(([^)]*)\)|@import\s+(\S+)`)

func loadsNothing(t *testing.T, page string) {
	t.Helper()
	if strings.Contains(page, "<script") || regexp.MustCompile(`(?i)\son[a-z]+=`).MatchString(page) {
		t.Error("there is a script on the page")
	}
	for _, m := range loads.FindAllStringSubmatch(page, -1) {
		target := m[1] + m[2] + m[3]
		if !strings.HasPrefix(target, "data:") && !strings.HasPrefix(target, "#") {
			t.Errorf("the page loads %q", target)
		}
	}
}

// tablesHold checks that the rows of every Markdown table have as many cells
// as its header.
func tablesHold(t *testing.T, markdown string) {
	t.Helper()
	columns := 0
	for _, line := range strings.Split(markdown, "\n") {
		if !strings.HasPrefix(line, "|") {
			columns = 0
			continue
		}
		n := strings.Count(strings.ReplaceAll(line, `\|`, ""), "|")
		if columns == 0 {
			columns = n
		}
		if n != columns {
			t.Errorf("%d bars under a header of %d: %s", n, columns, line)
		}
	}
}
