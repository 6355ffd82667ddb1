package as

import "math"

// sample is a value that counts weight times. Weights are whole numbers of
// tokens: a server can claim any, so they are never spread out.
type sample struct{ value, weight float64 }

func total(samples []sample) (n float64) {
	for _, s := range samples {
		n += s.weight
	}
	return n
}

// linear interpolates between the two order statistics around (n-1)q, as numpy's
// and pandas' percentiles do by default. samples are ascending.
func linear(samples []sample, q float64) (v float64, n int, ok bool) {
	count := total(samples)
	if count <= 0 {
		return 0, 0, false
	}
	rank := (count - 1) * q
	low := math.Floor(rank)
	v = at(samples, low)
	return v + (rank-low)*(at(samples, low+1)-v), int(count), true
}

// at is the order statistic of a rank from 0, the largest beyond the last.
func at(samples []sample, rank float64) (v float64) {
	upto := 0.0
	for _, s := range samples {
		if s.weight <= 0 {
			continue
		}
		v = s.value
		if upto += s.weight; upto > rank {
			break
		}
	}
	return v
}

// inverted is the smallest sample up to which the share q of all weight lies: the
// inverted distribution function, without interpolation.
func inverted(samples []sample, q float64) (v float64, n int, ok bool) {
	count := total(samples)
	if count <= 0 {
		return 0, 0, false
	}
	upto := 0.0
	for _, s := range samples {
		if s.weight <= 0 {
			continue
		}
		v = s.value
		if upto += s.weight; upto >= q*count {
			break
		}
	}
	return v, int(count), true
}
