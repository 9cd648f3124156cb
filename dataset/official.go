package dataset

import "slices"

// This file is a table of the official files, their sources and their checksums.

// part is a file of the unpacked distribution. sum is the checksum of its
// uncompressed content: "md5:", "sha256:" or "git:" (the blob id of git hash-object)
// and hexadecimal digits.
type part struct {
	path string
	size int64 // 0: not known
	sum  string
}

// layout is one of the forms in which a set is distributed.
type layout struct {
	archive     string // file name of the .tar.gz; "": single files
	train, test []part
	read        func(o *official, p *part, in *input) (Samples, error)
}

// remote is a file to fetch.
type remote struct {
	file    string // below the data folder
	url     string // "": nobody offers it without an account
	size    int64
	sum     string
	how     string // how to get it if there is no url
	forPool bool   // fetched only when the pool is asked for
}

// official is a set whose files the user provides.
type official struct {
	about   Set
	folders []string // subfolders of the data folder that may hold its files, as the folder itself may
	layouts []layout
	extra   *part // a further labeled pool (SVHN's extra)
	lists   *imageLists
	remotes []remote
}

var (
	cifarMean = [3]float32{.4914, .4822, .4465}
	cifarStd  = [3]float32{.2023, .1994, .2010} // too small, but all programs use these
	half      = [3]float32{.5, .5, .5}
	netMean   = [3]float32{.485, .456, .406}
	netStd    = [3]float32{.229, .224, .225}
	inatMean  = [3]float32{.466, .471, .380}
	inatStd   = [3]float32{.195, .194, .192}
)

