package checkpoint

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"

	"longtail/internal/pickle"
)

// TorchFile is the content of a checkpoint that PyTorch's torch.save wrote.
type TorchFile struct {
	// State holds the state dict's tensors in the order and under the names of the
	// file. Integers and booleans become int64, half and bfloat16 float32. Every
	// tensor has its own Data.
	State []Tensor
	// Extra holds the file's other entries (epoch, arch, optimizer, …) as package
	// pickle returns them, with an unnamed Tensor for each tensor.
	Extra *pickle.Dict
}

// ReadTorch reads a PyTorch checkpoint (.pth, .th, .pth.tar) in the legacy or the
// ZIP container. It executes nothing of the file and allocates no memory for sizes
// that the file only claims. The error names the file and the fault, and wraps
// fs.ErrNotExist or ErrDamaged if one is the cause.
func ReadTorch(path string) (*TorchFile, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading checkpoint: %w", err)
	}
	f, err := decodeTorch(b)
	if err != nil {
		return nil, fmt.Errorf("%s: not read as a PyTorch checkpoint: %w", path, err)
	}
	return f, nil
}

// decodeTorch is ReadTorch for a file in memory.
func decodeTorch(b []byte) (*TorchFile, error) {
	t := &torchReader{storages: map[string]*storage{}, bytes: uint64(len(b)), records: uint64(len(b)),
		budget: 8*uint64(len(b)) + 1<<20} // bytes as int64; a view may repeat elements
	var root any
	var err error
	switch {
	case bytes.HasPrefix(b, []byte("PK")):
		root, err = t.zip(b)
	case bytes.HasPrefix(b, []byte(magic)):
		err = errors.New("it is in longtail's own format, which Read reads")
	case len(b) > 262 && string(b[257:262]) == "ustar":
		err = errors.New("it is a tar archive: unpack it, or if PyTorch before 0.2 wrote it, load it there and save it with a later version")
	default:
		root, err = t.legacy(b)
	}
	if err != nil {
		return nil, err
	}
	d, ok := root.(*pickle.Dict)
	if !ok {
		return nil, fmt.Errorf("it holds a %T, not a dictionary with a state dict", root)
	}
	from, parts, err := stateDict(d)
	if err != nil {
		return nil, err
	}
	f := &TorchFile{Extra: &pickle.Dict{}}
	seen := map[string]bool{}
	for _, p := range parts {
		for _, it := range p.Items() {
			name, ok := it.Key.(string)
			if !ok || name == "" || seen[name] {
				return nil, fmt.Errorf("the name %.200q in its state dict is empty, no text, or stands twice", fmt.Sprint(it.Key))
			}
			seen[name] = true
			v, ok := it.Value.(*view)
			if !ok {
				return nil, fmt.Errorf("entry %.200q of its state dict is a %T, not a tensor", name, it.Value)
			}
			x, err := t.tensor(v)
			if err != nil {
				return nil, fmt.Errorf("tensor %.200q: %w", name, err)
			}
			x.Name = name
			f.State = append(f.State, x)
		}
	}
	if from == "" {
		return f, nil
	}
	for _, it := range d.Items() {
		if b, ok := it.Key.([]byte); it.Key == any(from) || ok && string(b) == from { // as Get finds it
			continue
		}
		v, err := t.plain(it.Value)
		if err == nil {
			err = f.Extra.Add(it.Key, v)
		}
		if err != nil {
			return nil, fmt.Errorf("entry %.200q: %w", fmt.Sprint(it.Key), err)
		}
	}
	return f, nil
}

// stateDict returns the dictionaries that make up a file's state dict, and the name
// of the entry that holds them, "" for the file itself.
func stateDict(file *pickle.Dict) (from string, parts []*pickle.Dict, err error) {
	for _, from := range []string{"state_dict", "state_dict_best"} {
		v, ok := file.Get(from)
		if !ok {
			continue
		}
		whole, ok := v.(*pickle.Dict)
		if !ok {
			return "", nil, fmt.Errorf("its %s is a %T, not a dictionary", from, v)
		}
		// The large-scale programs keep the trunk and the head apart.
		for _, name := range []string{"feat_model", "classifier"} {
			v, _ := whole.Get(name)
			if d, ok := v.(*pickle.Dict); ok {
				parts = append(parts, d)
			}
		}
		switch len(parts) {
		case 0:
			return from, []*pickle.Dict{whole}, nil
		case whole.Len():
			return from, parts, nil
		}
		return "", nil, fmt.Errorf("its %s has the entries %s, more than feat_model and classifier", from, entries(whole))
	}
	notTensor := func(it pickle.Item) bool { _, ok := it.Value.(*view); return !ok }
	if file.Len() > 0 && !slices.ContainsFunc(file.Items(), notTensor) {
		return "", []*pickle.Dict{file}, nil
	}
	return "", nil, fmt.Errorf("it holds no state dict: its entries are %s, without state_dict or state_dict_best", entries(file))
}

// entries returns the first keys of a dictionary as text.
func entries(d *pickle.Dict) string {
	keys := d.Keys()
	if len(keys) > 10 {
		return fmt.Sprintf("%.60q and %d more", keys[:10], d.Len()-10)
	}
	return fmt.Sprintf("%.60q", keys)
}

// Number returns an extra entry that is a number: an int, a float, or a tensor of
// one element, as the reference's programs write best_acc1. It returns false if
// there is none.
func (f *TorchFile) Number(name string) (float64, bool) {
	v, _ := f.Extra.Get(name)
	switch v := v.(type) {
	case int64:
		return float64(v), true
	case float64:
		return v, true
	case Tensor:
		switch d := v.Data.(type) {
		case []float32:
			if len(d) == 1 {
				return float64(d[0]), true
			}
		case []float64:
			if len(d) == 1 {
				return d[0], true
			}
		case []int64:
			if len(d) == 1 {
				return float64(d[0]), true
			}
		}
	}
	return 0, false
}

// Text returns an extra entry that is text, such as arch, or false if there is
// none.
func (f *TorchFile) Text(name string) (string, bool) {
	v, _ := f.Extra.Get(name)
	s, ok := v.(string)
	return s, ok
}
