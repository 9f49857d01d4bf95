package toy

import (
	"math/rand/v2"
	"time"
)

// packet is a message between goroutines; a request or a reply has a client.
type packet struct {
	from, client int
	m            Message
}

// Goroutines runs the protocol with a goroutine for each replica and client, until that many commands are answered. Messages take between 200
// and 800 microseconds, by time.AfterFunc. It returns how many messages there were, requests and replies included.
func Goroutines(nodes, clients, commands int) (messages uint64) {
	inbox := make([]chan packet, nodes+1)
	answers := make([]chan struct{}, clients)
	sent := make(chan uint64, nodes+clients)
	stop := make(chan struct{})
	for i := range inbox {
		inbox[i] = make(chan packet, 1024)
	}
	for i := range answers {
		answers[i] = make(chan struct{}, 1)
	}
	random := rand.New(rand.NewPCG(1, 2)) // of the clients and replicas, which take turns in a bubble of one processor
	latency := func() time.Duration {
		return 200*time.Microsecond + time.Duration(random.Int64N(int64(600*time.Microsecond)))
	}
	for id := 1; id <= nodes; id++ {
		go func() {
			count := uint64(0)
			send := func(to int, p packet) {
				count++
				time.AfterFunc(latency(), func() { inbox[to] <- p })
			}
			var log []packet
			var acks []int
			for {
				select {
				case <-stop:
					sent <- count
					return
				case p := <-inbox[id]:
					switch {
					case p.from == 0:
						log, acks = append(log, p), append(acks, 1)
						for to := 2; to <= nodes; to++ {
							send(to, packet{from: id, m: Message{Number: uint64(len(log)), Value: p.m.Value}})
						}
					case !p.m.Ack:
						send(p.from, packet{from: id, m: Message{Ack: true, Number: p.m.Number}})
					default:
						i := p.m.Number - 1
						if acks[i]++; acks[i] == nodes/2+1 {
							count++
							to := answers[log[i].client]
							time.AfterFunc(latency(), func() { to <- struct{}{} })
						}
					}
				}
			}
		}()
	}
	for c := range clients {
		go func() {
			count := uint64(0)
			for range commands / clients {
				count++
				value := make([]byte, 32)
				time.AfterFunc(latency(), func() { inbox[1] <- packet{client: c, m: Message{Value: value}} })
				<-answers[c]
			}
			sent <- count
		}()
	}
	for range clients {
		messages += <-sent
	}
	time.Sleep(time.Second) // what is under way arrives
	close(stop)
	for range nodes {
		messages += <-sent
	}
	return messages
}
