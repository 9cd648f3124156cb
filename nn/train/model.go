package train

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"longtail/nn"
	"longtail/nn/checkpoint"
	"longtail/nn/objective"
)

const tracked = "num_batches_tracked"

// trunkTensors returns every tensor of the trunk under PyTorch's name: the
// parameters and, after each batch normalization's bias, its running mean, running
// variance and batch counter. They share the trunk's memory, except for the
// counters.
func trunkTensors(t *nn.Trunk[float32]) []checkpoint.Tensor {
	buffers := map[string][]nn.Param[float32]{}
	for _, b := range t.Buffers() {
		layer := b.Name[:strings.LastIndexByte(b.Name, '.')]
		buffers[layer] = append(buffers[layer], b)
	}
	var ts []checkpoint.Tensor
	for _, p := range t.Params() {
		ts = append(ts, checkpoint.Tensor{Name: p.Name, Shape: p.Shape, Data: p.Value})
		layer, isBias := strings.CutSuffix(p.Name, ".bias")
		if !isBias || buffers[layer] == nil {
			continue
		}
		ts = append(ts, tensors(buffers[layer])...)
		ts = append(ts, checkpoint.Tensor{Name: layer + "." + tracked, Shape: []int{}, Data: []int64{t.BatchesTracked()}})
	}
	return ts
}

// tensors returns parameters or buffers under their names. They share their memory.
func tensors(ps []nn.Param[float32]) []checkpoint.Tensor {
	var ts []checkpoint.Tensor
	for _, p := range ps {
		ts = append(ts, checkpoint.Tensor{Name: p.Name, Shape: p.Shape, Data: p.Value})
	}
	return ts
}

// Model returns every tensor of trunk and head (nil: none), with names and order of
// PyTorch's state dictionary. They share the network's memory.
func Model(t *nn.Trunk[float32], o *objective.Objective[float32]) []checkpoint.Tensor {
	if o == nil {
		return trunkTensors(t)
	}
	return append(trunkTensors(t), tensors(o.Params())...)
}

// SaveModel writes the tensors of a model to path. meta describes the model and is
// any value that encoding/json takes.
func SaveModel(path string, model []checkpoint.Tensor, meta any) error {
	m, err := json.Marshal(meta)
	if err != nil {
		return fmt.Errorf("describing model %s: %w", path, err)
	}
	return checkpoint.Write(path, &checkpoint.File{Meta: m, Tensors: model})
}

// InitFrom fills the trunk from a model file (Stored.FillTrunk) and returns the
// number of tensors used.
func InitFrom(t *nn.Trunk[float32], path string) (used int, err error) {
	s, err := ReadModel(path)
	if err != nil {
		return 0, err
	}
	return s.FillTrunk(t)
}

// assign copies have to want, which shares t's memory, and sets t's batch counter,
// 0 if have contains none. It copies nothing unless all tensors match.
func assign(want, have []checkpoint.Tensor, t *nn.Trunk[float32]) error {
	if err := match(want, have); err != nil {
		return err
	}
	var count int64
	var counter string
	for _, h := range have {
		if n, is := h.Data.([]int64); is {
			if counter != "" && n[0] != count {
				return fmt.Errorf("tensor %s is %d but %s is %d: the network counts its batches once", h.Name, n[0], counter, count)
			}
			count, counter = n[0], h.Name
		}
	}
	copyTensors(want, have)
	t.SetBatchesTracked(count)
	return nil
}

// match returns an error unless both lists hold the same names with the same
// shapes and types, in any order.
func match(want, have []checkpoint.Tensor) error {
	byName := index(have)
	for _, w := range want {
		h, ok := byName[w.Name]
		switch {
		case !ok:
			return fmt.Errorf("tensor %s (shape %v) is missing", w.Name, w.Shape)
		case !slices.Equal(h.Shape, w.Shape):
			return fmt.Errorf("tensor %s has shape %v, the network's has %v", w.Name, h.Shape, w.Shape)
		case fmt.Sprintf("%T", h.Data) != fmt.Sprintf("%T", w.Data):
			return fmt.Errorf("tensor %s holds %T, the network's %T (in PyTorch, model.float() before saving)", w.Name, h.Data, w.Data)
		}
	}
	wanted := index(want)
	for _, h := range have {
		if _, ok := wanted[h.Name]; !ok {
			return fmt.Errorf("tensor %s (shape %v) is not part of the network", h.Name, h.Shape)
		}
	}
	return nil
}

// copyTensors copies the elements of matching lists.
func copyTensors(want, have []checkpoint.Tensor) {
	byName := index(have)
	for _, w := range want {
		switch dst := w.Data.(type) {
		case []float32:
			copy(dst, byName[w.Name].Data.([]float32))
		case []int64:
			copy(dst, byName[w.Name].Data.([]int64))
		}
	}
}

func index(ts []checkpoint.Tensor) map[string]checkpoint.Tensor {
	m := make(map[string]checkpoint.Tensor, len(ts))
	for _, t := range ts {
		m[t.Name] = t
	}
	return m
}

// clone copies tensors out of the network's memory.
func clone(ts []checkpoint.Tensor) []checkpoint.Tensor {
	c := slices.Clone(ts)
	for i, t := range c {
		if v, is := t.Data.([]float32); is {
			c[i].Data = slices.Clone(v)
		}
	}
	return c
}
