package experiments

// First 16 digits of the names of the first ten tasks of profile quick, theory
// left out.
var pinnedNames = []string{
	"557cf7c35931e99e", // CE, fashion-mnist, ρ=100, 180 epochs of batch 8, replicate 0
	"74c92333fff8bb38", // pseudo-labels of the pool, fashion-mnist, ρ=100, replicate 0
	"9e002cb40359307c", // CE + D_U@5x, ρ_U=100, fashion-mnist, ρ=100, 40 epochs of batch 16, replicate 0
	"9400d04fbc4f0c89", // CE, fashion-mnist, ρ=100, 238 epochs of batch 16, replicate 0
	"c63db6a4f41df8c5", // rotation pre-training, fashion-mnist, ρ=100, 180 epochs of batch 8, replicate 0
	"7ce9e9e476dd58a6", // CE from pre-training, fashion-mnist, ρ=100, 180 epochs of batch 8, replicate 0
	"8447de7224a0562f", // supervised pre-training, fashion-mnist, ρ=100, 180 epochs of batch 8, replicate 0
	"8cf83a3db4b222fd", // CE from pre-training, fashion-mnist, ρ=100, 180 epochs of batch 8, replicate 0
	"1cb25e13489ceedc", // embedding, fashion-mnist, ρ=100, replicate 0
	"5bb62ec719e7346e", // embedding with D_U@5x, fashion-mnist, ρ=100, replicate 0
}
