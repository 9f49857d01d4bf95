package gallery

import (
	"encoding/binary"
	"fmt"
	"strings"

	"simrun/checker"
	"simrun/checker/models"
	"simrun/faults"
	"simrun/node/machine"
	"simrun/scenarios"
	"simrun/sim/stream"
)

// bookings is the workload of meeting rooms. A key is a room at an hour, and its value is who has booked it: once, and for good.
type bookings struct{}

// Operation books, or looks who did. Every booking has a number of its own.
func (bookings) Operation(c *scenarios.Config, lot uint64, index int) scenarios.Operation {
	s := stream.New(lot, "booking", 0)
	o := scenarios.Operation{Kind: checker.Get, Key: uint32(s.N(4 * uint64(c.Keys)))}
	if index < c.Operations && s.N(3) > 0 {
		o.Kind, o.Arg = checker.Insert, int64(index)+1
	}
	return o
}

// Command encodes the operation for machine.KV.
func (bookings) Command(dst []byte, o scenarios.Operation) []byte {
	key := binary.BigEndian.AppendUint32(nil, o.Key)
	if o.Kind == checker.Get {
		return machine.AppendGet(dst, key)
	}
	return machine.AppendCAS(dst, key, nil, binary.BigEndian.AppendUint64(nil, uint64(o.Arg)))
}

// Result decodes who has booked, or whether it was this one.
func (bookings) Result(o scenarios.Operation, output []byte) (int64, error) {
	value, found, err := machine.Output(output)
	switch {
	case err != nil:
		return 0, err
	case o.Kind == checker.Insert && !found:
		return 1, nil
	case o.Kind == checker.Insert || !found:
		return 0, nil
	case len(value) != 8:
		return 0, fmt.Errorf("a booking of %d bytes, and only those of 8 were made", len(value))
	}
	return int64(binary.BigEndian.Uint64(value)), nil
}

// Kinds is what Operation makes up.
func (bookings) Kinds() []checker.OpKind { return models.Insert.Kinds }

// Model returns that of keys that are written once.
func (bookings) Model() checker.Model { return models.Insert.Model }

// noDoubleBooking says in plain words what linearizability would say in general ones.
func noDoubleBooking(c *scenarios.Config, h *checker.History) *checker.Violation {
	holder := map[uint32]int{} // the first to be told so, by room
	for i := range h.Ops {
		o := &h.Ops[i]
		if o.Kind != checker.Insert || o.Outcome != checker.OK || o.Out == 0 {
			continue
		}
		if first, held := holder[o.Key]; held {
			a, b := scenarios.OperationName(c, h, first), scenarios.OperationName(c, h, i)
			who, _, _ := strings.Cut(a, "#")
			other, _, _ := strings.Cut(b, "#")
			return &checker.Violation{Check: "room", Shape: "double booking",
				Detail: fmt.Sprintf("%s and %s were both told that they have room k%d, in answer to %s and %s", who, other, o.Key, a, b)}
		}
		holder[o.Key] = i
	}
	return nil
}

// Room A at 2 PM, and who wants it. Offices are New York n1, London n2, San Francisco n3, Tokyo n4, Berlin n5, and a client ci sits in the office ni.
const roomA = 0

// fiveOffices is the script and the plan of the story.
func fiveOffices(c *scenarios.Config) faults.Plan {
	c.Nodes, c.Clients = 5, 4
	c.Patience = 900 * ms
	c.Script = []scenarios.Call{
		{Client: 1, At: 500 * ms, To: 1, Do: "insert", Key: roomA, Arg: 1},
		{Client: 4, At: 510 * ms, To: 4, Do: "insert", Key: roomA, Arg: 4},
		{Client: 2, At: 550 * ms, To: 2, Do: "insert", Key: roomA, Arg: 2},
		{Client: 3, At: 600 * ms, To: 3, Do: "get", Key: roomA},
		{Client: 4, At: 850 * ms, To: 4, Do: "get", Key: roomA},
	}
	return faults.Plan{Faults: []faults.Fault{
		{At: 300 * ms, For: 400 * ms, Kind: faults.Partition, Groups: groups(with(addrs(1, 2, 3, 5), 1, 2, 3), with(addrs(4), 4))},
		{At: 300 * ms, For: 500 * ms, Kind: faults.Crash, Nodes: ids(5)},
	}}
}

func meetingRoom() scenarios.Scenario {
	s := scenarios.OnLog(func() machine.Machine { return new(machine.KV) })
	s.Name = "meeting-room"
	s.Doc = "five offices book room A at 2 PM, with Tokyo's network down and Berlin crashed: nobody else gets it, and Tokyo learns of it when it comes back"
	s.Workload = bookings{}
	s.Judge = noDoubleBooking
	s.Story = &scenarios.Story{
		Look: "From 300ms on Tokyo (n4, with its client c4) is cut off and Berlin (n5) is down. At 500ms New York (c1) books: the slot is " +
			"accepted by n1, n2 and n3, three of five, and that is enough. London (c2) is told that the room is taken. Tokyo's own attempt finds no quorum; when the network is back at 700ms n4 " +
			"learns what it missed, and c4 is told that the room is taken. In the end all five hold the same booking.",
		Told: fiveOffices,
	}
	return scenarios.Define(s)
}

func meetingRoomUncoordinated() scenarios.Scenario {
	s := unordered(func() machine.Machine { return new(machine.KV) })
	s.Name = "meeting-room-uncoordinated"
	s.Doc = "contrast: the same offices, each with a calendar of its own: Tokyo books a room that New York has"
	s.Workload = bookings{}
	s.Judge = noDoubleBooking
	s.Story = &scenarios.Story{
		Look: "Tokyo, cut off, looks at its own calendar at 510ms, where the room is free, and books it: New York has had it for some milliseconds. When the network is " +
			"back both calendars keep what they have.",
		Told:   fiveOffices,
		Expect: "room: double booking",
	}
	return scenarios.Define(s)
}
