//! `@id rest` and `@^id rest`.

use super::{ConfigId, line::BLANKS};

/// What a condition says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Condition {
    /// The rest of the line counts, from this byte on.
    Holds(usize),
    /// The line does not count.
    Fails,
    /// There is no rest; keepalived passes over the line.
    Empty,
}

/// Looks at a statement; `None` if it has no condition. The id is the word that touches the `@` or
/// `@^`, if any.
pub(super) fn condition(code: &str, id: &ConfigId) -> Option<Condition> {
    let word = code.strip_prefix('@')?;
    let (word, wanted) = word.strip_prefix('^').map_or((word, true), |word| (word, false));
    let Some((word, rest)) = word.split_once(BLANKS) else {
        return Some(Condition::Empty);
    };
    if (word == id.as_str()) != wanted {
        return Some(Condition::Fails);
    }
    Some(Condition::Holds(code.len() - rest.trim_start_matches(BLANKS).len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions() {
        use Condition::{Empty, Fails, Holds};
        for (code, expected) in [
            ("a @main b", None),
            ("@main a b", Some(Holds(6))),
            ("@main \t a", Some(Holds(8))),
            ("@^main a", Some(Fails)),
            ("@other a", Some(Fails)),
            ("@^other a", Some(Holds(8))),
            ("@mai a", Some(Fails)),
            ("@Main a", Some(Fails)),
            ("@main2 a", Some(Fails)),
            ("@main", Some(Empty)),
            ("@", Some(Empty)),
            ("@ a", Some(Fails)),
            ("@^ a", Some(Holds(3))),
        ] {
            assert_eq!(condition(code, &ConfigId::new("main")), expected, "{code}");
        }
    }

    #[test]
    fn the_default_is_the_short_host_name() {
        assert_eq!(ConfigId::of_host("cube01.lan.example").as_str(), "cube01");
        assert_eq!(ConfigId::of_host("cube01").as_str(), "cube01");
    }
}
