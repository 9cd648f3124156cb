package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"longtail/figures"
	"longtail/paper"
	"longtail/results"
	"longtail/stats"
	"longtail/tables"
)

// Input is everything a report is made of. A task whose result is present and
// nil, or that is named in Failures, has failed; one that is absent has not
// been run.
type Input struct {
	Plan     results.Plan
	Others   []results.Plan             // of the other profiles, in two replicates: what a claim needs next may be there
	Results  map[string]*results.Result // by task name
	Failures map[string]string          // why, by task name
	Figures  []*figures.Figure          // of figures.All, drawn once for files and page
	Machine  string                     // "2 × …, linux/amd64"
	Cores    int                        // of this machine, for tasks side by side; 0: one
	Revision string                     // this program was built from; "": not known
	Elapsed  time.Duration              // of the run that ends with this report; 0: none
	Running  bool                       // the run that writes this goes on: the page loads itself again every minute
	Written  time.Time                  // when; zero: not said
	Busy     []string                   // tasks that other processes are at, in words
	Begun    []string                   // tasks that were begun and are not done, and that nobody is at, in words
	Killed   int                        // of Begun, those whose process died
	GoOn     string                     // command that goes on with them
}

// page is what both forms of the report show.
type page struct {
	Work, Title, Lead string
	AtScale           string // what was measured on the paper's own data and schedule
	Running           bool
	State, GoOn       string // of a run that is not at its end, and how to go on
	Primary           []Row
	Hour              []string // what one more hour would settle
	Command           string   // of the whole plan
	Failures          []failure
	Facts             []fact
	Gains             *figures.Figure
	Theorems          []theorem
	Tables            []part
	Controls          part
	Printed, Curves   []*figures.Figure // the paper's figures and the classes' errors; learning curves
	Sections          []claimSection
	Errata            []paper.Erratum
	Cells             []cellGroup
	Tasks             []taskRecord
	BibTeX, Software  string // the paper and this program
}

type failure struct{ Task, Cells, Why string }

type fact struct{ Term, Text string }

type theorem struct {
	part
	Figure   *figures.Figure
	Findings []Row // claims with a word
}

type claimSection struct {
	Title   string
	Rows    []Row
	Words   int // rows with evidence
	Settled int // further claims, which stand under "Theory"
}

func newPage(in Input) page {
	p := page{
		Work:    fmt.Sprintf("%s, %s, %s, arXiv:%s", paper.Title, paper.Authors, paper.Venue, paper.ArXiv),
		Running: in.Running,
		Command: in.Plan.Command,
		Errata:  paper.Errata(),
		BibTeX:  paper.BibTeX,

		Software: software(in),
	}
	var all []Row
	p.Primary, all = Claims(in)
	anchorRows("primary", p.Primary)
	anchorRows("claim", all)
	p.headline(in, all)
	p.AtScale = atScale(in)
	p.Hour = oneHour(p.Primary)
	ofTheory := map[string]*figures.Figure{}
	for _, f := range in.Figures {
		switch f.Section {
		case "claims":
			p.Gains = f
		case "theory":
			ofTheory[f.Name] = f
		case "curves":
			p.Curves = append(p.Curves, f)
		default:
			p.Printed = append(p.Printed, f)
		}
	}
	o := newOutlook(in)
	for n := 1; n <= 3; n++ {
		t := tables.Theorem(in.Plan, in.Results, n)
		th := theorem{part: newPart(in, o, t, t.Name), Figure: ofTheory[t.Name]}
		for _, r := range all {
			if r.Grade == results.GradeExact && strings.HasPrefix(r.ID, fmt.Sprintf("T%d.", n)) {
				th.Findings = append(th.Findings, r)
			}
		}
		p.Theorems = append(p.Theorems, th)
	}
	shown := []tables.Table{
		tables.Table1(in.Plan, in.Results), tables.Table2(in.Plan, in.Results),
		tables.Table3(in.Plan, in.Results), tables.Table4(in.Plan, in.Results), tables.Controls(in.Plan, in.Results),
	}
	for _, t := range shown {
		p.Tables = append(p.Tables, newPart(in, o, t, t.Name))
	}
	p.Controls, p.Tables = p.Tables[4], p.Tables[:4]
	p.Cells = cellGroups(in, o, shown)
	p.Tasks = taskRecords(in)
	section := map[string]string{}
	for _, c := range paper.Claims() {
		section[c.ID] = c.Section
	}
	for _, r := range all {
		s := section[r.ID]
		if n := len(p.Sections); n == 0 || p.Sections[n-1].Title != s {
			p.Sections = append(p.Sections, claimSection{Title: s})
		}
		last := &p.Sections[len(p.Sections)-1]
		if r.Grade == results.GradeExact {
			last.Settled++
			continue
		}
		last.Rows = append(last.Rows, r)
		if r.Grade != "" {
			last.Words++
		}
	}
	p.facts(in)
	if p.State = state(in); in.Running || len(in.Begun) > 0 {
		p.GoOn = in.GoOn
	}
	return p
}

