package scenarios

import (
	"fmt"

	"switchover/results"
)

// picker says which conversation each session of a stage holds, session after
// session. Of one source they come in an order of the stage's own, again and again;
// of several the source is drawn first, by weight; a trace has an order already.
func picker(s *Scenario, st Stage, items []results.Conversation) (func(session int) int, error) {
	if st.Mode == ModeTrace {
		return func(session int) int { return session }, nil
	}
	if s.Workload.Mix == nil {
		order := seedOf(s.Seed, "items", st.Name).Rand().Perm(len(items))
		return func(session int) int { return order[session%len(order)] }, nil
	}
	parts := s.Workload.Parts()
	orders, next := make([][]int, len(parts)), make([]int, len(parts))
	for i, p := range parts {
		for at := range items {
			if items[at].Source == p.Name {
				orders[i] = append(orders[i], at)
			}
		}
		if len(orders[i]) == 0 {
			return nil, fmt.Errorf("there are no conversations of the source %s", p.Name)
		}
		seedOf(s.Seed, "items of "+p.Name, st.Name).Rand().Shuffle(len(orders[i]), func(a, b int) {
			orders[i][a], orders[i][b] = orders[i][b], orders[i][a]
		})
	}
	random := seedOf(s.Seed, "sources", st.Name).Rand()
	return func(int) int {
		u, i := random.Float64(), 0
		for ; i < len(parts)-1 && u >= parts[i].Share; i++ {
			u -= parts[i].Share
		}
		next[i]++
		return orders[i][(next[i]-1)%len(orders[i])]
	}, nil
}
