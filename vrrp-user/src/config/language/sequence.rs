//! `~SEQ(NAME, start, step, end) rest` and `~LST(NAME, value, …) rest`: the rest of the line once
//! for every value of the name.

use std::ops::Range;

use super::{definitions::is_name, line::BLANKS};

/// How a list starts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    /// `~SEQ`
    Numbers,
    /// `~SEQx`
    Hexadecimal,
    /// `~LST`
    Values,
}

/// Why a list is none.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(super) enum SequenceError {
    #[error("`(` is missing after its keyword")]
    NoOpening,
    #[error("`)` is missing")]
    NoClosing,
    #[error("its first word is no name")]
    NoName,
    #[error("it has no value")]
    NoValue,
    #[error("one of its words is no whole number")]
    NoNumber,
    #[error("its step is 0, or leads away from its end")]
    WrongStep,
    #[error("a negative number has no hexadecimal form")]
    NegativeHexadecimal,
    #[error("a set has more values than there are names")]
    TooManyValues,
    #[error("a comma or brace is missing between its words")]
    NoSeparator,
}

/// A list as it is written.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Written {
    pub(super) kind: Kind,
    /// What stands between `(` and `)`.
    pub(super) inside: Range<usize>,
    /// Where the rest of the line starts.
    pub(super) rest: usize,
}

/// Takes a statement apart that starts with `~SEQ` or `~LST`; `None` if it does not.
pub(super) fn written(code: &str) -> Option<Result<Written, SequenceError>> {
    let (kind, after) = if let Some(after) = code.strip_prefix("~SEQ") {
        after.strip_prefix('x').map_or((Kind::Numbers, after), |after| (Kind::Hexadecimal, after))
    } else {
        (Kind::Values, code.strip_prefix("~LST")?)
    };
    let Some(inside) = after.trim_start_matches(BLANKS).strip_prefix('(') else {
        return Some(Err(SequenceError::NoOpening));
    };
    let start = code.len() - inside.len();
    let Some(length) = inside.find(')') else {
        return Some(Err(SequenceError::NoClosing));
    };
    let rest = inside.get(length + 1..).unwrap_or_default().trim_start_matches(BLANKS);
    Some(Ok(Written { kind, inside: start..start + length, rest: code.len() - rest.len() }))
}

/// The name of `~SEQ`, and where its numbers start, in what stands between the parentheses.
pub(super) fn counted_name(inside: &str) -> Result<(&str, usize), SequenceError> {
    let (name, _) = inside.split_once(',').ok_or(SequenceError::NoValue)?;
    let numbers = name.len() + 1;
    let name = name.trim_matches(BLANKS);
    if is_name(name) { Ok((name, numbers)) } else { Err(SequenceError::NoName) }
}

/// The numbers that a name of `~SEQ` goes through.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Numbers {
    next: Option<i64>,
    step: i64,
    last: i64,
    hexadecimal: bool,
}

impl Numbers {
    /// `end`, `start, end` or `start, step, end`: decimal, `0x` hexadecimal, or octal after a `0`.
    pub(super) fn parse(words: &str, hexadecimal: bool) -> Result<Self, SequenceError> {
        let numbers: Vec<i64> = words
            .split(',')
            .map(|word| number(word.trim_matches(BLANKS)))
            .collect::<Result<_, _>>()?;
        let (start, step, last) = match *numbers.as_slice() {
            // keepalived counts 1, 0 for an end of 0.
            [last] => (if last < 0 { -1 } else { 1 }, if last < 1 { -1 } else { 1 }, last),
            [start, last] => (start, if start <= last { 1 } else { -1 }, last),
            [start, step, last] => (start, step, last),
            _ => return Err(SequenceError::NoNumber),
        };
        if step == 0 || (start < last && step < 0) || (start > last && step > 0) {
            return Err(SequenceError::WrongStep);
        }
        if hexadecimal && (start < 0 || last < 0) {
            return Err(SequenceError::NegativeHexadecimal);
        }
        Ok(Self { next: Some(start), step, last, hexadecimal })
    }
}

