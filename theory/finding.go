package theory

// Finding is what was found about one claim of the paper's theory.
type Finding struct {
	Claim string // id, "T1.8"
	Word  Word
	Where string // of what the word is true, where it needs it: "n₊ = n₋ = 50, …"
	Text  string // the evidence, one or two sentences with computed numbers
}

// Word is the verdict on a theoretical claim.
type Word string

const (
	True    Word = "true"
	Vacuous Word = "true but vacuous"      // at Where
	Weaker  Word = "true in a weaker form" // which Where is: the claim as printed was not shown
	False   Word = "false"                 // at Where
	NoWord  Word = "no word"               // a remark: nothing decides the claim
)

// worded is True where ok holds and False elsewhere.
func worded(ok bool) Word {
	if ok {
		return True
	}
	return False
}
