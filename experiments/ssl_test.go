package experiments

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"longtail/paper"
	"longtail/results"
)

// Mean teacher and VAT start from no other task, have the length and the images
// a step of the run with pseudo-labels, and cost what their passes are.
func TestSSLPlan(t *testing.T) {
	for _, profile := range []string{"quick", "desktop"} {
		plan := expand(t, profile, results.Selection{Seeds: 1})
		at := map[string]results.Task{}
		for _, c := range plan.Cells {
			for _, task := range plan.Tasks {
				if task.Name == c.Task && c.Dataset == paper.CIFAR10 && c.Rho == 50 && c.RhoU == 50 {
					at[c.Method] = task
				}
			}
		}
		pseudo := at["CE"+paper.WithDU]
		s := pseudo.Settings
		steps := ceilDiv(int(pseudo.Images)/s.Epochs, s.Batch)
		for method, alone := range map[string]float64{paper.MeanTeacher: 1, paper.VAT: 1.5} {
			task := at[method]
			if want := int64(s.Epochs * steps * s.Batch); task.Images != want || want < pseudo.Images {
				t.Errorf("%s, %s: %d images, want %d", profile, method, task.Images, want)
			}
			if got := task.Evals - pseudo.Evals; got != int64(alone*float64(task.Images)) {
				t.Errorf("%s, %s: %d images forward alone of %d", profile, method, got, task.Images)
			}
			if len(task.Settings.Parents()) > 0 || task.Shared != nil {
				t.Errorf("%s, %s is tied to other tasks: %+v", profile, method, task)
			}
			u := task.Settings
			u.SSL, u.Epsilon, u.Labels = "", 0, s.Labels
			if d := cmp.Diff(s, u); d != "" {
				t.Errorf("%s, %s differs from pseudo-labels: %s", profile, method, d)
			}
			// A model and one set of logits and predictions, as any other.
			e, size, err := estimate(task, task, Speed{}, map[string]shape{})
			like, _, err2 := estimate(pseudo, pseudo, Speed{}, map[string]shape{})
			if err != nil || err2 != nil || e.Disk != like.Disk {
				t.Errorf("%s, %s: %d bytes of disk, pseudo-labels %d (%v, %v)", profile, method, e.Disk, like.Disk, err, err2)
			}
			if want := 2 * float64(size.macs) * ((3+alone)*float64(task.Images) + float64(pseudo.Evals)); e.FLOPs != want {
				t.Errorf("%s, %s: %g FLOPs, want %g", profile, method, e.FLOPs, want)
			}
		}
	}
}
