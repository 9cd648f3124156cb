package batches_test

import (
	"fmt"
	"log"

	"longtail/dataset"
	"longtail/dataset/batches"
)

// A long-tailed training set with D_U@5x under the pool's own labels.
func Example() {
	set, err := dataset.Files{}.Open("fashion-mnist")
	if err != nil {
		log.Fatal(err)
	}
	labeled, err := dataset.LongTail{Rho: 100, NMax: 500, DataSeed: 0}.Select(set)
	if err != nil {
		log.Fatal(err)
	}
	unlabeled, err := labeled.Draw(dataset.Unlabeled{Multiple: 5, RhoU: 100}, set.Pool)
	if err != nil {
		log.Fatal(err)
	}
	list := dataset.NewList(set)
	if err := list.Append(set.Train, labeled.Positions, nil); err != nil {
		log.Fatal(err)
	}
	if err := list.Append(set.Pool, unlabeled.Positions, nil); err != nil {
		log.Fatal(err)
	}
	source, err := batches.NewUniform(list, batches.Options{Batch: 256, Keys: []any{0, 0, "train"}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(labeled.Counts)
	fmt.Println(unlabeled.Counts)
	fmt.Println(list.Len(), "images,", source.Steps(0), "steps an epoch")
	// Output:
	// [500 299 179 107 64 38 23 13 8 5]
	// [2496 1494 896 537 319 189 113 68 40 24]
	// 7412 images, 29 steps an epoch
}
