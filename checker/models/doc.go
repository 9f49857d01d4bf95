// Package models is sequential specifications of the things that are built on consensus: what a single copy, executing one operation at a time,
// would answer. They have nothing in common with the machines of node/machine, so that a mistake in one does not hide in the other.
//
// A [Model] is a checker.Model with the rule in words and the kinds of operations it knows. Where the state does not fit into a
// number, it is built of pairs in a [checker.Space] of its own: equal pairs have equal numbers ([pairs]), so equal states have, whatever way led to them,
// and comparing states is comparing numbers. No state is ever told from another by a hash alone.
//
// What a search keeps grows with the configurations it visits: a step makes at most one pair for an appended element, and for a change in
// a table of n keys one for each bit of n. A queue is stored whole, 8 bytes an element for each different content.
//
// An operation of unknown outcome has any output.
package models
