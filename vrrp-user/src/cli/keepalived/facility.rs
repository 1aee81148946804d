//! Facilities of syslog.

/// Which kind of program a line of syslog comes from (RFC 5424 §6.2.1).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::cli) struct Facility(u8);

impl Default for Facility {
    /// `daemon`
    fn default() -> Self {
        Self(3)
    }
}

impl Facility {
    /// `0` to `7` or `local0` to `local7`, `user`, or `daemon`.
    pub(super) fn parse(word: &str) -> Option<Self> {
        match word {
            "user" => Some(Self(1)),
            "daemon" => Some(Self::default()),
            _ => {
                let digit: u8 = word.strip_prefix("local").unwrap_or(word).parse().ok()?;
                (digit < 8).then_some(Self(16 + digit))
            }
        }
    }

    /// The number before a line of this severity, 0 to 7.
    pub(in crate::cli) const fn priority(self, severity: u8) -> u8 {
        self.0 * 8 + severity
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facilities_have_names_and_numbers() {
        let number = |word| Facility::parse(word).map(|facility| facility.priority(6));
        assert_eq!(number("daemon"), Some(30));
        assert_eq!(number("user"), Some(14));
        assert_eq!(number("0"), Some(134));
        assert_eq!(number("local7"), Some(190));
        assert_eq!(["8", "local8", "mail", ""].map(number), [None; 4]);
    }
}
