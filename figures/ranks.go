package figures

// shortened is a class's name with room for no more than twelve letters.
func shortened(name string) string {
	if r := []rune(name); len(r) > 12 {
		return string(r[:11]) + "…"
	}
	return name
}
