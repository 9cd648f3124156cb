package experiments

// First 16 digits of the names of the first ten tasks of profile quick, theory
// left out.
var pinnedNames = []string{
	"490da16db464ad93", // CE, fashion-mnist, ρ=100, 40 epochs of batch 8, replicate 0
	"1d4a8ec087fce956", // pseudo-labels of the pool, fashion-mnist, ρ=100, replicate 0
	"3d4e19a87fd9db87", // CE + D_U@5x, ρ_U=100, fashion-mnist, ρ=100, 18 epochs of batch 16, replicate 0
	"3fd5eccf0e83b5c7", // CE, fashion-mnist, ρ=100, 108 epochs of batch 16, replicate 0
	"c9d6adaec5cc4e19", // rotation pre-training, fashion-mnist, ρ=100, 40 epochs of batch 8, replicate 0
	"b33d6793b9d23599", // CE from pre-training, fashion-mnist, ρ=100, 40 epochs of batch 8, replicate 0
	"5f7ffad44b8c893f", // supervised pre-training, fashion-mnist, ρ=100, 40 epochs of batch 8, replicate 0
	"efd162f02c060f14", // CE from pre-training, fashion-mnist, ρ=100, 40 epochs of batch 8, replicate 0
	"73156351acd4aac1", // embedding, fashion-mnist, ρ=100, replicate 0
	"ec464d7b2380ac54", // embedding with D_U@5x, fashion-mnist, ρ=100, replicate 0
}
