package scenarios

import (
	"fmt"
	"strconv"
	"strings"
)

// Seeds is a list of ranges of seeds, in the order given.
type Seeds struct {
	ranges []seedRange
	len    uint64
}

type seedRange struct{ first, last uint64 }

// SeedRange returns the count seeds from first on.
func SeedRange(first, count uint64) Seeds {
	var s Seeds
	if count > 0 {
		s.add(first, first+count-1)
	}
	return s
}

// ParseSeeds reads a list such as "7", "1,5-10" or "0x10-0x1f". Numbers are decimal or hexadecimal.
func ParseSeeds(text string) (Seeds, error) {
	var s Seeds
	for part := range strings.SplitSeq(text, ",") {
		lo, hi, isRange := strings.Cut(part, "-")
		first, err := ParseSeed(lo)
		if err != nil {
			return Seeds{}, err
		}
		last := first
		if isRange {
			if last, err = ParseSeed(hi); err != nil {
				return Seeds{}, err
			}
		}
		if last < first {
			return Seeds{}, fmt.Errorf("the range %q ends before it begins", part)
		}
		if last-first == ^uint64(0) || s.len+(last-first)+1 < s.len {
			return Seeds{}, fmt.Errorf("%q names more seeds than can be counted", text)
		}
		s.add(first, last)
	}
	return s, nil
}

// ParseSeed reads one seed, decimal or with 0x hexadecimal.
func ParseSeed(text string) (uint64, error) {
	text = strings.TrimSpace(text)
	base, digits := 10, text
	if rest, ok := strings.CutPrefix(strings.ToLower(text), "0x"); ok {
		base, digits = 16, rest
	}
	seed, err := strconv.ParseUint(digits, base, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is not a seed: write a number from 0 to 18446744073709551615, decimal or with 0x", text)
	}
	return seed, nil
}

func (s *Seeds) add(first, last uint64) {
	s.ranges = append(s.ranges, seedRange{first, last})
	s.len += last - first + 1
}

// Len returns how many seeds there are.
func (s Seeds) Len() uint64 { return s.len }

// At returns the i-th seed, from 0. i must be below Len.
func (s Seeds) At(i uint64) uint64 {
	for _, r := range s.ranges {
		if n := r.last - r.first + 1; i >= n {
			i -= n
			continue
		}
		return r.first + i
	}
	panic("scenarios: seed index out of range")
}

// Share returns the i-th of n shares, i from 0. Shares are contiguous in the list and differ in length by one at most.
func (s Seeds) Share(i, n uint64) Seeds {
	bound := func(i uint64) uint64 { return s.len/n*i + min(s.len%n, i) }
	return s.Slice(bound(i), bound(i+1)-bound(i))
}

// Slice returns the seeds from the i-th on, n of them or as many as there are.
func (s Seeds) Slice(i, n uint64) Seeds {
	var out Seeds
	for _, r := range s.ranges {
		length := r.last - r.first + 1
		if i >= length {
			i -= length
			continue
		}
		if take := min(length-i, n); take > 0 {
			out.add(r.first+i, r.first+i+take-1)
			n -= take
		}
		i = 0
	}
	return out
}

// String writes the seeds as ParseSeeds reads them.
func (s Seeds) String() string {
	parts := make([]string, len(s.ranges))
	for i, r := range s.ranges {
		parts[i] = strconv.FormatUint(r.first, 10)
		if r.last > r.first {
			parts[i] += "-" + strconv.FormatUint(r.last, 10)
		}
	}
	return strings.Join(parts, ",")
}
