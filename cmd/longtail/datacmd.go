package main

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"

	"longtail/dataset"
	"longtail/internal/usage"
)

type dataCmd struct {
	Describe describeCmd `cmd:"" help:"Counts, groups and fingerprint of a data set, its long tail and its unlabeled set."`
	Show     showCmd     `cmd:"" help:"A sheet of images: one row per class, largest class first."`
	Fetch    fetchCmd    `cmd:"" help:"Fetch and verify official files."`
	Verify   verifyCmd   `cmd:"" help:"Compare files with the official checksums."`
	Where    whereCmd    `cmd:"" help:"Where each file comes from and where it belongs."`
}

func (dataCmd) Help() string {
	return `Named sets, and images of your own, are described and shown before anything is trained
on them. Only fetch uses the network.

Examples:
  longtail data describe my-photos/
  longtail data show fashion-mnist --rho 100 --out sheet.png
  longtail data where cifar10
  longtail data fetch cifar10 --data-dir ~/data`
}

// setFlags name a data set and say where its files lie.
type setFlags struct {
	Set       string `arg:"" optional:"" name:"set" help:"Name, folder or file, as --data."`
	Data      string `placeholder:"NAME|FILE.npz|FILE.csv|FOLDER" help:"cifar10, cifar100, svhn, mnist-full, fashion-mnist-full, imagenet-lt, inaturalist18; embedded: fashion-mnist, mnist; or your own images."`
	Test      string `placeholder:"FILE.npz" help:"Test images for FILE.npz. Named sets, folders and CSV files have their own."`
	fileFlags `embed:"" set:"side=32; 224 for ImageNet-LT and iNaturalist"`
}

func (f setFlags) name() (string, error) {
	switch {
	case f.Set == "" && f.Data == "":
		return "", usage.Errorf("which data set? --data %s, or a folder, .csv or .npz file of your own", strings.Join(dataset.Known(), "|"))
	case f.Set != "" && f.Data != "" && f.Set != f.Data:
		return "", usage.Errorf("two data sets: %s and --data %s", f.Set, f.Data)
	case f.Set != "":
		return f.Set, nil
	}
	return f.Data, nil
}

// open returns the set. It refuses to write a picture, whose path is that of flag, or
// the cache among the set's images. listsOnly skips the images of official lists.
func (f setFlags) open(listsOnly bool, flag, picture string) (*dataset.Set, error) {
	name, err := f.name()
	if err != nil {
		return nil, err
	}
	if err := errors.Join(checkOutsideClasses(name, "--cache", f.Cache), checkOutsideClasses(name, flag, picture)); err != nil {
		return nil, err
	}
	files := f.files()
	files.ListsOnly = listsOnly
	s, err := openData(context.Background(), files, name, f.Test) // Ctrl-C ends the command
	if err != nil {
		return nil, err
	}
	return s, f.checkSide(name, s)
}

// tailFlags cut the long tail.
type tailFlags struct {
	Rho       float64 `placeholder:"RATIO" help:"Imbalance ratio: size of the largest class divided by the smallest. Without it the set stays as it is."`
	NMax      int     `name:"n-max" placeholder:"N" help:"With --rho: images of the first class, which is the largest. Default: the paper's (5000 for CIFAR-10, 500 for CIFAR-100, 1000 for SVHN); of your own images all training images of that class."`
	Imbalance string  `enum:"exp,step" default:"exp" help:"With --rho: shape of the tail, exp or step."`
	DataSeed  int     `default:"0" help:"With --rho, or --rho-u of describe: seed that selects the images (${default})."`
	Amount    float64 `default:"1" placeholder:"SHARE" help:"With --rho: shrink the labeled set to this share of n_max (Appendix E.4 of the paper: 0.25, 0.5, 1); D_U stays that of the full set."`
}

// largestFirst returns the set with its classes ordered by training images, largest
// first. With --rho it returns s, as the tail is cut in the set's own order.
func (f tailFlags) largestFirst(s *dataset.Set) *dataset.Set {
	if f.Rho != 0 {
		return s
	}
	n := dataset.CountLabels(s.Train.Labels, len(s.Classes))
	ranked := *s
	ranked.RankOrder = slices.Clone(s.Ranks())
	slices.SortStableFunc(ranked.RankOrder, func(a, b int) int { return n[b] - n[a] })
	return &ranked
}

// poolAsTrain returns the set with its pool as training images if it has none and no
// tail is cut. Otherwise it returns s.
func (f tailFlags) poolAsTrain(s *dataset.Set) *dataset.Set {
	if s.Train.Len() > 0 || f.Rho != 0 {
		return s
	}
	pool := *s
	pool.Train = s.Pool
	pool.Notes = append(slices.Clone(s.Notes), "its images serve as a pool: none is for training or test")
	return &pool
}

// check refuses invalid values and, without --rho, flags that only a long tail has.
// With draws, D_U is drawn, for which --data-seed is allowed.
func (f tailFlags) check(draws bool) error {
	switch {
	case f.DataSeed < 0 || f.DataSeed > math.MaxUint32:
		return usage.Errorf("--data-seed %d: NumPy's generator takes seeds from 0 to %d", f.DataSeed, math.MaxUint32)
	case f.Rho != 0 && !(f.Rho >= 1):
		return usage.Errorf("--rho %v: the ratio of the largest class to the smallest is at least 1", f.Rho)
	case !(f.Amount > 0 && f.Amount <= 1):
		return usage.Errorf("--amount %v: the share of the labeled set is above 0 and at most 1", f.Amount)
	case f.Rho != 0:
	case f.NMax != 0 || f.Amount != 1 || f.Imbalance != "exp":
		return usage.Errorf("--n-max, --imbalance and --amount shape a long tail: give --rho as well (1 for equal classes)")
	case f.DataSeed != 0 && !draws:
		return usage.Errorf("--data-seed selects the images of a long tail: give --rho as well")
	}
	return nil
}

func (f tailFlags) cut(s *dataset.Set) (*dataset.Subset, error) {
	if f.Rho == 0 {
		return dataset.Whole(s, f.DataSeed)
	}
	sub, err := dataset.LongTail{Rho: f.Rho, Imbalance: f.Imbalance, NMax: f.NMax, DataSeed: f.DataSeed, Amount: f.Amount}.Select(s)
	if err != nil {
		return nil, usage.Error{Err: err}
	}
	return sub, nil
}
