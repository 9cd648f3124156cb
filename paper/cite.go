package paper

// Bibliographic data of the work whose experiments are reproduced.
const (
	Title   = "Rethinking the Value of Labels for Improving Class-Imbalanced Learning"
	Authors = "Yuzhe Yang and Zhi Xu"
	Venue   = "NeurIPS 2020"
	ArXiv   = "2006.07529"
)

// BibTeX cites the paper.
const BibTeX = `@inproceedings{yang2020rethinking,
  title     = {Rethinking the Value of Labels for Improving Class-Imbalanced Learning},
  author    = {Yang, Yuzhe and Xu, Zhi},
  booktitle = {Advances in Neural Information Processing Systems (NeurIPS)},
  year      = {2020},
  eprint    = {2006.07529},
  archivePrefix = {arXiv}
}
`
