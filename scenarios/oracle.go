package scenarios

import "simrun/sim/stream"

// oracleEvery: porcupine looks at the histories of one seed in so many, chosen by a hash of the seed. Tests make it every one.
var oracleEvery uint64 = 64

// asksOracle tells whether porcupine looks at the history of a seed.
func asksOracle(seed uint64) bool {
	return stream.Mix(seed, stream.Name("oracle"))%oracleEvery == 0
}