// software is the entry of this program for a list of references: the revision that
// wrote the page stands for a version.
func software(in Input) string {
	year := ""
	if !in.Written.IsZero() {
		year = fmt.Sprintf("\n  year    = {%d},", in.Written.UTC().Year())
	}
	return fmt.Sprintf(`
@software{longtail,
  title   = {longtail: a reproduction of "%s"},
  author  = {{The longtail authors}},%s
  version = {revision %s}
}
`, paper.Title, year, cmp.Or(shortRevision(in.Revision), "not known"))
}

// state says whether a run goes on or stopped before its end. A page cannot see that
// its run has died, so that of a run says when it was written.
func state(in Input) string {
	at := ""
	if !in.Written.IsZero() {
		at = in.Written.UTC().Format("2 January 2006, 15:04 UTC")
	}
	var parts []string
	if in.Running {
		text := "A run is going on: this page is written anew every few minutes and loads itself again every minute."
		if at != "" {
			text += fmt.Sprintf(" It was written on %s; if that is long past, the run was cut off (killed, or a power cut). Nothing that is stored is lost, and the same command goes on:", at)
		}
		return text
	}
	if n := len(in.Busy); n > 0 {
		parts = append(parts, fmt.Sprintf("A run is going on: %s being computed (%s). This page shows what was done on %s; `longtail report` writes it anew.", tasksAre(n), someOf(in.Busy), cmp.Or(at, "that moment")))
	}
	if n := len(in.Begun); n > 0 {
		text := fmt.Sprintf("A run stopped on the way: %s begun and not done (%s).", tasksAre(n), someOf(in.Begun))
		if in.Killed > 0 {
			were := "were"
			if in.Killed == 1 {
				were = "was"
			}
			text += fmt.Sprintf(" %d of them %s cut off (killed, or a power cut), which loses at most a minute.", in.Killed, were)
		}
		parts = append(parts, text+" This goes on from the checkpoints:")
	}
	return strings.Join(parts, " ")
}

func tasksAre(n int) string {
	if n == 1 {
		return "1 task is"
	}
	return fmt.Sprintf("%d tasks are", n)
}

// someOf lists the first three.
func someOf(names []string) string {
	const most = 3
	if len(names) > most {
		return strings.Join(names[:most], "; ") + fmt.Sprintf("; and %d more", len(names)-most)
	}
	return strings.Join(names, "; ")
}

// anchorRows gives every row an anchor: the first of a claim its id alone.
func anchorRows(kind string, rows []Row) {
	seen := map[string]int{}
	for i := range rows {
		id := rows[i].ID
		rows[i].Anchor = slug(kind + " " + id)
		if seen[id]++; seen[id] > 1 {
			rows[i].Anchor += fmt.Sprintf("-%d", seen[id])
		}
	}
}

// census counts the cells of a plan, one a printed number whatever its replicates,
// each at the best grade at which it is measured.
type census struct {
	cells, run int
	measured   map[results.Grade]int
	replicates int // of what is trained
}

func takeCensus(in Input) census {
	keys, replicates := map[paper.Key]bool{}, map[int]bool{}
	best := map[paper.Key]results.Grade{} // of what is run
	for _, c := range in.Plan.Cells {
		keys[c.Key] = true
		r := in.Results[c.Task]
		if c.Task == "" || r == nil {
			continue
		}
		g := cmp.Or(r.Grade, c.Grade)
		if at, ok := best[c.Key]; !ok || g.Rank() < at.Rank() {
			best[c.Key] = g
		}
		if g != results.GradeExact {
			replicates[c.Replicate] = true
		}
	}
	n := census{cells: len(keys), run: len(best), measured: map[results.Grade]int{}, replicates: len(replicates)}
	for _, g := range best {
		n.measured[g]++
	}
	return n
}