var officials = [...]official{
	{
		about: Set{
			ID: "cifar10", Name: "CIFAR-10", Digest: "ff5ee561b37e96d4a98eec2f3e08b2a7fdc27d3a22fddc29d5b276211536eb42",
			Classes: []string{"airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"},
			H:       32, W: 32, C: 3, Mean: cifarMean, Std: cifarStd, NMax: 5000,
			TrainCounts: alike(10, 5000), TestCounts: alike(10, 1000),
		},
		layouts: []layout{
			{
				archive: "cifar-10-binary.tar.gz", read: readCIFARBinary(0),
				train: []part{
					{"cifar-10-batches-bin/data_batch_1.bin", 30730000, "sha256:cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5"},
					{"cifar-10-batches-bin/data_batch_2.bin", 30730000, "sha256:a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed"},
					{"cifar-10-batches-bin/data_batch_3.bin", 30730000, "sha256:bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67"},
					{"cifar-10-batches-bin/data_batch_4.bin", 30730000, "sha256:014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48"},
					{"cifar-10-batches-bin/data_batch_5.bin", 30730000, "sha256:755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add"},
				},
				test: []part{{"cifar-10-batches-bin/test_batch.bin", 30730000, "sha256:8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b"}},
			},
			{
				archive: "cifar-10-python.tar.gz", read: readCIFARPickles("labels"),
				train: []part{
					{"cifar-10-batches-py/data_batch_1", 31035704, "md5:c99cafc152244af753f735de768cd75f"},
					{"cifar-10-batches-py/data_batch_2", 31035320, "md5:d4bba439e000b95fd0a9bffe97cbabec"},
					{"cifar-10-batches-py/data_batch_3", 31035999, "md5:54ebc095f3ab1f0389bbae665268c751"},
					{"cifar-10-batches-py/data_batch_4", 31035696, "md5:634d18415352ddfa80567beed471001a"},
					{"cifar-10-batches-py/data_batch_5", 31035623, "md5:482c414d41f54cd18b22e5b47cb7c3cb"},
				},
				test: []part{{"cifar-10-batches-py/test_batch", 31035526, "md5:40351d587109b95175f43aff81a1287e"}},
			},
		},
		remotes: []remote{
			{file: "cifar-10-binary.tar.gz", url: "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz", size: 170052171, sum: "md5:c32a1d4ab5d03f1284b67883e8d87530"},
			{file: "ti_80M_selected.pickle", forPool: true, how: "the authors' pool (Yang & Xu's repository, README, \"ti_80M_selected.pickle\"); TinyImages itself was withdrawn in 2020; without it use --pool held-out"},
		},
	},
	{
		about: Set{
			ID: "cifar100", Name: "CIFAR-100", Digest: "9dc5b9406d2a081d6663698225f31cfe63ae7b811eb1bfdaceb0957a98364028",
			Classes: cifar100Classes, H: 32, W: 32, C: 3, Mean: cifarMean, Std: cifarStd, NMax: 500,
			TrainCounts: alike(100, 500), TestCounts: alike(100, 100),
		},
		layouts: []layout{
			{
				archive: "cifar-100-binary.tar.gz", read: readCIFARBinary(1),
				train: []part{{"cifar-100-binary/train.bin", 153700000, "sha256:f31298fc616915fa142368359df1c4ca2ae984d6915ca468b998a5ec6aeebf29"}},
				test:  []part{{"cifar-100-binary/test.bin", 30740000, "sha256:d8b1e6b7b3bee4020055f0699b111f60b1af1e262aeb93a0b659061746f8224a"}},
			},
			{
				archive: "cifar-100-python.tar.gz", read: readCIFARPickles("fine_labels"),
				train: []part{{"cifar-100-python/train", 155249918, "md5:16019d7e3df5f24257cddd939b257f8d"}},
				test:  []part{{"cifar-100-python/test", 31049707, "md5:f0ef6b0ae62326f3e7ffdfab6717acfc"}},
			},
		},
		remotes: []remote{
			{file: "cifar-100-binary.tar.gz", url: "https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz", size: 168513733, sum: "md5:03b5dce01913d631647c71ecec9e9cb8"},
		},
	},
	{
		about: Set{
			ID: "svhn", Name: "SVHN", Classes: digits, RankOrder: []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 0},
			H: 32, W: 32, C: 3, Mean: half, Std: half, NMax: 1000,
			TrainCounts: []int{4948, 13861, 10585, 8497, 7458, 6882, 5727, 5595, 5045, 4659},
			TestCounts:  []int{1744, 5099, 4149, 2882, 2523, 2384, 1977, 2019, 1660, 1595},
			PoolCounts:  []int{45550, 90560, 74740, 60765, 50633, 53490, 41582, 43997, 35358, 34456},
		},
		folders: []string{"svhn", "SVHN"},
		layouts: []layout{{
			read:  readMAT,
			train: []part{{"train_32x32.mat", 182040794, "md5:e26dedcc434d2e4c54c9b2d4a06d8373"}},
			test:  []part{{"test_32x32.mat", 64275384, "md5:eb5a983be6a315427106f1b164d9cef3"}},
		}},
		extra: &part{"extra_32x32.mat", 0, "md5:a93ce644f1a588dc4d68dda5feec44a7"},
		remotes: []remote{
			{file: "train_32x32.mat", url: "http://ufldl.stanford.edu/housenumbers/train_32x32.mat", size: 182040794, sum: "md5:e26dedcc434d2e4c54c9b2d4a06d8373"},
			{file: "test_32x32.mat", url: "http://ufldl.stanford.edu/housenumbers/test_32x32.mat", size: 64275384, sum: "md5:eb5a983be6a315427106f1b164d9cef3"},
			{file: "extra_32x32.mat", url: "http://ufldl.stanford.edu/housenumbers/extra_32x32.mat", sum: "md5:a93ce644f1a588dc4d68dda5feec44a7", forPool: true},
		},
	},
	{
		about: Set{
			ID: "mnist-full", Name: "MNIST", Digest: "611b3560d2f07ed9689f10aa39e5108a98a80faf6fa8461aa94c663981147aaa",
			Classes: digits, H: 28, W: 28, C: 1,
			Mean: [3]float32{.1307, .1307, .1307}, Std: [3]float32{.3081, .3081, .3081}, NMax: 5000,
			TrainCounts: []int{5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949},
			TestCounts:  []int{980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009},
		},
		folders: []string{"mnist", "MNIST/raw"},
		layouts: []layout{idxLayout(
			"ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db", "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
			"0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7", "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2")},
		remotes: []remote{
			{file: "mnist/train-images-idx3-ubyte.gz", url: "https://ossci-datasets.s3.amazonaws.com/mnist/train-images-idx3-ubyte.gz", sum: "md5:f68b3c2dcbeaaa9fbdd348bbdeb94873"},
			{file: "mnist/train-labels-idx1-ubyte.gz", url: "https://ossci-datasets.s3.amazonaws.com/mnist/train-labels-idx1-ubyte.gz", sum: "md5:d53e105ee54ea40749a09fcbcd1e9432"},
			{file: "mnist/t10k-images-idx3-ubyte.gz", url: "https://ossci-datasets.s3.amazonaws.com/mnist/t10k-images-idx3-ubyte.gz", sum: "md5:9fb629c4189551a2d022fa330f9573f3"},
			{file: "mnist/t10k-labels-idx1-ubyte.gz", url: "https://ossci-datasets.s3.amazonaws.com/mnist/t10k-labels-idx1-ubyte.gz", sum: "md5:ec29112dd5afa0611ce80d1b7f02629c"},
		},
	},
	{
		about: Set{
			ID: "fashion-mnist-full", Name: "Fashion-MNIST", Digest: "7a1fe2885a983ed6f19d756a51842cf6dcf98527e2aa7f19e0a60e9513cb4a60",
			Classes: []string{"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"},
			H:       28, W: 28, C: 1,
			Mean: [3]float32{.2860, .2860, .2860}, Std: [3]float32{.3530, .3530, .3530}, NMax: 6000,
			TrainCounts: alike(10, 6000), TestCounts: alike(10, 1000),
		},
		folders: []string{"fashion-mnist", "FashionMNIST/raw"},
		layouts: []layout{idxLayout(
			"c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888", "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
			"5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b", "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34")},
		remotes: []remote{
			{file: "fashion-mnist/train-images-idx3-ubyte.gz", url: "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/train-images-idx3-ubyte.gz", sum: "md5:8d4fb7e6c68d591d4c3dfef9ec88bf0d"},
			{file: "fashion-mnist/train-labels-idx1-ubyte.gz", url: "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/train-labels-idx1-ubyte.gz", sum: "md5:25c81989df183df01b3e8a0aad5dffbe"},
			{file: "fashion-mnist/t10k-images-idx3-ubyte.gz", url: "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/t10k-images-idx3-ubyte.gz", sum: "md5:bef4ecab320f06d8554ea6380940ec79"},
			{file: "fashion-mnist/t10k-labels-idx1-ubyte.gz", url: "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/t10k-labels-idx1-ubyte.gz", sum: "md5:bb300cfdad3c16e7a12a480ee83cd310"},
		},
	},
	{
		about:   Set{ID: "imagenet-lt", Name: "ImageNet-LT", H: 224, W: 224, C: 3, Mean: netMean, Std: netStd},
		folders: []string{"imagenet-lt", "ImageNet_LT", "longtail-lists", "imagenet", "ImageNet"},
		lists: &imageLists{
			classes: 1000,
			train:   part{"ImageNet_LT_train.txt", 0, "git:a063f095fcd475db4cf8b0658c4b73955535bbf9"},
			val:     part{"ImageNet_LT_val.txt", 804172, "sha256:9af7ba688acf9532ff5845a8fb14a1e97fdc4c51ac48bc72c08ea9c3f7ff142e"},
			test:    part{"ImageNet_LT_test.txt", 2344500, "sha256:d1590191cf8a71fada7b1aaedaa2d139a2aea93ff2f1b755319d0bd8dbaa55d5"},
		},
		remotes: []remote{
			{file: "imagenet-lt/ImageNet_LT_train.txt", sum: "git:a063f095fcd475db4cf8b0658c4b73955535bbf9", how: "github.com/facebookresearch/classifier-balancing, data/ImageNet_LT (also in github.com/zhmiao/OpenLongTailRecognition-OLTR)"},
			{file: "imagenet-lt/ImageNet_LT_val.txt", sum: "sha256:9af7ba688acf9532ff5845a8fb14a1e97fdc4c51ac48bc72c08ea9c3f7ff142e", how: "the same folder"},
			{file: "imagenet-lt/ImageNet_LT_test.txt", sum: "sha256:d1590191cf8a71fada7b1aaedaa2d139a2aea93ff2f1b755319d0bd8dbaa55d5", how: "the same folder"},
			{file: "imagenet-lt/train/n01440764/…JPEG", how: "image-net.org, ILSVRC 2012 classification, training images (needs an account), unpacked one folder a class"},
			{file: "imagenet-lt/val/n01440764/…JPEG", how: "image-net.org, ILSVRC 2012 validation images, moved into one folder a class"},
		},
	},
	{
		about:   Set{ID: "inaturalist18", Name: "iNaturalist 2018", H: 224, W: 224, C: 3, Mean: inatMean, Std: inatStd},
		folders: []string{"inaturalist18", "iNaturalist18", "longtail-lists", "inaturalist"},
		lists: &imageLists{
			classes: 8142,
			train:   part{"iNaturalist18_train.txt", 0, "git:4accdb7584d2f0a5106c40a33ed6afa392189bcc"},
			test:    part{"iNaturalist18_val.txt", 1677390, "sha256:efaeff65f80641b60864470e6f255aa69453406ef5717eec8c6681748f3a61f3"},
		},
		remotes: []remote{
			{file: "inaturalist18/iNaturalist18_train.txt", sum: "git:4accdb7584d2f0a5106c40a33ed6afa392189bcc", how: "github.com/facebookresearch/classifier-balancing, data/iNaturalist18"},
			{file: "inaturalist18/iNaturalist18_val.txt", sum: "sha256:efaeff65f80641b60864470e6f255aa69453406ef5717eec8c6681748f3a61f3", how: "the same folder"},
			{file: "inaturalist18/train_val2018/…jpg", how: "github.com/visipedia/inat_comp, 2018, train_val2018.tar.gz (120 GB), unpacked"},
		},
	},
}

