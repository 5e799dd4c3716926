package text

import (
	"fmt"
	"strconv"
	"strings"
)

// token is a word of a statement.
type token struct {
	kind   tokenKind
	text   string // as it is written; of a quoted symbol what is between the quotes
	number uint64 // of a number, negative ones as two's complement; of a register its number
	minus  bool   // the number is negative
	signed bool   // a sign stands before the number
}

type tokenKind uint8

const (
	tokenMark   tokenKind = iota // a keyword, or one character of punctuation
	tokenWide                    // r0 to r15
	tokenHalf                    // w0 to w15
	tokenNumber                  // with its sign
	tokenSymbol                  // any other word, and what is quoted
)

// maxTokens is more than any instruction or directive needs that is understood.
const maxTokens = 64

// tokenize splits a statement and appends its words to tokens. A plus or minus directly before a digit belongs to
// the number, so that "r10 - 8" and "r10 -8" and "pc+3" read alike.
func tokenize(tokens []token, s string) ([]token, error) {
	return split(tokens, s, syntax().keywords)
}

// split is tokenize with these keywords.
func split(tokens []token, s string, keywords map[string]bool) ([]token, error) {
	for {
		s = strings.TrimLeft(s, " \t\r")
		if s == "" {
			return tokens, nil
		}
		if len(tokens) == maxTokens {
			return nil, fmt.Errorf("more than %d words, expected an instruction", maxTokens)
		}
		t, n, err := next(s, keywords)
		if err != nil {
			return nil, err
		}
		tokens = append(tokens, t)
		s = s[n:]
	}
}

// next reads the first token of s, which does not begin with a space, and returns
// its length.
func next(s string, keywords map[string]bool) (token, int, error) {
	switch c := s[0]; {
	case c == '"':
		end := strings.IndexByte(s[1:], '"')
		if end < 0 {
			return token{}, 0, fmt.Errorf("%s without an end, expected \"", quote(s))
		}
		if strings.IndexByte(s[1:1+end], '\\') >= 0 {
			return token{}, 0, fmt.Errorf("%s: a backslash in a quoted name, expected none", quote(s))
		}
		return token{kind: tokenSymbol, text: s[1 : 1+end]}, end + 2, nil
	case c == '+' || c == '-':
		digits := strings.TrimLeft(s[1:], " \t")
		if digits == "" || !isDigit(digits[0]) {
			return token{text: s[:1]}, 1, nil
		}
		t, n, err := readNumber(digits)
		t.signed = true
		if c == '-' {
			if t.number > 1<<63 {
				return t, 0, fmt.Errorf("-%s, expected at least -1<<63", quote(digits[:n]))
			}
			t.minus, t.number = t.number != 0, -t.number
		}
		return t, len(s) - len(digits) + n, err
	case isDigit(c):
		return readNumber(s)
	case isWord(c):
		n := 1
		for n < len(s) && (isWord(s[n]) || isDigit(s[n])) {
			n++
		}
		return word(s[:n], keywords), n, nil
	}
	return token{text: s[:1]}, 1, nil
}

func readNumber(s string) (token, int, error) {
	n := 1
	for n < len(s) && (isWord(s[n]) || isDigit(s[n])) {
		n++
	}
	base, digits := 10, s[:n]
	if len(digits) > 2 && digits[0] == '0' && digits[1]|0x20 == 'x' {
		base, digits = 16, digits[2:]
	} else if len(digits) > 1 && digits[0] == '0' {
		return token{}, 0, fmt.Errorf("%s, expected a decimal number, or a hexadecimal one after 0x", quote(digits))
	}
	value, err := strconv.ParseUint(digits, base, 64)
	if err != nil {
		return token{}, 0, fmt.Errorf("%s, expected a number of at most 64 bits", quote(s[:n]))
	}
	return token{kind: tokenNumber, text: s[:n], number: value}, n, nil
}

// word makes a token of a register, a keyword or a symbol.
func word(s string, keywords map[string]bool) token {
	if n, err := strconv.ParseUint(s[1:], 10, 8); err == nil && n <= 15 && (len(s) == 2 || s[1] != '0') {
		switch s[0] | 0x20 {
		case 'r':
			return token{kind: tokenWide, text: s, number: n}
		case 'w':
			return token{kind: tokenHalf, text: s, number: n}
		}
	}
	if keywords[s] {
		return token{text: s}
	}
	return token{kind: tokenSymbol, text: s}
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// isWord reports whether a name may begin with the byte.
func isWord(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_' || c == '.' || c == '$' || c == '@'
}

// quote shows the beginning of what was found, as one line.
func quote(s string) string {
	const most = 60
	if s = strings.TrimSpace(s); len(s) > most {
		return strconv.Quote(s[:most]) + "..."
	}
	return strconv.Quote(s)
}
