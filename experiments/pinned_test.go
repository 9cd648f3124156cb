package experiments

// First 16 digits of the names of the first ten tasks of profile quick, theory
// left out.
var pinnedNames = []string{
	"c2ef480101072437", // CE, fashion-mnist, ρ=100, 60 epochs of batch 8, replicate 0
	"626b6bdb676e3d8e", // pseudo-labels of the pool, fashion-mnist, ρ=100, replicate 0
	"1744a6c52a53fb69", // CE + D_U@5x, ρ_U=100, fashion-mnist, ρ=100, 24 epochs of batch 16, replicate 0
	"5d88b5ef866b01ca", // CE, fashion-mnist, ρ=100, 143 epochs of batch 16, replicate 0
	"5d575c0c8290de01", // rotation pre-training, fashion-mnist, ρ=100, 60 epochs of batch 8, replicate 0
	"f45a545b2c44b0a5", // CE from pre-training, fashion-mnist, ρ=100, 60 epochs of batch 8, replicate 0
	"27b9956610b88dbb", // supervised pre-training, fashion-mnist, ρ=100, 60 epochs of batch 8, replicate 0
	"f5f4671f99b5e734", // CE from pre-training, fashion-mnist, ρ=100, 60 epochs of batch 8, replicate 0
	"7adca076f63ee487", // embedding, fashion-mnist, ρ=100, replicate 0
	"ddc5da6762419f46", // embedding with D_U@5x, fashion-mnist, ρ=100, replicate 0
}
