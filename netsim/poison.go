package netsim

import "simrun/node"

// Poison overwrites the memory that is kept from one run to the next with nonsense, between runs, so that a test can
// show that no run reads what an earlier one left.
func (n *Net[M, PM]) Poison() {
	const garbage = 0xdbdbdbdbdbdbdbdb
	// A message's fields are the protocol's; bytes that its own Decode accepts, or else the zero message, are all that
	// can be put there.
	n.messages.Each(func(p *parcel[M]) {
		var m M
		_ = PM(&m).Decode([]byte{1, 0xdb, 0xdb, 0xdb, 0xdb, 0xdb, 0xdb, 0xdb, 0xdb, 0xdb, 0xdb, 0xdb, 0xdb, 0xdb, 0xdb, 0xdb, 0xdb, 0xdb, 0xdb, 0xdb, 0xdb, 0xdb, 0xdb, 0xdb, 0xdb, 0xdb, 0xdb, 0xdb})
		*p = parcel[M]{m: m, encoded: []byte{0xdb}, sent: garbage, epoch: 0xdbdbdbdb, from: 0xdbdb}
	})
	n.requests.Each(func(p *requestParcel) {
		*p = requestParcel{r: node.Request{Op: 0xdb, Session: garbage, Seq: garbage, Command: []byte{0xdb}}, encoded: []byte{0xdb}, epoch: 0xdbdbdbdb, from: 0xdbdbdbdb}
	})
	n.replies.Each(func(p *replyParcel) {
		*p = replyParcel{r: node.Reply{Seq: garbage, Status: 0xdb, Session: garbage, Output: []byte{0xdb}}, encoded: []byte{0xdb}, epoch: 0xdbdbdbdb, from: 0xdbdb, to: 0xdbdbdbdb}
	})
	n.bytes.Each(func(b []byte) {
		for i := range b {
			b[i] = 0xdb
		}
	})
	for _, s := range [][]link{n.links.replicas, n.links.clients} {
		s = s[:cap(s)]
		for i := range s {
			s[i] = link{garbage, garbage, garbage >> 1, garbage >> 1, garbage, forecast{
				edition: s[i].forecast.edition, removals: s[i].forecast.removals, seen: -1, rules: []int32{-1}, fickle: true, rolls: true, touches: true, heldBy: 1, drop: garbage, delay: garbage >> 1,
			}}
		}
	}
	for _, s := range [][]connection{n.links.connections, n.links.clientConns} {
		s = s[:cap(s)]
		for i := range s {
			s[i] = connection{0xdbdbdbdb, garbage >> 1}
		}
	}
	for i := range n.held[:cap(n.held)] {
		n.held[:cap(n.held)][i] = heldBack{rule: -1, from: 0xdb, to: 0xdb}
	}
}
