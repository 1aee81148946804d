//! `{a,b}` in file names, as a C shell has it.

/// More alternatives are no list of files that anybody wrote.
const MOST: usize = 1000;

/// Every name that a pattern stands for, in order; `None` for more than a thousand. Braces without
/// a comma or a partner stay as they are.
pub(super) fn expand(pattern: &str) -> Option<Vec<String>> {
    // The names so far, and what follows all of them.
    let mut open = vec![(String::new(), pattern.to_owned())];
    let mut names = Vec::new();
    while let Some((name, rest)) = open.pop() {
        let Some((before, alternatives, after)) = split(&rest) else {
            names.push(name + &rest);
            continue;
        };
        if names.len() + open.len() + alternatives.len() > MOST {
            return None;
        }
        // The last one in comes out first.
        for alternative in alternatives.into_iter().rev() {
            open.push((format!("{name}{before}"), format!("{alternative}{after}")));
        }
    }
    Some(names)
}

/// The first pair of braces with a comma: what stands before, between and after.
fn split(pattern: &str) -> Option<(&str, Vec<&str>, &str)> {
    let mut from = 0;
    while let Some(open) = pattern.get(from..)?.find('{').map(|at| from + at) {
        let inside = pattern.get(open + 1..)?;
        if let Some((alternatives, after)) = alternatives(inside)
            && alternatives.len() > 1
        {
            return Some((pattern.get(..open)?, alternatives, after));
        }
        from = open + 1;
    }
    None
}

fn alternatives(inside: &str) -> Option<(Vec<&str>, &str)> {
    let mut depth = 0_usize;
    let mut start = 0;
    let mut found = Vec::new();
    for (at, character) in inside.char_indices() {
        match character {
            '{' => depth += 1,
            ',' if depth == 0 => {
                found.push(inside.get(start..at)?);
                start = at + 1;
            }
            '}' if depth == 0 => {
                found.push(inside.get(start..at)?);
                return Some((found, inside.get(at + 1..)?));
            }
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alternatives_are_spelt_out() {
        for (pattern, expected) in [
            ("a", "a"),
            ("a{b,c}d", "abd acd"),
            ("{foo/{,cat,dog},bar}", "foo/ foo/cat foo/dog bar"),
            ("{a,b}{c,d}", "ac ad bc bd"),
            ("{a}", "{a}"),
            ("{}", "{}"),
            ("{a,b", "{a,b"),
            ("a}b", "a}b"),
            ("{x}{a,b}", "{x}a {x}b"),
            ("{,}", " "),
        ] {
            assert_eq!(expand(pattern).unwrap().join(" "), expected, "{pattern}");
        }
    }

    #[test]
    fn their_number_is_bounded() {
        assert_eq!(expand(&"{a,b}".repeat(9)).unwrap().len(), 512);
        assert_eq!(expand(&"{a,b}".repeat(60)), None);
        assert_eq!(expand(&"{".repeat(500)).unwrap().len(), 1);
    }
}
