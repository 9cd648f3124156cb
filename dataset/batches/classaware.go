package batches

import (
	"fmt"

	"longtail/dataset"
)

// inARow is the number of consecutive images that class-aware sampling takes from a
// class.
const inARow = 4

// ClassAware is a Source of class-aware sampling (Liu et al. 2019). Each round visits
// the classes in a new random order and takes the next four images of each class. A
// class has its own random order of images, drawn anew after each pass; fewer than
// four images repeat. Rounds continue across epochs. An epoch has as many whole
// batches as the list's images fill. Classes without images are left out. It is safe
// for concurrent use.
type ClassAware struct {
	batches
	classes [][]int // positions in the list, for each class with images
}

// NewClassAware returns a source of the images in l as they are now. They must fill a
// batch.
func NewClassAware(l *dataset.List, o Options) (*ClassAware, error) {
	if err := o.check(l); err != nil {
		return nil, err
	}
	if l.Len() < o.Batch {
		return nil, fmt.Errorf("%d images do not fill one batch of %d: class-aware sampling has whole batches only; take a smaller one (--batch)", l.Len(), o.Batch)
	}
	c := &ClassAware{}
	c.set(l, o)
	c.whole = true
	all, err := dataset.ByClass(c.list.Labels(), len(l.Set.Classes))
	if err != nil {
		return nil, err
	}
	for _, p := range all {
		if len(p) > 0 {
			c.classes = append(c.classes, p)
		}
	}
	c.draw = func(epoch int) []int {
		out := make([]int, c.list.Len()) // an epoch's batches, and the rest that fills none
		first := epoch * c.Steps(epoch) * c.options.Batch
		orders := map[[2]int][]int{}
		for i := range out {
			out[i] = c.position(first+i, orders)
		}
		return out
	}
	return c, nil
}

// position returns the position in the list of a draw of the endless stream. Every
// round takes four images of each class, so the round determines how many a class has
// given. orders holds what was drawn before.
func (c *ClassAware) position(draw int, orders map[[2]int][]int) int {
	group, within := draw/inARow, draw%inARow
	round := group / len(c.classes)
	class := c.order(-1, round, len(c.classes), orders)[group%len(c.classes)]
	of := c.classes[class]
	n := round*inARow + within
	return of[c.order(class, n/len(of), len(of), orders)[n%len(of)]]
}

// order returns the random order of a class's images in a pass, or of the classes
// (class −1) in a round.
func (c *ClassAware) order(class, round, n int, orders map[[2]int][]int) []int {
	key := [2]int{class, round}
	if orders[key] == nil {
		orders[key] = keyed(c.options.Keys, "class-aware", class, round).Perm(n)
	}
	return orders[key]
}
