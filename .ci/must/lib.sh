# Sourced by the scripts beside it. A script exits 0 where what it is named for holds, and prints its figure last.
# MUST=long asks for the full form; the default is a short one.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
export LC_ALL=C
MUST=${MUST:-short}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

fail() {
	echo "FAILED: $*" >&2
	exit 1
}

# status COMMAND...: its exit status, with output in $scratch/out and $scratch/err
status() {
	local s=0
	"$@" >"$scratch/out" 2>"$scratch/err" </dev/null || s=$?
	echo "$s"
}
