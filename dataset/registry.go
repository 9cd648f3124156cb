package dataset

import "slices"

// IDs returns the ids of the embedded data sets.
func IDs() []string {
	out := make([]string, len(embedded))
	for i := range embedded {
		out[i] = embedded[i].about.ID
	}
	return out
}

// Embedded reports whether a data set with that id is part of the program.
func Embedded(id string) bool { return slices.Contains(IDs(), id) }

// Known returns the ids of the embedded sets and of those with official files.
func Known() []string {
	out := IDs()
	for i := range officials {
		out = append(out, officials[i].about.ID)
	}
	return out
}

// Named reports whether a data set with that id exists, embedded or official.
func Named(id string) bool { return slices.Contains(Known(), id) }

// Describe returns an embedded or official data set without its images: names, marks,
// shape, sizes and declared digest. It reads no files. Sets whose official files we
// could not get (SVHN) or hold no pixels (lists) have no Digest until they are
// opened.
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
