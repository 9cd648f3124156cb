package train

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"longtail/internal/pickle"
	"longtail/nn"
	"longtail/nn/checkpoint"
	"longtail/nn/objective"
)

// Stored is a model read from a file, longtail's own or PyTorch's.
type Stored struct {
	Path    string
	Tensors []checkpoint.Tensor // under the reference's names
	Meta    json.RawMessage     // of longtail's own format; otherwise nil
	About   About               // what a PyTorch file says; of longtail's own format, only the loss
}

// About is what a PyTorch file says of its model besides the tensors.
type About struct {
	Arch            string // "resnet32"
	Epoch           int    // finished
	BestAccuracyPct float64
	// Normalization of the images, for pixels from 0 to 1. Std is zero if the file
	// does not give it.
	Mean, Std [3]float32
	// Height and Width of the training images; 0 if the file does not give them. A
	// network accepts other sizes without an error and predicts nonsense.
	Height, Width int
	Classes       []string // names by number; nil if the file does not give them
	Loss          string   // training loss, which determines the head; "" if the file does not give it
	Scale         float64  // of the logits in that loss's softmax; 0 if the file does not give it
	Priors        bool     // that loss's softmax contains the class shares; stored together with Scale
}

// ReadModel reads a model file of either kind. In a PyTorch file it removes the
// prefixes module. and encoder_q. (of MoCo, whose other parts are left out) and
// renames the head of upstream's files from linear to fc.
func ReadModel(path string) (*Stored, error) {
	own, err := checkpoint.IsOwn(path)
	if err != nil {
		return nil, fmt.Errorf("reading checkpoint: %w", err)
	}
	if own {
		f, err := checkpoint.Read(path)
		if err != nil {
			return nil, err
		}
		s := &Stored{Path: path, Tensors: f.Tensors, Meta: f.Meta}
		var settings struct {
			Loss string `json:"loss"`
		}
		if json.Unmarshal(f.Meta, &settings) == nil {
			s.About.Loss = settings.Loss
		}
		return s, nil
	}
	f, err := checkpoint.ReadTorch(path)
	if err != nil {
		return nil, err
	}
	s := &Stored{Path: path, Tensors: checkpoint.StripModule(f.State)}
	if q := checkpoint.KeepPrefix(s.Tensors, "encoder_q."); len(q) > 0 {
		s.Tensors = q
	}
	if s.Tensors, err = checkpoint.RenameLayer(s.Tensors, "linear", "fc"); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	s.About, err = readAbout(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}

// readAbout returns what a file says besides the tensors. Impossible numbers are
// ignored, but an impossible normalization is an error, because it would be used.
func readAbout(f *checkpoint.TorchFile) (a About, err error) {
	a.Arch, _ = f.Text("arch")
	if epoch, _ := f.Number("epoch"); epoch >= 0 && epoch <= math.MaxInt32 {
		a.Epoch = int(epoch)
	}
	a.BestAccuracyPct, _ = f.Number("best_acc1")
	mean, ok1 := three(f.Extra, "mean")
	std, ok2 := three(f.Extra, "std")
	if ok1 && ok2 && std != [3]float32{} {
		for c := range mean {
			if !IsMean(float64(mean[c])) || !IsStd(float64(std[c])) {
				return a, fmt.Errorf("its entries mean %v and std %v are not those of pixels from 0 to 1: correct them, or save it without", mean, std)
			}
		}
		a.Mean, a.Std = mean, std
	}
	height, _ := f.Number("height")
	width, _ := f.Number("width")
	if height >= 1 && height <= maxSide && width >= 1 && width <= maxSide {
		a.Height, a.Width = int(height), int(width)
	}
	a.Classes = texts(f.Extra, "classes")
	a.Loss, _ = f.Text("loss")
	if scale, _ := f.Number("scale"); a.Loss != "" && scale > 0 && scale < 1e6 { // the scale of the loss, in our files
		a.Scale = scale
		priors, _ := f.Extra.Get("priors")
		a.Priors, _ = priors.(bool)
	}
	return a, nil
}

// IsMean reports whether x can be the mean of pixels from 0 to 1, however they were
// processed.
func IsMean(x float64) bool { return x > -1e6 && x < 1e6 }

// IsStd reports whether x can be their standard deviation. The least that longtail
// writes is about 1e-7, for images of almost one color.
func IsStd(x float64) bool { return x > 1e-8 && x < 1e6 }

// three returns an entry that is a tensor of three float32 numbers; ok is false if
// it is not.
func three(d *pickle.Dict, name string) (v [3]float32, ok bool) {
	x, _ := d.Get(name)
	t, _ := x.(checkpoint.Tensor)
	f, _ := t.Data.([]float32)
	if len(f) != 3 {
		return v, false
	}
	return [3]float32(f), true
}

// texts returns an entry that is a list of strings, or nil if it is not.
func texts(d *pickle.Dict, name string) (names []string) {
	x, _ := d.Get(name)
	l, _ := x.(*pickle.List)
	if l == nil {
		return nil
	}
	for _, v := range l.Items {
		s, ok := v.(string)
		if !ok {
			return nil
		}
		names = append(names, s)
	}
	return names
}

// maxSide bounds the height and width that a foreign file may give, in pixels.
const maxSide = 1 << 16

// WriteTorch writes a model as a PyTorch file with the reference's entries epoch,
// arch, best_acc1 and state_dict, and whatever else about contains.
func WriteTorch(path string, model []checkpoint.Tensor, about About) error {
	extra := &pickle.Dict{}
	err := errors.Join(
		extra.Add("epoch", about.Epoch),
		extra.Add("arch", about.Arch),
		extra.Add("best_acc1", about.BestAccuracyPct))
	if about.Std != [3]float32{} { // 0: unknown, from a foreign file
		err = errors.Join(err,
			extra.Add("mean", checkpoint.Tensor{Shape: []int{3}, Data: about.Mean[:]}),
			extra.Add("std", checkpoint.Tensor{Shape: []int{3}, Data: about.Std[:]}))
	}
	if about.Height > 0 {
		err = errors.Join(err, extra.Add("height", about.Height), extra.Add("width", about.Width))
	}
	if about.Loss != "" {
		err = errors.Join(err, extra.Add("loss", about.Loss))
	}
	if about.Scale > 0 {
		err = errors.Join(err, extra.Add("scale", about.Scale), extra.Add("priors", about.Priors))
	}
	if about.Classes != nil {
		l := &pickle.List{}
		for _, name := range about.Classes {
			l.Items = append(l.Items, name)
		}
		err = errors.Join(err, extra.Add("classes", l))
	}
	if err != nil {
		return err
	}
	return checkpoint.WriteTorch(path, model, extra)
}

// Head returns the registered name of the model's head and the number of classes.
// The loss that the file names determines the head, otherwise its tensors do.
func (s *Stored) Head() (head string, classes int, err error) {
	loss, known := objective.LossNamed(s.About.Loss)
	if head = loss.Head; !known && !slices.ContainsFunc(s.Tensors, func(t checkpoint.Tensor) bool { return t.Name == "fc.bias" }) {
		head = "normed"
	}
	for _, t := range s.Tensors {
		if classes = objective.ClassesOf(head, t.Name, t.Shape); classes > 0 {
			return head, classes, nil
		}
	}
	return "", 0, fmt.Errorf("%s: there is no head in it (a matrix fc.weight or linear.weight): it is no classifier", s.Path)
}

// Scale returns the factor of the logits before a softmax, from the file or else
// from its loss; the authors' files do not give it. It is a guess, with known
// false, if this build does not have the loss.
func (s *Stored) Scale() (scale float64, known bool) {
	if s.About.Scale > 0 {
		return s.About.Scale, true
	}
	loss, registered := objective.LossNamed(s.About.Loss)
	scale, known = loss.Scale, registered || s.About.Loss == ""
	if head, _, _ := s.Head(); !registered && head == "normed" { // LDAM's head
		scale = objective.LDAMScale
	}
	return scale, known
}

// Fill fills trunk and head. Every tensor must be there with its shape, and no
// other. Batch counters may be absent, all together, and are then 0. Otherwise the
// error names the first mismatch, with both shapes, and nothing is changed.
func (s *Stored) Fill(t *nn.Trunk[float32], o *objective.Objective[float32]) error {
	_, err := s.fill(Model(t, o), s.Tensors, t)
	return err
}

// FillTrunk is Fill for the trunk alone. It leaves out the file's head (names with
// fc or linear, as in the released program) and returns the number of tensors used:
// 186 for ResNet-32, 155 without counters.
func (s *Stored) FillTrunk(t *nn.Trunk[float32]) (used int, err error) {
	return s.fill(trunkTensors(t), slices.DeleteFunc(slices.Clone(s.Tensors), func(x checkpoint.Tensor) bool {
		return strings.Contains(x.Name, "fc") || strings.Contains(x.Name, "linear")
	}), t)
}

func (s *Stored) fill(want, have []checkpoint.Tensor, t *nn.Trunk[float32]) (used int, err error) {
	isCounter := func(x checkpoint.Tensor) bool { return strings.HasSuffix(x.Name, tracked) }
	if !slices.ContainsFunc(have, isCounter) {
		want = slices.DeleteFunc(want, isCounter)
	}
	if name, i, x := notFinite(have); name != "" { // every prediction would be class 0
		return 0, fmt.Errorf("%s: element %d of tensor %s is %v: the model diverged, or the file is damaged", s.Path, i, name, x)
	}
	for _, h := range have { // its root would not be a number either
		if v, is := h.Data.([]float32); is && strings.HasSuffix(h.Name, "running_var") {
			if i := slices.IndexFunc(v, func(x float32) bool { return x < 0 }); i >= 0 {
				return 0, fmt.Errorf("%s: element %d of tensor %s is %v, and a variance is not negative: the file is damaged", s.Path, i, h.Name, v[i])
			}
		}
	}
	if err := assign(want, have, t); err != nil {
		return 0, fmt.Errorf("%s: %w", s.Path, err)
	}
	return len(want), nil
}