// alike returns the sizes of so many classes of n images each.
func alike(classes, n int) []int { return slices.Repeat([]int{n}, classes) }

var digits = []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}

func idxLayout(trainImages, trainLabels, testImages, testLabels string) layout {
	return layout{
		read: readIDXPair,
		train: []part{
			{"train-images-idx3-ubyte", 47040016, "sha256:" + trainImages},
			{"train-labels-idx1-ubyte", 60008, "sha256:" + trainLabels},
		},
		test: []part{
			{"t10k-images-idx3-ubyte", 7840016, "sha256:" + testImages},
			{"t10k-labels-idx1-ubyte", 10008, "sha256:" + testLabels},
		},
	}
}

var cifar100Classes = []string{
	"apple", "aquarium_fish", "baby", "bear", "beaver", "bed", "bee", "beetle", "bicycle", "bottle",
	"bowl", "boy", "bridge", "bus", "butterfly", "camel", "can", "castle", "caterpillar", "cattle",
	"chair", "chimpanzee", "clock", "cloud", "cockroach", "couch", "crab", "crocodile", "cup", "dinosaur",
	"dolphin", "elephant", "flatfish", "forest", "fox", "girl", "hamster", "house", "kangaroo", "keyboard",
	"lamp", "lawn_mower", "leopard", "lion", "lizard", "lobster", "man", "maple_tree", "motorcycle", "mountain",
	"mouse", "mushroom", "oak_tree", "orange", "orchid", "otter", "palm_tree", "pear", "pickup_truck", "pine_tree",
	"plain", "plate", "poppy", "porcupine", "possum", "rabbit", "raccoon", "ray", "road", "rocket",
	"rose", "sea", "seal", "shark", "shrew", "skunk", "skyscraper", "snail", "snake", "spider",
	"squirrel", "streetcar", "sunflower", "sweet_pepper", "table", "tank", "telephone", "television", "tiger", "tractor",
	"train", "trout", "tulip", "turtle", "wardrobe", "whale", "willow_tree", "wolf", "woman", "worm",
}
