//! Definitions and the names in a text, by their looks: a value that is used for a secret is one,
//! also where this node does not use it, or not in the way that was meant.

use crate::config::Span;

/// More of them do not stand on one line: they would not be expanded.
const MOST_LISTS: usize = 64;

/// Whether a name says that its value is secret.
pub(crate) fn tells(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["pass", "pw", "secret", "auth", "key"].iter().any(|part| name.contains(part))
}

/// The names that a text refers to, as `$NAME` or `${NAME…`.
pub(crate) fn names(text: &str) -> impl Iterator<Item = &str> {
    text.split('$').skip(1).filter_map(|rest| name_of(rest.strip_prefix('{').unwrap_or(rest)))
}

/// What looks like a definition: the name, and where all that follows it stands. A variable of
/// `~SEQ` or `~LST` is one, and so is what lacks its `=`.
pub(crate) fn definitions(text: &str) -> Vec<(&str, Span)> {
    let mut found = Vec::new();
    // For the definitions that go on over several lines: since which of those found, if any.
    let mut open: Option<usize> = None;
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let end = start + line.len();
        let goes_on = line.trim_end().ends_with('\\');
        let first = found.len();
        in_line(line, start, &mut found);
        if let Some((_, span)) = open.and_then(|open| found.get_mut(open)) {
            span.end = end;
        }
        // Within a definition, others take one line.
        open = if goes_on { open.or((found.len() > first).then_some(first)) } else { None };
        start = end;
    }
    found
}

fn in_line<'t>(line: &'t str, start: usize, found: &mut Vec<(&'t str, Span)>) {
    let end = start + line.len();
    let mut rest = line.trim_start();
    if rest.starts_with('@') {
        rest = rest.split_once([' ', '\t']).map_or("", |(_, rest)| rest.trim_start());
    }
    if let Some(name) = rest.strip_prefix('$').and_then(name_of) {
        let from = end - rest.len() + 1 + name.len();
        found.push((name, Span::new(from, end)));
    }
    for (at, _) in line.match_indices('~').take(MOST_LISTS) {
        let rest = line.get(at + 1..).unwrap_or_default();
        let Some(rest) = rest.strip_prefix("SEQ").or_else(|| rest.strip_prefix("LST")) else {
            continue;
        };
        // `(NAME, …` or `({NAME, NAME}, …`
        let Some(inside) = rest.trim_start_matches(['x', ' ', '\t']).strip_prefix('(') else {
            continue;
        };
        let inside = inside.trim_start();
        let listed = inside.strip_prefix('{').map(|list| list.split('}').next().unwrap_or(list));
        let variables = listed.unwrap_or_else(|| inside.split(',').next().unwrap_or(inside));
        let from = end - inside.len();
        found.extend(
            variables
                .split([',', ' ', '\t'])
                .filter_map(name_of)
                .map(|name| (name, Span::new(from, end))),
        );
    }
}

fn name_of(text: &str) -> Option<&str> {
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(text.len());
    text.get(..end).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_definition() {
        for (text, expected) in [
            ("$A=b\n", vec![("A", "=b\n")]),
            ("  @x $A =b", vec![("A", " =b")]),
            (
                "$A= \\\nb \\\n$C=d \\\ne\nf",
                vec![("A", "= \\\nb \\\n$C=d \\\ne\n"), ("C", "=d \\\n")],
            ),
            ("~SEQ(A, 1, 2) x", vec![("A", "A, 1, 2) x")]),
            ("~LST({A, B}, {1,2}) $A", vec![("A", "A, B}, {1,2}) $A"), ("B", "A, B}, {1,2}) $A")]),
            ("a $B\n#$C", vec![]),
            ("$\n@\n@x\n~\n~LST\n~LST(", vec![]),
        ] {
            let found = definitions(text);
            let shown: Vec<(&str, &str)> =
                found.iter().map(|(name, span)| (*name, &text[span.start..span.end])).collect();
            let shown: Vec<(&str, &str)> = shown
                .into_iter()
                .map(|(name, value)| (name, value.trim_start_matches('{')))
                .collect();
            assert_eq!(shown, expected, "{text}");
        }
    }

    #[test]
    fn names_are_found_in_any_form() {
        assert_eq!(names("a $B${C}x${D 1}$ ${} $").collect::<Vec<_>>(), ["B", "C", "D"]);
    }
}
