package theory

import "fmt"

// Finding is the result on one claim of the paper's theory, also as results store
// it.
type Finding struct {
	Claim string `json:"claim"` // id, "T1.8"
	Word  Word   `json:"word"`
	Where string `json:"where,omitempty"` // setting for which the verdict holds, if it needs one: "n₊ = n₋ = 50, …"
	Text  string `json:"text"`            // the evidence, one or two sentences with computed numbers
}

// Word is the verdict on a theoretical claim.
type Word = string

const (
	True    Word = "true"
	Vacuous Word = "true but vacuous"      // at Where
	Weaker  Word = "true in a weaker form" // Where is that form: the claim as printed was not shown
	False   Word = "false"                 // at Where
	NoWord  Word = "no word"               // a remark: nothing decides the claim
)

// Summary returns a sentence that counts the verdicts of all findings.
func Summary(all []Finding) string {
	n := map[Word]int{}
	for _, f := range all {
		n[f.Word]++
	}
	text := fmt.Sprintf("Of %d statements, %d are true, %d true but vacuous, %d true in a weaker form and %d false, each in the case named with it",
		len(all), n[True], n[Vacuous], n[Weaker], n[False])
	if n[NoWord] > 0 {
		text += fmt.Sprintf("; %d is a remark without a verdict", n[NoWord])
	}
	return text + "."
}

// worded returns True if ok and False otherwise.
func worded(ok bool) Word {
	if ok {
		return True
	}
	return False
}
