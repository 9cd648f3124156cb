// Command tsne embeds a file of features for bench/tsne.py, or says the
// divergence of a map of them. Files hold little-endian numbers row by row:
// features float32, maps float64.
package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"log"
	"os"
	"strconv"
	"time"

	"longtail/internal/tsne"
)

func main() {
	log.SetFlags(0)
	ctx := context.Background()
	switch args := os.Args[1:]; {
	case len(args) == 6 && args[0] == "map":
		x, d := read[float32](args[1]), number(args[2])
		began := time.Now()
		y, _, err := tsne.Embed(ctx, x, len(x)/d, d, tsne.Options{Iterations: number(args[3]), Workers: number(args[4])})
		check(err)
		fmt.Printf("{\"seconds\": %.3f}\n", time.Since(began).Seconds())
		raw, err := binary.Append(nil, binary.LittleEndian, y)
		check(err)
		check(os.WriteFile(args[5], raw, 0o644))
	case len(args) == 4 && args[0] == "score":
		x, d := read[float32](args[1]), number(args[2])
		kl, err := tsne.Divergence(ctx, x, len(x)/d, d, read[float64](args[3]), tsne.Options{})
		check(err)
		fmt.Printf("{\"kl\": %.6f}\n", kl)
	default:
		log.Fatal("usage: tsne map FEATURES D ITERATIONS WORKERS MAP\n       tsne score FEATURES D MAP")
	}
}

func read[T float32 | float64](path string) []T {
	raw, err := os.ReadFile(path)
	check(err)
	var zero T
	v := make([]T, len(raw)/binary.Size(zero))
	_, err = binary.Decode(raw, binary.LittleEndian, v)
	check(err)
	return v
}

func number(s string) int {
	v, err := strconv.Atoi(s)
	check(err)
	return v
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