// headline writes title and lead: the counts by grade in one sentence.
func (p *page) headline(in Input, all []Row) {
	n := takeCensus(in)
	p.Title = titleOf(n, p.Primary)
	p.Lead = n.sentence() + theoryWords(all)
	p.Failures = sortedFailures(in)
}

func titleOf(n census, primary []Row) string {
	total, standIn := len(paper.Estimands()), false
	settled := map[[2]string]bool{}
	for _, r := range primary {
		if r.Settled() {
			settled[[2]string{r.ID, r.Against}] = true
		}
		standIn = standIn || r.Grade == results.GradeStandIn
	}
	switch {
	case len(settled) > 0:
		return fmt.Sprintf("%d of %d primary claims are settled on the paper's data", len(settled), total)
	case standIn && n.measured[results.GradePaper]+n.measured[results.GradeSimilar] == 0:
		return fmt.Sprintf("None of the %d primary claims is settled: so far only stand-in data were used", total)
	case n.run > 0:
		return fmt.Sprintf("None of the %d primary claims is settled yet", total)
	}
	return fmt.Sprintf("Nothing has been run yet: %d primary claims, with the numbers in print", total)
}

func (n census) sentence() string {
	of := func(g results.Grade) string {
		if n.measured[g] == 0 {
			return "none"
		}
		return fmt.Sprint(n.measured[g])
	}
	text := fmt.Sprintf("Of %d cells, each counted at its best grade, %s are measured at **P** (the paper's data and schedule), %s at **S** (its data; pool, size or schedule changed), "+
		"%s at **T** (stand-in data: they say nothing about the paper's numbers) and %s at **X** (theory: exact laws, checked by simulation)",
		n.cells, of(results.GradePaper), of(results.GradeSimilar), of(results.GradeStandIn), of(results.GradeExact))
	if k := n.measured[results.GradeReported]; k > 0 {
		text += fmt.Sprintf("; %d were measured elsewhere (**R**)", k)
	}
	text += fmt.Sprintf("; %d are not run", n.cells-n.run)
	switch {
	case n.replicates == 1:
		return text + ", and what is run has one replicate, which allows no word beyond “not settled”."
	case n.replicates > 1:
		return text + fmt.Sprintf(", and what is run has up to %d replicates.", n.replicates)
	}
	return text + "."
}

// theoryWords counts the words on the statements about theory; "" if there are none.
func theoryWords(all []Row) string {
	words, theory := map[string]int{}, 0
	for _, r := range all {
		if r.Grade == results.GradeExact {
			words[r.Word]++
			theory++
		}
	}
	if theory == 0 {
		return ""
	}
	order := slices.SortedFunc(maps.Keys(words), func(a, b string) int { // "true", "true but …", "false"
		return cmp.Or(cmp.Compare(b[:1], a[:1]), cmp.Compare(a, b))
	})
	var parts []string
	for _, w := range order {
		parts = append(parts, fmt.Sprintf("%d %s", words[w], w))
	}
	return fmt.Sprintf(" Of the paper's statements on theory, %d have a word: %s.", theory, strings.Join(parts, ", "))
}

