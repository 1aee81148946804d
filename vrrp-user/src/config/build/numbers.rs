//! Numbers as keepalived writes them: decimal digits, with a fraction where seconds are meant.

use std::{ops::RangeInclusive, time::Duration};

use super::Builder;
use crate::config::{Code, Diagnostic, Span, diagnostics::quoted, lexer::Word};

const NANOS_PER_SECOND: u64 = 1_000_000_000;

/// Why a word is not the number that was asked for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum NumberError {
    /// It is no number.
    Garbage,
    /// It is outside the range.
    OutOfRange,
}

/// A whole number within `range`.
pub(super) fn integer(word: &str, range: &RangeInclusive<u64>) -> Result<u64, NumberError> {
    if word.is_empty() || !word.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(NumberError::Garbage);
    }
    // Only digits are left, so the one thing that can fail is the size.
    let number = word.parse().map_err(|_| NumberError::OutOfRange)?;
    if range.contains(&number) { Ok(number) } else { Err(NumberError::OutOfRange) }
}

/// Seconds with at most nine decimal places.
pub(super) fn seconds(
    word: &str,
    range: &RangeInclusive<Duration>,
) -> Result<Duration, NumberError> {
    let (whole, fraction) = word.split_once('.').unwrap_or((word, ""));
    if (whole.is_empty() && fraction.is_empty()) || fraction.len() > 9 {
        return Err(NumberError::Garbage);
    }
    let digits = |text: &str| match text {
        "" => Ok(0),
        text => integer(text, &(0..=u64::MAX)),
    };
    let whole = digits(whole)?;
    let scale = (fraction.len()..9).fold(1, |scale, _| scale * 10);
    let nanos = digits(fraction)? * scale;
    let value = whole
        .checked_mul(NANOS_PER_SECOND)
        .and_then(|value| value.checked_add(nanos))
        .map(Duration::from_nanos)
        .ok_or(NumberError::OutOfRange)?;
    if range.contains(&value) { Ok(value) } else { Err(NumberError::OutOfRange) }
}

impl Builder<'_> {
    /// Reports a number that is none; `instead` says what happens.
    pub(super) fn bad_number(
        &mut self,
        word: &Word<'_>,
        error: NumberError,
        range: &str,
        instead: &str,
    ) {
        let diagnostic = bad_number(Diagnostic::error, word.span, &word.text, error, range);
        self.sink.push(diagnostic.note(instead));
    }

    /// The same where the configuration cannot be used without the number.
    pub(super) fn fatal_number(&mut self, word: &Word<'_>, error: NumberError, range: &str) {
        let diagnostic = bad_number(Diagnostic::fatal, word.span, &word.text, error, range);
        self.sink.push(diagnostic.note("keepalived does not start with this"));
    }
}

fn bad_number(
    kind: impl Fn(Code, Span, String) -> Diagnostic,
    span: Span,
    text: &str,
    error: NumberError,
    range: &str,
) -> Diagnostic {
    let what = match error {
        NumberError::Garbage => "is not a number",
        NumberError::OutOfRange => "is out of range",
    };
    kind(Code::BadNumber, span, format!("{} {what}", quoted(text)))
        .help(format!("write a number from {range}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers() {
        use NumberError::{Garbage, OutOfRange};
        for (word, result) in [
            ("0", Ok(0)),
            ("007", Ok(7)),
            ("255", Ok(255)),
            ("256", Err(OutOfRange)),
            ("99999999999999999999999", Err(OutOfRange)),
            ("", Err(Garbage)),
            ("+1", Err(Garbage)),
            ("-1", Err(Garbage)),
            ("1x", Err(Garbage)),
            ("0x10", Err(Garbage)),
            ("١", Err(Garbage)),
        ] {
            assert_eq!(integer(word, &(0..=255)), result, "{word}");
        }
    }

    #[test]
    fn fractions_of_a_second() {
        use NumberError::{Garbage, OutOfRange};
        let range = Duration::ZERO..=Duration::from_secs(1000);
        for (word, result) in [
            ("1", Ok(1_000_000_000)),
            ("1.", Ok(1_000_000_000)),
            (".5", Ok(500_000_000)),
            ("0.25", Ok(250_000_000)),
            ("1000.0", Ok(1_000_000_000_000)),
            ("1000.000000001", Err(OutOfRange)),
            ("18446744073709551615", Err(OutOfRange)),
            (".", Err(Garbage)),
            ("1.2.3", Err(Garbage)),
            ("1,5", Err(Garbage)),
            ("1s", Err(Garbage)),
            ("-1", Err(Garbage)),
            ("0.0000000001", Err(Garbage)),
        ] {
            assert_eq!(seconds(word, &range), result.map(Duration::from_nanos), "{word}");
        }
    }
}
