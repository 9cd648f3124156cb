package experiments

// First 16 digits of the names of the first ten trainings of profile quick.
var pinnedNames = []string{
	"b683f778be56eebb", // CE
	"8eaf66ff4a88bb28", // pseudo-labels
	"97dc347a71bfb017", // CE + D_U, ρ_U = 100
	"552832980702670a", // CE, equal steps
	"603e7ccd8aeeadb3", // rotation
	"fc32e1fe9c8e0385", // CE + SSP
	"b5abca0e7495b625", // supervised pre-training
	"9c8f5a0ff99abb20", // CE + warm start
	"fb954162098eded9", // CE + D_U, ρ_U = 1
	"f5e33ebe55ce73dc", // logistic regression
}