// atScale lists what was measured on the paper's data by its schedule beside what
// is in print, at most eight numbers, and what plain cross-entropy has with its
// priors taken off; "" if nothing was.
func atScale(in Input) string {
	const most = 8
	type where struct {
		dataset string
		rho     float64
	}
	type number struct {
		where
		method string
	}
	type sum struct{ last, best, adjusted, n float64 }
	sums := map[number]*sum{}
	printed := map[number]float64{}
	var order []number
	seen := map[string]bool{} // a number printed twice is one run
	for _, c := range in.Plan.Cells {
		r := in.Results[c.Task]
		print, ok := paper.Find(c.Key)
		if c.Task == "" || r == nil || r.Grade != results.GradePaper || r.Settings.Kind != results.KindTrain || !ok || seen[c.Task] {
			continue
		}
		seen[c.Task] = true
		n := number{where{c.Dataset, c.Rho}, c.Method}
		if c.RhoU != 0 {
			n.method += fmt.Sprintf(", ρ_U = %g", c.RhoU)
		}
		if sums[n] == nil {
			sums[n] = &sum{}
			order = append(order, n)
		}
		s := sums[n]
		s.last, s.best, s.n = s.last+r.LastErrorPct, s.best+r.BestErrorPct, s.n+1
		if r.AdjustedErrorPct != nil && c.Method == "CE" {
			s.adjusted += *r.AdjustedErrorPct
		}
		printed[n] = print.Value
	}
	var text strings.Builder
	for i, n := range order {
		if i == most {
			fmt.Fprintf(&text, "; and %d more in the tables", len(order)-most)
			break
		}
		switch {
		case i == 0:
			fmt.Fprintf(&text, "At the paper's own scale (**P**), error of the **last epoch** / best on test / in print, %%: %s, ρ = %g: ", n.dataset, n.rho)
		case n.where != order[i-1].where:
			fmt.Fprintf(&text, "; %s, ρ = %g: ", n.dataset, n.rho)
		default:
			text.WriteString(", ")
		}
		s := sums[n]
		fmt.Fprintf(&text, "%s **%.2f** / %.2f / %.2f (%s", n.method, s.last/s.n, s.best/s.n, printed[n], count(int(s.n), "replicate"))
		if s.adjusted > 0 {
			fmt.Fprintf(&text, "; **%.2f** with the log class shares taken off its logits, without any training", s.adjusted/s.n)
		}
		text.WriteString(")")
	}
	if text.Len() > 0 {
		text.WriteString(".")
	}
	return text.String()
}

// oneHour tells what an hour on this machine brings to each primary claim by
// itself: what it settles, what gets a first interval, and what takes longer.
func oneHour(primary []Row) []string {
	rows := slices.Clone(primary)
	slices.SortStableFunc(rows, func(a, b Row) int { return cmp.Compare(a.Seconds, b.Seconds) })
	named := map[string]int{}
	for _, r := range rows {
		named[r.name()]++
	}
	var settled, begun, beyond []string
	for _, r := range rows {
		text := r.name()
		if named[text] > 1 {
			text += " at " + string(r.Grade)
		}
		text += fmt.Sprintf(" (%s)", duration(r.Seconds))
		switch {
		case r.Seconds <= 0:
		case r.Seconds > 3600:
			beyond = append(beyond, text)
		case r.Settles:
			settled = append(settled, text)
		default:
			begun = append(begun, text)
		}
	}
	if len(settled)+len(begun)+len(beyond) == 0 {
		return nil
	}
	lines := []string{"It narrows no primary claim to what its rule asks for."}
	if len(settled) > 0 {
		lines[0] = fmt.Sprintf("It narrows to what the rule asks for, each by itself: %s.", strings.Join(settled, ", "))
	}
	if len(begun) > 0 {
		lines = append(lines, fmt.Sprintf("It gives a first number or interval, which rarely settles anything, to each of: %s.", strings.Join(begun, ", ")))
	}
	if len(beyond) > 0 {
		lines = append(lines, fmt.Sprintf("The next step takes longer for %s.", strings.Join(beyond, ", ")))
	}
	return lines
}

// name of a row among those of the primary claims.
func (r Row) name() string {
	if r.Against == "" {
		return r.ID
	}
	return r.ID + " " + r.Against
}

func sortedFailures(in Input) []failure {
	cells := cellsOf(in)
	var out []failure
	add := func(task, why string) {
		out = append(out, failure{short(task), strings.Join(cells[task], "; "), why})
	}
	for task, r := range in.Results {
		if _, named := in.Failures[task]; r == nil && !named {
			add(task, "left no result")
		}
	}
	for task, why := range in.Failures {
		add(task, why)
	}
	slices.SortFunc(out, func(a, b failure) int { return cmp.Compare(a.Task, b.Task) })
	return out
}

// cellsOf names the cells of every task.
func cellsOf(in Input) map[string][]string {
	out := map[string][]string{}
	for _, c := range in.Plan.Cells {
		if c.Task != "" {
			out[c.Task] = append(out[c.Task], fmt.Sprintf("%s (replicate %d)", c.Key.Short(), c.Replicate))
		}
	}
	return out
}

