package main

import (
	"bytes"
	"fmt"
	"image/png"
	"path/filepath"
	"strings"

	"longtail/dataset"
	"longtail/internal/usage"
)

type showCmd struct {
	setFlags  `embed:""`
	tailFlags `embed:""`
	Out       string `required:"" type:"path" placeholder:"FILE.png" help:"The picture to write."`
	PerClass  int    `default:"10" help:"Images of each class (${default})."`
	Classes   int    `default:"40" help:"Show at most this many classes, the largest first (${default})."`
}

func (showCmd) Help() string {
	return `Look at it before training: digits and garments must stand upright, and each row must
show its class.

Example:
  longtail data show cifar10 --data-dir ~/data --rho 100 --out sheet.png`
}

func (c *showCmd) Run() error {
	if c.PerClass < 1 || c.Classes < 1 {
		return usage.Errorf("--per-class and --classes must be at least 1")
	}
	if !strings.EqualFold(filepath.Ext(c.Out), ".png") {
		return usage.Errorf("--out %s: the name must end in .png", c.Out)
	}
	if err := c.check(false); err != nil {
		return err
	}
	if err := checkOverwrite("--out", c.Out, drawing, isDrawing); err != nil {
		return err
	}
	s, err := c.open(false, "--out", c.Out)
	if err != nil {
		return err
	}
	s = c.largestFirst(c.poolAsTrain(s))
	sub, err := c.cut(s)
	if err != nil {
		return err
	}
	picture, err := dataset.ClassSheet(sub, c.Classes, c.PerClass)
	if err != nil {
		return err
	}
	var sheet bytes.Buffer
	if err := png.Encode(&sheet, picture); err != nil {
		return fmt.Errorf("sheet: %w", err)
	}
	if err := writeDrawing(c.Out, sheet.Bytes()); err != nil {
		return fmt.Errorf("sheet: %w", err)
	}
	for i, class := range s.Ranks()[:min(c.Classes, len(s.Classes))] {
		fmt.Printf("row %d: %s, %d images\n", i+1, s.Classes[class], sub.Counts[class])
	}
	for _, n := range s.Notes {
		fmt.Println("note:", n)
	}
	return nil
}
