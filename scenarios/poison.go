package scenarios

// Poison overwrites the memory that the cluster keeps from one run to the next.
func (c *cluster[M, PM]) Poison() {
	c.kernel.Poison()
	c.net.Poison()
	c.bytes.Each(poison)
	for _, h := range c.hosts {
		h.Poison()
	}
	c.sights.poison()
	poison(c.scratch[:cap(c.scratch)])
}

func poison(b []byte) {
	for i := range b {
		b[i] = 0xdb
	}
}
