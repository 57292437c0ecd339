package codec

// MustBigDecimal is ParseBigDecimal for defaults in generated code, which have
// been checked: it panics where that fails.
func MustBigDecimal(s string) BigDecimal {
	d, err := ParseBigDecimal(s)
	if err != nil {
		panic(err)
	}
	return d
}
