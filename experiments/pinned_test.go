package experiments

// First 16 digits of the names of the first ten tasks of profile quick, theory
// left out.
var pinnedNames = []string{
	"960a0ca53fed8758", // CE, fashion-mnist, ρ=100, 180 epochs of batch 16, replicate 0
	"902d0fc725de3477", // pseudo-labels of the pool, fashion-mnist, ρ=100, replicate 0
	"2be2fb22dbe92d6a", // CE + D_U@5x, ρ_U=100, fashion-mnist, ρ=100, 40 epochs of batch 32, replicate 0
	"cc71654bab152a24", // CE, fashion-mnist, ρ=100, 238 epochs of batch 32, replicate 0
	"25c969d31c9f72c1", // rotation pre-training, fashion-mnist, ρ=100, 180 epochs of batch 16, replicate 0
	"23a36c228191d0cb", // CE from pre-training, fashion-mnist, ρ=100, 180 epochs of batch 16, replicate 0
	"318f1d815b7841fc", // supervised pre-training, fashion-mnist, ρ=100, 180 epochs of batch 16, replicate 0
	"7dc0d443ea02aa25", // CE from pre-training, fashion-mnist, ρ=100, 180 epochs of batch 16, replicate 0
	"11620fad8a118032", // embedding, fashion-mnist, ρ=100, replicate 0
	"2fd004dce8575a1f", // embedding with D_U@5x, fashion-mnist, ρ=100, replicate 0
}
