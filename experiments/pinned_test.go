package experiments

// First 16 digits of the names of the first ten tasks of profile quick, theory
// left out.
var pinnedNames = []string{
	"2fe126d7e9c8be64", // CE, fashion-mnist, ρ=100, 40 epochs of batch 8, replicate 0
	"fa35e8740dd95e4c", // pseudo-labels of the pool, fashion-mnist, ρ=100, replicate 0
	"5fc23b35154cc9cc", // CE + D_U@5x, ρ_U=100, fashion-mnist, ρ=100, 12 epochs of batch 16, replicate 0
	"a759f858513a8bba", // CE, fashion-mnist, ρ=100, 72 epochs of batch 16, replicate 0
	"42677b308cb1a20d", // rotation pre-training, fashion-mnist, ρ=100, 40 epochs of batch 8, replicate 0
	"705ebffd1fa33c89", // CE from pre-training, fashion-mnist, ρ=100, 40 epochs of batch 8, replicate 0
	"9406cb897ed4133e", // supervised pre-training, fashion-mnist, ρ=100, 40 epochs of batch 8, replicate 0
	"e0da32a153000c3e", // CE from pre-training, fashion-mnist, ρ=100, 40 epochs of batch 8, replicate 0
	"47a80921bb8e7f67", // embedding, fashion-mnist, ρ=100, replicate 0
	"49e17d1a7e393e24", // embedding with D_U@5x, fashion-mnist, ρ=100, replicate 0
}