impl Iterator for Numbers {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        let number = self.next?;
        self.next = number
            .checked_add(self.step)
            .filter(|&next| if self.step > 0 { next <= self.last } else { next >= self.last });
        Some(if self.hexadecimal { format!("{number:x}") } else { number.to_string() })
    }
}

fn number(word: &str) -> Result<i64, SequenceError> {
    // keepalived counts from 0 in `~SEQ(A,,3)`.
    if word.is_empty() {
        return Ok(0);
    }
    let (negative, digits) = word.strip_prefix('-').map_or((false, word), |rest| (true, rest));
    let digits = if negative { digits } else { digits.strip_prefix('+').unwrap_or(digits) };
    if !digits.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(SequenceError::NoNumber);
    }
    let (digits, radix) = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(digits) => (digits, 16),
        None if digits.len() > 1 && digits.starts_with('0') => (digits, 8),
        None => (digits, 10),
    };
    let number = i64::from_str_radix(digits, radix).map_err(|_| SequenceError::NoNumber)?;
    Ok(if negative { -number } else { number })
}

/// What `~LST` lists.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Lists {
    pub(super) names: Vec<String>,
    /// Where the values of each round stand, as many as there are names; an empty stretch for one
    /// that is left out.
    pub(super) rounds: Vec<Vec<Range<usize>>>,
}

/// Takes apart what stands between the parentheses of `~LST`.
pub(super) fn lists(inside: &str) -> Result<Lists, SequenceError> {
    let mut words = Words { text: inside, at: 0 };
    let names: Vec<String> = words
        .set()?
        .into_iter()
        .map(|range| inside.get(range).unwrap_or_default().to_owned())
        .collect();
    if !names.iter().all(|name| is_name(name)) {
        return Err(SequenceError::NoName);
    }
    let mut rounds = Vec::new();
    while words.comma()? {
        let mut values = words.set()?;
        if values.len() > names.len() {
            return Err(SequenceError::TooManyValues);
        }
        values.resize(names.len(), 0..0);
        rounds.push(values);
    }
    if rounds.is_empty() { Err(SequenceError::NoValue) } else { Ok(Lists { names, rounds }) }
}

/// Goes through the words of `~LST`.
struct Words<'t> {
    text: &'t str,
    at: usize,
}

