package dataset

// Open returns the embedded data set with this id, decoding it on first use. It
// is shared and read-only. Files.Open opens the others.
func Open(id string) (*Set, error) {
	e, err := find(id)
	if err != nil {
		return nil, err
	}
	return e.open()
}

// IDs lists the embedded data sets.
func IDs() []string {
	out := make([]string, len(embedded))
	for i := range embedded {
		out[i] = embedded[i].about.ID
	}
	return out
}

// Describe returns an embedded or official data set without its images: names,
// marks, shape, sizes and declared digest, at no cost. Sets whose official files
// could not be had (SVHN) or hold no pixels (lists) have no Digest before they
// are opened.
func Describe(id string) (Set, error) {
	if o := findOfficial(id); o != nil {
		return o.declare(), nil
	}
	e, err := find(id)
	if err != nil {
		return Set{}, err
	}
	return e.declare(), nil
}

func find(id string) (*embeddedSet, error) {
	for i := range embedded {
		if embedded[i].about.ID == id {
			return &embedded[i], nil
		}
	}
	return nil, unknownSet(id)
}
