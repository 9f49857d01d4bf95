#!/usr/bin/env bash
# In one run, one core, cpu time, the same clients, network, disks and machine, and agreement checked of both: Multi-Paxos has at least 4 times the commits a second of
# go.etcd.io/raft v3.6.0, one command a slot (the goal is 10), and at least 2.3 times with batches; with every check on of Multi-Paxos, 3 and 1.8 times; a toy protocol carries more
# messages in the simulator than as goroutines in a bubble of testing/synctest. hashicorp/raft v1.8.0 in real time, over memory, stands beside. Porcupine alone is in checker-speed.sh.
source "$(dirname "$0")/lib.sh"
events=300000 rounds=3
[ "$MUST" = long ] && events=2000000 rounds=5
cd bench
GOMAXPROCS=1 go test -run '^$' -bench '^BenchmarkProtocols$' -benchtime ${events}x -count $rounds . >"$scratch/protocols" || fail "$(cat "$scratch/protocols")"
go test -count=1 -v ./... >"$scratch/tests" || fail "$(cat "$scratch/tests")"
grep -o 'toy: .*\|hashicorp/raft v.*' "$scratch/tests"
awk '
	/^BenchmarkProtocols/ { for (i = 2; i < NF; i++) if ($(i+1) == "commits/s" && $i + 0 > best[$1]) best[$1] = $i + 0 }
	END {
		for (name in best) { short = name; sub(/^BenchmarkProtocols\//, "", short); sub(/-[0-9]+$/, "", short); f[short] = best[name] }
		raft = f["batch=1/etcd-raft"]; rafts = f["batch=64/etcd-raft"]
		one = f["batch=1/speed-log-agreement"] / raft; many = f["batch=64/speed-log-agreement"] / rafts
		all = f["batch=1/speed-log"] / raft; alls = f["batch=64/speed-log"] / rafts
		if (one < 4 || many < 2.3 || all < 3 || alls < 1.8) { printf "FAILED: %.1f and %.1f times the commits of raft, %.1f and %.1f with every check on\n", one, many, all, alls; exit 1 }
		printf "peers: Multi-Paxos %.0f commits/s, etcd-raft %.0f, ratio %.1f, with every check on %.1f; with batches %.0f and %.0f, ratio %.1f, with every check on %.1f\n",
			f["batch=1/speed-log-agreement"], raft, one, all, f["batch=64/speed-log-agreement"], rafts, many, alls
	}' "$scratch/protocols"