// facts says on what, with what and for how long.
func (p *page) facts(in Input) {
	add := func(term string, texts ...string) {
		slices.Sort(texts)
		if texts = slices.Compact(texts); len(texts) > 0 && texts[0] != "" {
			p.Facts = append(p.Facts, fact{term, strings.Join(texts, "; ")})
		}
	}
	var data, pools, digests, seeds, kernels, cpus, gos, reported []string
	revisions := map[string]int{} // results
	marks := map[results.Grade][]string{}
	var seconds float64
	var images int64
	mine, shipped := 0, 0
	for _, c := range in.Plan.Cells {
		if r := in.Results[c.Task]; c.Task != "" && r != nil && c.Data != "" && r.Reported == "" {
			text := c.Data
			if c.Dataset != "" && !strings.HasPrefix(c.Data, c.Dataset) {
				text += " in place of " + c.Dataset
			}
			data = append(data, text)
			g := cmp.Or(r.Grade, c.Grade)
			marks[g] = append(marks[g], c.Marks...)
		}
	}
	for _, r := range in.Results {
		if r == nil {
			continue
		}
		switch {
		case r.Reported != "":
			file, _, _ := strings.Cut(r.Reported, ", line ")
			reported = append(reported, file)
			continue
		case r.Shipped:
			shipped++
		default:
			mine++
		}
		s := r.Settings
		if s.Kind != results.KindTheory {
			seeds = append(seeds, fmt.Sprintf("replicate %d: seed %d, data seed %d", s.Replicate, s.Seed, s.DataSeed))
		}
		for _, f := range []struct {
			to         *[]string
			text, more string
		}{
			{&pools, s.Pool, ""}, {&digests, s.Data, digest(r.DataDigest)}, {&digests, r.PoolName, digest(r.PoolDigest)},
			{&kernels, r.Cost.KernelSet, ""}, {&cpus, r.Cost.CPU, ""}, {&gos, r.Cost.Go, ""},
		} {
			if f.text != "" {
				*f.to = append(*f.to, strings.TrimSpace(f.text+" "+f.more))
			}
		}
		revisions[cmp.Or(shortRevision(r.Cost.Revision), "not recorded")]++
		seconds += r.Cost.TrainSeconds + r.Cost.EvalSeconds
		images += r.Cost.Images
	}
	add("Data", data...)
	add("Unlabeled pool", pools...)
	for _, g := range []results.Grade{results.GradePaper, results.GradeSimilar, results.GradeStandIn} {
		add(fmt.Sprintf("Differs from print, grade %s", g), marks[g]...)
	}
	if shipped+mine > 0 {
		add("Results", fmt.Sprintf("%d from this store, %d came with the program (results/committed)", mine, shipped))
	} else {
		add("Results", "none")
	}
	add("Measured elsewhere", reported...)
	if seconds > 0 {
		add("Time they took", fmt.Sprintf("%s for %s training images", duration(seconds), thousands(images)))
	}
	add("Seeds", seeds...)
	add("Data digests", digests...)
	add("Computed on", cpus...)
	add("Kernels, Go", slices.Concat(kernels, gos)...)
	var computedBy []string
	for revision, n := range revisions {
		computedBy = append(computedBy, fmt.Sprintf("%s (%s)", revision, count(n, "result")))
	}
	add("Computed by revision", computedBy...)
	add("This page", strings.Trim("profile "+in.Plan.Profile+"; built from revision "+cmp.Or(shortRevision(in.Revision), "not known"), " ;"))
	add("This machine", in.Machine)
	if in.Elapsed > 0 {
		add("This run", duration(in.Elapsed.Seconds()))
	}
}

// Took is how long the next step takes here; "" if that is not known.
func (r Row) Took() string {
	if r.Seconds == 0 {
		return ""
	}
	return duration(r.Seconds)
}

// Tone is the style of a row's word.
func (r Row) Tone() string {
	switch {
	case r.Grade == results.GradeExact && strings.HasPrefix(r.Word, "false"):
		return "no"
	case r.Grade == results.GradeExact:
		return "yes"
	case !r.Settled():
		return ""
	case r.verdict.Word == stats.Seen || r.verdict.Word == stats.SeenOnAverage || r.verdict.Word == stats.TooSmall && r.e.noWorse:
		return "yes"
	}
	return "no"
}
