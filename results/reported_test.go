package results

import (
	"math"
	"strings"
	"testing"

	"longtail/paper"
)

func TestReadReported(t *testing.T) {
	const heading = "source,dataset,network,method,replicate,last_error_pct,best_error_pct,few_error_pct\n"
	rows, err := ReadReported([]byte("\ufeff"+heading+
		"Table 3,ImageNet-LT,ResNet-50,cRT,0,53.1,52.8,70\n"+
		"table 3,,resnet-50,CRT,1,53.3,,\n"+
		"Table 4,iNaturalist 2018,ResNet-50,OLTR,0,,,\n"+
		"Table 4,,,cRT + SSP,,31.5,,\n"), "mine.csv")
	if err != nil || len(rows) != 3 {
		t.Fatal(err, rows)
	}
	large := func(source, dataset, method string) paper.Key {
		return paper.Key{Source: source, Dataset: dataset, Method: method, Network: "ResNet-50"}
	}
	a, b, c := rows[0], rows[1], rows[2]
	if a.Key != large("Table 3", "ImageNet-LT", "cRT") || a.LastErrorPct != 53.1 || a.BestErrorPct != 52.8 || a.Few == nil || *a.Few != 70 || a.Many != nil || a.From != "mine.csv, line 2" {
		t.Errorf("%+v", a)
	}
	if b.Key != a.Key || b.Replicate != 1 || b.BestErrorPct != 53.3 {
		t.Errorf("%+v", b)
	}
	if c.Key != large("Table 4", "iNaturalist 2018", "cRT + SSP") || c.Replicate != 0 || c.From != "mine.csv, line 5" {
		t.Errorf("%+v", c)
	}

	for _, bad := range []struct{ why, text, says string }{
		{"nothing", "", "method and last_error_pct"},
		{"no heading", "Table 3,cRT,53\n", "method and last_error_pct"},
		{"a form that nobody filled in", heading + "Table 3,ImageNet-LT,ResNet-50,cRT,0,,,\n", "no line has a number"},
		{"no number", heading + "Table 3,ImageNet-LT,ResNet-50,cRT,0,53%,,\n", `line 2: last_error_pct is "53%"`},
		{"not a number", heading + "Table 3,ImageNet-LT,ResNet-50,cRT,0,NaN,,\n", "from 0 to 100"},
		{"an accuracy above all", heading + "Table 3,ImageNet-LT,ResNet-50,cRT,0,53,5300,\n", "best_error_pct"},
		{"a best error above the last", heading + "Table 3,ImageNet-LT,ResNet-50,cRT,0,53,53.1,\n", "line 2: best_error_pct is 53.1, above last_error_pct, 53"},
		{"a column twice", "method,last_error_pct, Last_Error_Pct\ncRT + SSP,31,32\n", `"last_error_pct" twice`},
		{"a replicate below 0", heading + "Table 3,ImageNet-LT,ResNet-50,cRT,-1,53,,\n", "replicate"},
		{"twice", heading + "Table 3,ImageNet-LT,ResNet-50,cRT,0,53,,\nTable 3,ImageNet-LT,ResNet-50,cRT,0,53,,\n", "line 3: replicate 0 of Table 3, ImageNet-LT, cRT, ResNet-50 stands in line 2"},
		{"one of several", heading + ",ImageNet-LT,,cRT,0,53,,\n", "may be Table 3, ImageNet-LT, cRT, ResNet-10 or"},
		{"no such method", heading + "Table 4,,,cRT + SPP,0,53,,\n", "cRT + SSP"},
		{"no method", heading + "Table 4,,,,0,53,,\n", "there is no method"},
		{"a table of which all is computed here", heading + "Table 2,CIFAR-10-LT,ResNet-32,CE,0,29,,\n", "longtail reproduce"},
		{"lines of unequal length", heading + "Table 4,cRT\n", "line 2"},
	} {
		if _, err := ReadReported([]byte(bad.text), "mine.csv"); err == nil || !strings.HasPrefix(err.Error(), "mine.csv") || !strings.Contains(err.Error(), bad.says) {
			t.Errorf("%s: %v, want %q", bad.why, err, bad.says)
		}
	}
}

// Reported numbers take the place of a cell that cannot be run, and of no other.
func TestWithReported(t *testing.T) {
	k := paper.Key{Source: "Table 4", Dataset: "iNaturalist 2018", Method: "cRT", Network: "ResNet-50"}
	other := k
	other.Method = "OLTR"
	plan := Plan{Cells: []Cell{{Key: k, Reason: "too large"}, {Key: other, Reason: "too large"}}}
	res := map[string]*Result{}
	with := WithReported(plan, res, []Reported{{Key: k, LastErrorPct: 30, BestErrorPct: 29, From: "f, line 2"}, {Key: k, Replicate: 1, LastErrorPct: 31, BestErrorPct: 30, From: "f, line 3"}})
	if len(plan.Cells) != 2 || plan.Cells[0].Key != k || len(with.Cells) != 3 || with.Cells[0].Key != other || len(res) != 2 {
		t.Fatalf("%+v\n%+v", with.Cells, res)
	}
	for i, c := range with.Cells[1:] {
		if r := res[c.Task]; c.Key != k || c.Grade != GradeReported || c.Replicate != i || r == nil || r.Grade != GradeReported || r.LastErrorPct != float64(30+i) || r.Reported == "" {
			t.Errorf("%+v: %+v", c, r)
		}
	}
}

func FuzzReadReported(f *testing.F) {
	f.Add([]byte("method,source,last_error_pct\ncRT,Table 4,30\n"))
	f.Add([]byte("source,dataset,network,method,replicate,last_error_pct,best_error_pct\nTable 3,ImageNet-LT,ResNet-50,cRT,0,53.1,52.8\n"))
	f.Add([]byte("method,source,replicate,last_error_pct,many_error_pct,few_error_pct\ncRT,Table 4,0,30,20,40\ncRT,Table 4,1,31,20,40\n"))
	f.Add([]byte("method,source,last_error_pct\ncRT,Table 4,30\ncRT,Table 4,31\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		rows, err := ReadReported(b, "f")
		if (err == nil) != (len(rows) > 0) {
			t.Fatal(err, rows)
		}
		type place struct {
			key       paper.Key
			replicate int
		}
		seen := map[place]bool{}
		percent := func(x *float64) bool { return x == nil || *x >= 0 && *x <= 100 }
		for _, r := range rows {
			p := place{r.Key, r.Replicate}
			if seen[p] || r.Replicate < 0 || r.Replicate > 999 || !percent(r.Many) || !percent(r.Medium) || !percent(r.Few) {
				t.Fatalf("%+v, twice: %v", r, seen[p])
			}
			seen[p] = true
			if _, ok := paper.Find(r.Key); !ok || math.IsNaN(r.LastErrorPct) || r.BestErrorPct < 0 || r.BestErrorPct > r.LastErrorPct || r.LastErrorPct > 100 {
				t.Fatalf("%+v", r)
			}
		}
	})
}

// Columns that nothing reads may be there as often as they like.
func TestReportedNotes(t *testing.T) {
	rows, err := ReadReported([]byte("source,dataset,method,notes,last_error_pct,notes,\nTable 4,iNaturalist 2018,cRT,a,31,b,\n"), "mine.csv")
	if err != nil || len(rows) != 1 || rows[0].LastErrorPct != 31 {
		t.Errorf("%+v, %v", rows, err)
	}
}
