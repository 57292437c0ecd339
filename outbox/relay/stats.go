package relay

import "sync/atomic"

// Stats is a snapshot of what a relay has done since it was made.
type Stats struct {
	Owner    bool  // it owns the queue now
	Handed   int64 // records given to the producer, again ones included
	Relayed  int64 // events acknowledged and deleted
	Failed   int64 // records that the producer gave back with an error
	Retries  int64 // failures after which the relay waited and read again
	Parked   int64 // keys and topics that are parked, as the owner last saw them
	InFlight int64 // records that the producer has, at this moment
	// Failing is the failure that the relay waits after at this moment: the broker or
	// the database is gone. Empty when there is none, or another relay is the owner.
	Failing string
}

// Stats returns the counters now. Reading them twice gives rates.
func (r *Relay) Stats() Stats {
	failing, _ := r.stats.failing.Load().(string)
	return Stats{
		Failing:  failing,
		InFlight: r.stats.inFlight.Load(),
		Owner:    r.stats.owner.Load(),
		Handed:   r.stats.handed.Load(),
		Relayed:  r.stats.relayed.Load(),
		Failed:   r.stats.failed.Load(),
		Retries:  r.stats.retries.Load(),
		Parked:   r.stats.parked.Load(),
	}
}

type counters struct {
	owner                                    atomic.Bool
	inFlight                                 atomic.Int64
	failing                                  atomic.Value // string
	handed, relayed, failed, retries, parked atomic.Int64
}
