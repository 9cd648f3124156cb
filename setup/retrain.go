package setup

// Classifier re-training as for cRT on ImageNet-LT in Table 3 (Kang et al. 2020): a new head
// is trained for 10 epochs, on classes in turn, at a rate of 0.2 at a batch of 512 that falls
// along a cosine. (iNaturalist has 30 epochs.)
const (
	RetrainEpochs   = 10
	RetrainRule     = "class-aware"
	RetrainSchedule = "cosine-plain"
)

// RetrainRate returns the base learning rate of classifier re-training, which is
// proportional to the batch.
func RetrainRate(batch int) float64 { return .2 * float64(batch) / 512 }
