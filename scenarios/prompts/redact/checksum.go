package redact

// luhn computes the checksum of ISO/IEC 7812-1, annex B.
func luhn(digits string) bool {
	sum := 0
	for i := range len(digits) {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}

// mod11 is the check character of ISO 7064 MOD 11-2 for a string of digits.
func mod11(digits string) byte {
	p := 0
	for i := range len(digits) {
		p = (p + int(digits[i]-'0')) * 2 % 11
	}
	if check := (12 - p) % 11; check < 10 {
		return byte('0' + check)
	}
	return 'X'
}

// mod97 reports whether an IBAN without spaces, in capitals, has the checksum of
// ISO 7064 MOD 97-10.
func mod97(iban string) bool {
	rest := 0
	for i := range len(iban) {
		c := iban[(i+4)%len(iban)]
		switch {
		case digit(c):
			rest = (rest*10 + int(c-'0')) % 97
		default:
			rest = (rest*100 + int(c-'A') + 10) % 97
		}
	}
	return rest == 1
}
