#!/usr/bin/env bash
# The corpus and its seeds end in the verdicts and hashes of golden.txt on amd64, on 386, under the race detector, and on arm64 where a
# machine for it can be emulated.
source "$(dirname "$0")/lib.sh"
builds=""
# try NAME PREFIX GOARCH FLAGS...
try() {
	local name=$1 prefix=$2 arch=$3
	shift 3
	if ! GOARCH=$arch go build "$@" -o "$scratch/$name" ./cmd/simrun 2>"$scratch/err"; then
		echo "left out: $name: $(head -1 "$scratch/err")"
		return
	fi
	$prefix "$scratch/$name" regress >"$scratch/out" 2>"$scratch/err" || fail "$name: $(cat "$scratch/out" "$scratch/err")"
	builds="$builds $name"
}
try plain "" "$(go env GOHOSTARCH)"
if [ "$(go env GOHOSTARCH)" = amd64 ]; then
	try 386 "" 386
	emulator=$(command -v qemu-aarch64 || command -v qemu-aarch64-static || true)
	if [ -n "$emulator" ]; then
		try arm64 "$emulator" arm64
	else
		echo "left out: arm64, which needs qemu-aarch64 (Debian has it in qemu-user)"
	fi
fi
try race "" "$(go env GOHOSTARCH)" -race
echo "golden hashes: $(cut -d' ' -f1 "$scratch/out" | tail -1) runs the same in$builds"
