//! The number in a file, read as keepalived reads it (its `track_file.c` uses `strtol(3)`, base 0).

/// keepalived's bounds; what lies outside changes nothing.
const BOUNDS: std::ops::RangeInclusive<i64> = i32::MIN as i64..=i32::MAX as i64 + 1;

/// The number that a text begins with: decimal, octal after `0`, or hexadecimal after `0x`. 0 if it
/// does not begin with one; `None` if it is too large to mean anything.
pub(super) fn number(text: &[u8]) -> Option<i64> {
    let text = text.trim_ascii_start();
    let (sign, text) = match text {
        [b'-', rest @ ..] => (-1, rest),
        [b'+', rest @ ..] => (1, rest),
        _ => (1, text),
    };
    let (radix, digits) = match text {
        [b'0', b'x' | b'X', rest @ ..] => (16, rest),
        [b'0', rest @ ..] => (8, rest),
        _ => (10, text),
    };
    let mut value = 0_i64;
    for digit in digits.iter().map_while(|&byte| char::from(byte).to_digit(radix)) {
        value = value.checked_mul(radix.into())?.checked_add(digit.into())?;
    }
    let value = sign * value;
    BOUNDS.contains(&value).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn as_strtol_reads_it() {
        for (text, expected) in [
            ("", Some(0)),
            ("\n", Some(0)),
            ("7", Some(7)),
            ("  -12\n", Some(-12)),
            ("+5 and more", Some(5)),
            ("12abc", Some(12)),
            ("abc", Some(0)),
            ("-", Some(0)),
            ("1.9", Some(1)),
            ("010", Some(8)),
            ("09", Some(0)),
            ("0x1F", Some(31)),
            ("0x", Some(0)),
            ("-0x10", Some(-16)),
            ("2147483648", Some(2_147_483_648)),
            ("2147483649", None),
            ("-2147483648", Some(-2_147_483_648)),
            ("-2147483649", None),
            ("99999999999999999999999", None),
        ] {
            assert_eq!(number(text.as_bytes()), expected, "{text:?}");
        }
        assert_eq!(number(&[0xff, b'1']), Some(0));
    }
}
