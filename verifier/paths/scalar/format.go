package scalar

import (
	"math"
	"strconv"
)

// String is what the kernel's log shows of a scalar, without ids and marks of precision: "7" or
// "scalar(smin=umin=1,smax=umax=255,var_off=(0x0; 0xff))". Bounds that tell nothing are left out, and so are those
// of a constant (kernel/bpf/log.c:print_reg_state, print_scalar_ranges).
func (v Value) String() string {
	if v.IsConst() {
		return string(appendSigned(nil, int64(v.Bits.Value)))
	}
	bounds := [...]struct {
		name   string
		value  uint64
		signed bool
		said   bool // or not worth it
	}{
		{"smin", uint64(v.Smin), true, v.Smin == math.MinInt64},
		{"smax", uint64(v.Smax), true, v.Smax == math.MaxInt64},
		{"umin", v.Umin, false, v.Umin == 0},
		{"umax", v.Umax, false, v.Umax == math.MaxUint64},
		{"smin32", signed32(v.S32min), true, v.S32min == math.MinInt32},
		{"smax32", signed32(v.S32max), true, v.S32max == math.MaxInt32},
		{"umin32", uint64(v.U32min), false, v.U32min == 0},
		{"umax32", uint64(v.U32max), false, v.U32max == math.MaxUint32},
	}
	s := []byte("scalar(")
	separator := ""
	for i := range bounds {
		b := &bounds[i]
		if b.said {
			continue
		}
		s = append(s, separator...)
		separator = ","
		// Bounds of the same kind and the same value are one: "smin=umin=1". A negative number is
		// not the same as a large unsigned one.
		negative := b.signed && int64(b.value) < 0
		for j := i; j < len(bounds); j += 2 {
			same := &bounds[j]
			if !same.said && same.value == b.value && (same.signed && int64(same.value) < 0) == negative {
				s = append(s, same.name...)
				s = append(s, '=')
				same.said = true
			}
		}
		if b.signed {
			s = appendSigned(s, int64(b.value))
		} else {
			s = appendUnsigned(s, b.value)
		}
	}
	if v.Bits.Mask != math.MaxUint64 {
		s = append(s, separator+"var_off=("...)
		s = appendHex(s, v.Bits.Value)
		s = append(s, "; "...)
		s = appendHex(s, v.Bits.Mask)
		s = append(s, ')')
	}
	return string(append(s, ')'))
}

// signed32 is a 32-bit bound as it is shown: as a number of 32 bits where it is in hexadecimal.
func signed32(x int32) uint64 {
	if isDecimal(int64(x)) {
		return uint64(x)
	}
	return uint64(uint32(x))
}

func isDecimal(x int64) bool { return x >= math.MinInt16 && x <= math.MaxInt16 }

func appendSigned(s []byte, x int64) []byte {
	if isDecimal(x) {
		return strconv.AppendInt(s, x, 10)
	}
	return appendHex(s, uint64(x))
}

func appendUnsigned(s []byte, x uint64) []byte {
	if x <= math.MaxUint16 {
		return strconv.AppendUint(s, x, 10)
	}
	return appendHex(s, x)
}

func appendHex(s []byte, x uint64) []byte {
	return strconv.AppendUint(append(s, "0x"...), x, 16)
}
