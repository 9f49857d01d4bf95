// Package uncoordinated is what people build before they have heard of consensus: every [Replica] executes what clients ask of it on its
// own copy, answers at once, and tells the others afterwards. It is here as a contrast: whatever rests on all
// replicas agreeing on an order goes wrong on it, without any fault.
package uncoordinated
