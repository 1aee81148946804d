//! `include` and its variants: which files a line names, and how strictly they are looked for.

mod braces;
mod pattern;

pub(super) use pattern::{Lack, find};

use super::line::BLANKS;

/// What must be there for an `include` to be right. Whatever is missed otherwise is passed over.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Checks(u8);

impl Checks {
    /// What is named or matches is a file that can be read.
    pub(super) const READABLE: Self = Self(1);
    /// What is named without wildcards is there.
    pub(super) const MATCH: Self = Self(1 << 1);
    /// Something matches the wildcards.
    pub(super) const WILDCARD: Self = Self(1 << 2);
    /// Something matches each of the alternatives in braces.
    pub(super) const BRACE: Self = Self(1 << 3);
    /// All of it.
    pub(super) const ALL: Self = Self(0b1111);

    pub(super) const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub(super) const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// What the words of `include_check` make of these checks, and the words that mean nothing.
    /// Without a word it is everything.
    pub(super) fn changed<'t>(self, words: impl Iterator<Item = &'t str>) -> (Self, Vec<&'t str>) {
        let mut checks = None;
        let mut wrong = Vec::new();
        for word in words {
            let name = word.trim_start_matches(['+', '-']);
            let Some(check) = Self::named(name) else {
                wrong.push(word);
                continue;
            };
            let before = checks.unwrap_or(self);
            checks = Some(match word.strip_suffix(name) {
                Some("+") => before.with(check),
                Some("-") => before.without(check),
                // The first word without a sign starts anew.
                Some("") => checks.unwrap_or_default().with(check).with(Self::READABLE),
                _ => {
                    wrong.push(word);
                    before
                }
            });
        }
        (checks.unwrap_or(if wrong.is_empty() { Self::ALL } else { self }), wrong)
    }

    fn named(name: &str) -> Option<Self> {
        match name {
            // The manual page says the one, keepalived 2.2.7 takes the other.
            "readable" | "read" => Some(Self::READABLE),
            "match" => Some(Self::MATCH),
            "wildcard_match" => Some(Self::WILDCARD),
            "brace_match" => Some(Self::BRACE),
            _ => None,
        }
    }
}

/// An `include` line.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Directive {
    /// What this variant of `include` checks by itself.
    pub(super) checks: Checks,
    /// Where the pattern starts, which goes on to the end of the statement.
    pub(super) pattern: usize,
}

/// Takes a statement for an `include`, if it is one. A name may hold spaces.
pub(super) fn directive(code: &str) -> Option<Directive> {
    let variant = code.strip_prefix("include")?;
    let (letter, pattern) = variant.split_at_checked(variant.find(BLANKS)?)?;
    let readable = Checks::READABLE;
    let checks = match letter {
        "" => Checks::default(),
        "r" => readable,
        "m" => readable.with(Checks::MATCH),
        "w" => readable.with(Checks::MATCH).with(Checks::WILDCARD),
        "b" => readable.with(Checks::BRACE),
        "a" => Checks::ALL,
        _ => return None,
    };
    Some(Directive { checks, pattern: code.len() - pattern.trim_start_matches(BLANKS).len() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variants() {
        for (code, expected) in [
            ("include a b.conf", Some((Checks(0), "a b.conf"))),
            ("includer \t a", Some((Checks(0b0001), "a"))),
            ("includem a", Some((Checks(0b0011), "a"))),
            ("includew a", Some((Checks(0b0111), "a"))),
            ("includeb a", Some((Checks(0b1001), "a"))),
            ("includea a", Some((Checks(0b1111), "a"))),
            ("include", None),
            ("includex a", None),
            ("include_check a", None),
            ("includerr a", None),
            (" include a", None),
        ] {
            let found = directive(code).map(|it| (it.checks, code.get(it.pattern..).unwrap()));
            assert_eq!(found, expected, "{code}");
        }
    }

    #[test]
    fn include_check_sets_adds_and_removes() {
        let all = Checks::ALL;
        for (words, before, expected, wrong) in [
            ("", Checks(0), Checks::ALL, ""),
            ("readable", all, Checks(1), ""),
            ("match", all, Checks(0b11), ""),
            ("brace_match wildcard_match", all, Checks(0b1101), ""),
            ("+match -wildcard_match", Checks(0b100), Checks(0b10), ""),
            ("-read", all, Checks(0b1110), ""),
            ("Match", Checks(0b100), Checks(0b100), "Match"),
            ("++match", Checks(0b100), Checks(0b100), "++match"),
        ] {
            let (checks, unknown) = before.changed(words.split_ascii_whitespace());
            assert_eq!((checks, unknown.join(" ").as_str()), (expected, wrong), "{words}");
        }
    }
}