impl Words<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn skip_blanks(&mut self) {
        self.at = self.text.len() - self.rest().trim_start_matches(BLANKS).len();
    }

    /// Passes over a separator, if one comes next.
    fn accept(&mut self, separator: char) -> bool {
        self.skip_blanks();
        let found = self.rest().starts_with(separator);
        self.at += usize::from(found);
        found
    }

    fn word(&mut self) -> Range<usize> {
        self.skip_blanks();
        let start = self.at;
        let length = self.rest().find([' ', '\t', ',', '}']).unwrap_or(self.rest().len());
        self.at += length;
        start..self.at
    }

    /// One word, or several in braces.
    fn set(&mut self) -> Result<Vec<Range<usize>>, SequenceError> {
        if !self.accept('{') {
            return Ok(vec![self.word()]);
        }
        let mut set = vec![self.word()];
        while self.accept(',') {
            set.push(self.word());
        }
        if self.accept('}') { Ok(set) } else { Err(SequenceError::NoSeparator) }
    }

    /// Whether another set follows.
    fn comma(&mut self) -> Result<bool, SequenceError> {
        if self.accept(',') {
            return Ok(true);
        }
        if self.rest().is_empty() { Ok(false) } else { Err(SequenceError::NoSeparator) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_taken_apart() {
        for (code, expected) in [
            ("~SEQ(A,1,3) b c", Some(Ok((Kind::Numbers, "A,1,3", "b c")))),
            ("~SEQx (A, 3)b", Some(Ok((Kind::Hexadecimal, "A, 3", "b")))),
            ("~LST(A,(,b) c", Some(Ok((Kind::Values, "A,(,b", "c")))),
            ("~LST(A,b)", Some(Ok((Kind::Values, "A,b", "")))),
            ("~SEQy(A)", Some(Err(SequenceError::NoOpening))),
            ("~LST", Some(Err(SequenceError::NoOpening))),
            ("~SEQ(A, 1", Some(Err(SequenceError::NoClosing))),
            ("~A", None),
            ("SEQ(A,1)", None),
        ] {
            let found = written(code);
            let shown = found.map(|found| {
                found
                    .map(|it| (it.kind, code.get(it.inside).unwrap(), code.get(it.rest..).unwrap()))
            });
            assert_eq!(shown, expected, "{code}");
        }
    }

    #[test]
    fn numbers_are_counted() {
        for (words, expected) in [
            ("3", "1 2 3"),
            ("0", "1 0"),
            (",2", "0 1 2"),
            ("-2", "-1 -2"),
            ("0, 3", "0 1 2 3"),
            ("2,0", "2 1 0"),
            ("5,5", "5"),
            ("1,2,6", "1 3 5"),
            ("6,-2,1", "6 4 2"),
            ("0x10, 0X10, 040", "16 32"),
            ("+1,2", "1 2"),
            (
                "9223372036854775806,1,9223372036854775807",
                "9223372036854775806 9223372036854775807",
            ),
        ] {
            let numbers: Vec<String> = Numbers::parse(words, false).unwrap().collect();
            assert_eq!(numbers.join(" "), expected, "{words}");
        }
        let numbers: Vec<String> = Numbers::parse("0x90, 0x10, 0xb0", true).unwrap().collect();
        assert_eq!(numbers, ["90", "a0", "b0"]);
        for (words, error) in [
            ("a", SequenceError::NoNumber),
            ("1,,3", SequenceError::WrongStep),
            ("1,1,1,1", SequenceError::NoNumber),
            ("99999999999999999999", SequenceError::NoNumber),
            ("-+1", SequenceError::NoNumber),
            ("1,0,3", SequenceError::WrongStep),
            ("1,-1,3", SequenceError::WrongStep),
            ("3,1,1", SequenceError::WrongStep),
            ("-1", SequenceError::NegativeHexadecimal),
        ] {
            assert_eq!(Numbers::parse(words, true), Err(error), "{words}");
        }
    }

    #[test]
    fn values_are_listed() {
        for (inside, expected) in [
            ("A, 1, 2", Ok("A: 1; 2")),
            ("A,", Ok("A: ")),
            ("{A, B}, {1,2},{3}, 4", Ok("A B: 1 2; 3 ; 4 ")),
            ("{A},{1}", Ok("A: 1")),
            ("A", Err(SequenceError::NoValue)),
            ("", Err(SequenceError::NoName)),
            ("{A,B", Err(SequenceError::NoSeparator)),
            ("A, 1 2", Err(SequenceError::NoSeparator)),
            ("A, {1,2}", Err(SequenceError::TooManyValues)),
            ("A, 1}", Err(SequenceError::NoSeparator)),
            ("A b, 1", Err(SequenceError::NoSeparator)),
        ] {
            let shown = lists(inside).map(|lists| {
                let round = |round: &Vec<Range<usize>>| {
                    let values: Vec<&str> =
                        round.iter().map(|range| &inside[range.clone()]).collect();
                    values.join(" ")
                };
                let rounds: Vec<String> = lists.rounds.iter().map(round).collect();
                format!("{}: {}", lists.names.join(" "), rounds.join("; "))
            });
            assert_eq!(shown, expected.map(str::to_owned), "{inside}");
        }
        assert_eq!(counted_name(" A , 1"), Ok(("A", 4)));
        assert_eq!(counted_name("A"), Err(SequenceError::NoValue));
        assert_eq!(counted_name("1A, 1"), Err(SequenceError::NoName));
    }
}
