package pickle

import (
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf8"
)

// text reads a constant of protocol 0, written as text up to a newline.
func (m *machine) text(op byte) (any, error) {
	switch op {
	case 'S':
		b, err := m.longLine()
		if err != nil {
			return nil, err
		}
		return unquote(b)
	case 'V':
		b, err := m.longLine()
		if err != nil {
			return nil, err
		}
		return rawUnicode(b)
	}
	s, err := m.line()
	if err != nil {
		return nil, err
	}
	switch {
	case op == 'F':
		f, err := strconv.ParseFloat(s, 64)
		if err != nil && !errors.Is(err, strconv.ErrRange) {
			return nil, fmt.Errorf("%q is no number", s)
		}
		return f, nil
	case op == 'I' && s == "00":
		return false, nil
	case op == 'I' && s == "01":
		return true, nil
	}
	n, ok := new(big.Int).SetString(strings.TrimSuffix(s, "L"), 10)
	if !ok {
		return nil, fmt.Errorf("%q is no integer", s)
	}
	return small(n), nil
}

func (m *machine) decimal() (uint64, error) {
	s, err := m.line()
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseUint(s, 10, 32)
	if err != nil {
		return 0, fmt.Errorf("%q is no memo number", s)
	}
	return n, nil
}

// unquote decodes the literal of a Python 2 str.
func unquote(b []byte) (string, error) {
	if len(b) < 2 || b[0] != '\'' && b[0] != '"' || b[len(b)-1] != b[0] {
		return "", errors.New("a str without quotes around it")
	}
	quote, b := b[0], b[1:len(b)-1]
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		if b[i] == quote {
			return "", errors.New("a str with a quote inside it")
		}
		if b[i] != '\\' {
			out = append(out, b[i])
			continue
		}
		i++
		if i == len(b) {
			return "", errors.New("a str that ends in a backslash")
		}
		switch c := b[i]; c {
		case '\\', '\'', '"':
			out = append(out, c)
		case 'n':
			out = append(out, '\n')
		case 'r':
			out = append(out, '\r')
		case 't':
			out = append(out, '\t')
		case 'x':
			v, err := strconv.ParseUint(string(b[i+1:min(i+3, len(b))]), 16, 8)
			if err != nil || i+3 > len(b) {
				return "", errors.New(`a str with a \x that two hexadecimal digits do not follow`)
			}
			out = append(out, byte(v))
			i += 2
		default:
			return "", fmt.Errorf(`a str with the escape \%c`, c)
		}
	}
	return string(out), nil
}

// rawUnicode decodes Latin-1 in which \u and four, or \U and eight, hexadecimal
// digits represent a character.
func rawUnicode(b []byte) (string, error) {
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		digits := 0
		if b[i] == '\\' && i+1 < len(b) {
			digits = map[byte]int{'u': 4, 'U': 8}[b[i+1]]
		}
		if digits == 0 {
			out = utf8.AppendRune(out, rune(b[i]))
			continue
		}
		v, err := strconv.ParseUint(string(b[i+2:min(i+2+digits, len(b))]), 16, 32)
		if err != nil || i+2+digits > len(b) || v > utf8.MaxRune {
			return "", fmt.Errorf(`a str with a \%c that no character's number follows`, b[i+1])
		}
		out = utf8.AppendRune(out, rune(v))
		i += 1 + digits
	}
	return string(out), nil
}
