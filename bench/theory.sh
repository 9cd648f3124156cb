#!/bin/sh
# Speed of the collapsed samplers on one core against the same draws vectorised
# in numpy, and of two cores against one, side by side in one run: rounds of
# both in turn, of each the best block. numpy is asked of $PYTHON (python3);
# where it is missing the ratios against it are left out. Ends with exit status 1
# where a ratio is below what it has to be.
set -eu
cd "$(dirname "$0")/.."
python=${PYTHON:-python3} rounds=${ROUNDS:-3}
bin=$(mktemp -d)
trap 'rm -rf "$bin"' EXIT
go test -c -o "$bin/simulate.test" ./simulate

# go_ns NAME CPUS UNIT [TIME]: the smallest value of UNIT that a benchmark reports.
go_ns() {
	(cd simulate && "$bin/simulate.test" -test.run '^$' -test.bench "^$1\$" -test.benchtime "${4:-500ms}" -test.cpu "$2") |
		awk -v unit="$3" '{ for (i = 2; i <= NF; i++) if ($i == unit) print $(i-1) }'
}
least() { sort -g | head -n 1; }
failed=0
# judge WHAT A B FLOOR NOTE: the ratio a / b, which has to be at least that.
judge() {
	echo "$1, ratio $(awk -v a="$2" -v b="$3" 'BEGIN { printf "%.2f", a / b }') (at least $4$5)"
	awk -v a="$2" -v b="$3" -v floor="$4" 'BEGIN { exit !(a / b >= floor) }' || failed=1
}

if "$python" -c 'import numpy' 2>/dev/null; then
	for n in 1 3; do
		: >"$bin/go" && : >"$bin/numpy"
		for _ in $(seq "$rounds"); do
			go_ns "BenchmarkTheorem${n}Collapsed" 1 best-ns/trial >>"$bin/go"
			OMP_NUM_THREADS=1 "$python" "bench/theorem$n.py" | awk '{ print $3 }' >>"$bin/numpy"
		done
		ours=$(least <"$bin/go") theirs=$(least <"$bin/numpy")
		case $n in 1) floor=3 aim=7 ;; 3) floor=1.3 aim=2 ;; esac
		judge "Theorem $n, one core: longtail $ours ns a trial, numpy $theirs ns" "$theirs" "$ours" $floor ", aim $aim"
	done
else
	echo "no numpy in $python: ratios against it are left out (set PYTHON to a python that has it)"
fi
if [ "$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)" -ge 2 ]; then
	for n in 1 3; do
		: >"$bin/one" && : >"$bin/two"
		for _ in $(seq "$rounds"); do
			go_ns "BenchmarkTheorem${n}Run" 1 ns/op 2s >>"$bin/one"
			go_ns "BenchmarkTheorem${n}Run" 2 ns/op 2s >>"$bin/two"
		done
		one=$(least <"$bin/one") two=$(least <"$bin/two")
		judge "Theorem $n, whole run: one core $one ns a trial, two $two ns" "$one" "$two" 1.8 ""
	done
else
	echo "one core: two cannot be compared with it"
fi
exit $failed
