package experiments

import (
	"math"
	"testing"

	"longtail/results"
)

// A plan's parts sum up to the whole, evaluation costs a third, and what is
// done costs nothing.
func TestEstimate(t *testing.T) {
	plan := expand(t, "desktop", results.Selection{Seeds: 2})
	speed := Speed{ImagesPerSecond: 1000}
	costs, err := EstimatePlan(plan, speed, func(string, string) bool { return false }, nil)
	if err != nil {
		t.Fatal(err)
	}
	all, rows, each := costs.All, costs.Parts, costs.Tasks
	var sum, ofTasks Estimate
	seconds, numbers := 0.0, 0
	for i, one := range each {
		if one.Name != plan.Tasks[i].Name || one.Done || one.About == "" || one.Part == "" {
			t.Errorf("task %d: %+v", i, one)
		}
		ofTasks.add(Estimate{Images: one.Images, Evaluated: one.Evaluated, Seconds: one.Seconds})
		numbers += len(one.Cells)
	}
	if ofTasks.Images != all.Images || ofTasks.Evaluated != all.Evaluated || math.Abs(ofTasks.Seconds/all.Seconds-1) > 1e-9 || numbers < all.Cells {
		t.Errorf("tasks sum up to %+v with %d numbers, all is %+v", ofTasks, numbers, all)
	}
	for _, r := range rows {
		sum.add(r)
	}
	for _, task := range ToCompute(plan, func(string, string) bool { return false }) {
		seconds += task.Work() / 1000
	}
	if sum != all || all.Tasks != len(plan.Tasks) || all.Seconds < .999*seconds || all.Seconds > 1.001*seconds {
		t.Errorf("%+v in %d parts sum up to %+v; %d tasks, %v s", all, len(rows), sum, len(plan.Tasks), seconds)
	}
	if rows[3].Part != "block 1" {
		t.Errorf("after theory comes %q", rows[3].Part)
	}
	// ResNet-32 at 32×32: 68.86 M multiply-adds an image and pass (design 8.3).
	if want := 2 * 68.86e6 * (3*float64(all.Images) + float64(all.Evaluated)); all.FLOPs < .99*want || all.FLOPs > 1.01*want {
		t.Errorf("%.4g FLOP, want about %.4g", all.FLOPs, want)
	}
	nothing, err := EstimatePlan(plan, Speed{}, func(string, string) bool { return true }, nil)
	if none := nothing.All; err != nil || none.Done != all.Tasks || none.Images != 0 || none.Seconds != 0 {
		t.Errorf("all done: %+v, %v", none, err)
	}
}
