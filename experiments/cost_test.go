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

// Passes forward use all cores, a small network that is trained one.
func TestSlowdown(t *testing.T) {
	speed := Speed{Jobs: 16, Threads: 1}
	for _, c := range []struct {
		s    results.Settings
		want float64
	}{
		{results.Settings{Kind: results.KindPseudolabel, Arch: "resnet32"}, 1},
		{results.Settings{Kind: results.KindEmbed, Arch: "resnet8"}, 1},
		{results.Settings{Kind: results.KindTrain, Arch: "resnet32", Batch: 128, Frozen: true}, 1},
		{results.Settings{Kind: results.KindTrain, Arch: "resnet32", Batch: 128}, 2},
		{results.Settings{Kind: results.KindTrain, Arch: "resnet8", Batch: 128}, 16},
		{results.Settings{Kind: results.KindTheory}, 16},
	} {
		if got := speed.slowdown(c.s); got != c.want {
			t.Errorf("%+v: %v times as long, want %v", c.s, got, c.want)
		}
	}
}

// Tasks that start from each other take their time one after the other, and each on no
// more cores than it can use.
func TestTimeOfChains(t *testing.T) {
	none := func(string, string) bool { return false }
	for _, c := range []struct {
		profile string
		speed   Speed
		times   float64 // as long as on all cores
	}{
		{"desktop", Speed{ImagesPerSecond: 1000, Jobs: 64, Threads: 1}, 8}, // a step on 128 images keeps 8 busy
		{"desktop", Speed{ImagesPerSecond: 1000, Jobs: 2, Threads: 1}, 1},
		{"desktop", Speed{ImagesPerSecond: 1000}, 1},
		{"quick", Speed{ImagesPerSecond: 1000, Jobs: 2, Threads: 1}, 2}, // a small network uses one
		{"quick", Speed{ImagesPerSecond: 1000, Jobs: 1, Threads: 2}, 1}, // at the measured speed
		{"desktop", Speed{ImagesPerSecond: 1000, Jobs: 8, Threads: 1, Cores: 2}, 1},
		{"quick", Speed{ImagesPerSecond: 1000, Jobs: 8, Threads: 1, Cores: 2}, 2},
		{"quick", Speed{ImagesPerSecond: 1000, Jobs: 1, Threads: 8, Cores: 2}, 1},
	} {
		plan := expand(t, c.profile, results.Selection{Only: []string{"table2:CE-DRW + SSP:CIFAR-10-LT:rho=100"}, Seeds: 2})
		costs, err := EstimatePlan(plan, c.speed, none, nil)
		if err != nil {
			t.Fatal(err)
		}
		chains := map[int]float64{} // by replicate: what is pre-trained, then what starts from it
		for i, task := range plan.Tasks {
			chains[task.Settings.Replicate] += costs.Tasks[i].Seconds
		}
		all := costs.All
		if want := c.times * max(chains[0], chains[1]); len(plan.Tasks) != 4 || math.Abs(all.Longest/want-1) > 1e-9 || all.Time() != max(all.Seconds, all.Longest) {
			t.Errorf("%s, %+v: %d tasks, the longest chain takes %v s, want %v; all %v in %v", c.profile, c.speed, len(plan.Tasks), all.Longest, want, all.Seconds, all.Time())
		}
		// What is done is waited for no more.
		first := plan.Tasks[0].Name
		left, err := EstimatePlan(plan, c.speed, func(task, _ string) bool { return task == first }, nil)
		if err != nil {
			t.Fatal(err)
		}
		if left.Parts[0].Longest != left.All.Longest || left.All.Longest > all.Longest || left.All.Seconds >= all.Seconds {
			t.Errorf("%s: %+v, of %+v", c.profile, left.All, all)
		}
	}
}
