//! `$NAME=text`, and where such a name is used.

use std::{collections::HashMap, ops::Range, rc::Rc};

use super::line::BLANKS;
use crate::config::source::Traced;

/// What a name stands for.
#[derive(Clone, Debug)]
pub(super) enum Value {
    /// A part of a line.
    Text(Rc<Traced>),
    /// At least two lines. Such a name only counts at the end of a line.
    Lines(Rc<[Traced]>),
    /// What keepalived brings along.
    BuiltIn(BuiltIn),
}

/// The names that need no definition.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum BuiltIn {
    /// The directory of the file that is being read.
    Directory,
    /// The config id.
    ConfigId,
    /// A random number.
    Random,
    /// A variable of the environment; since keepalived 2.4.
    Environment,
    /// `#`
    Hash,
    /// `!`
    Bang,
}

const BUILT_IN: [(&str, BuiltIn); 6] = [
    ("_PWD", BuiltIn::Directory),
    ("_INSTANCE", BuiltIn::ConfigId),
    ("_RANDOM", BuiltIn::Random),
    ("_ENV", BuiltIn::Environment),
    ("_HASH", BuiltIn::Hash),
    ("_BANG", BuiltIn::Bang),
];

impl BuiltIn {
    /// Whether this takes these words after its name.
    fn takes(self, parameters: &str) -> bool {
        let number = |word: &str| word.bytes().all(|byte| byte.is_ascii_digit());
        let count = parameters.split_ascii_whitespace().count();
        match self {
            Self::Random => count <= 2 && parameters.split_ascii_whitespace().all(number),
            Self::Environment => count == 1,
            Self::Directory | Self::ConfigId | Self::Hash | Self::Bang => count == 0,
        }
    }
}

/// Where a definition is used.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Use<'t> {
    /// From the `$` to the end of the name, or to the `}`.
    pub(super) range: Range<usize>,
    pub(super) name: &'t str,
    /// The words after the name, for those in braces.
    pub(super) parameters: &'t str,
    pub(super) braces: bool,
}

/// What looks like the use of a name at this `$` of a statement: `${NAME}` and `${NAME words}`
/// anywhere, `$NAME` before white space, `,`, `)` or the end.
pub(super) fn use_at(code: &str, at: usize) -> Option<Use<'_>> {
    let rest = code.get(at..)?.strip_prefix('$')?;
    let inside = rest.strip_prefix('{');
    let name = name_of(inside.unwrap_or(rest))?;
    let Some(inside) = inside else {
        let next = rest.get(name.len()..)?.chars().next();
        let ends = next.is_none_or(|next| BLANKS.contains(&next) || next == ',' || next == ')');
        let range = at..at + 1 + name.len();
        return ends.then_some(Use { range, name, parameters: "", braces: false });
    };
    let parameters = inside.get(name.len()..)?;
    let end = parameters.find(|c: char| !(is_part(c) || BLANKS.contains(&c)))?;
    let closed = parameters.get(end..)?.starts_with('}');
    let parameters = parameters.get(..end)?;
    // keepalived does not take a blank before the `}` after words.
    let tidy = parameters.trim().is_empty() || !parameters.ends_with(BLANKS);
    let range = at..at + 2 + name.len() + end + 1;
    (closed && tidy).then_some(Use { range, name, parameters, braces: true })
}

/// Takes `$NAME=text` apart: the name, and where the text starts. No blank may stand before `=`.
pub(super) fn definition(code: &str) -> Option<(&str, usize)> {
    let name = name_of(code.strip_prefix('$')?)?;
    let text = code.get(1 + name.len()..)?.strip_prefix('=')?;
    Some((name, code.len() - text.trim_start_matches(BLANKS).len()))
}

/// The name at the start of a text.
fn name_of(text: &str) -> Option<&str> {
    let end = text.find(|c: char| !is_part(c)).unwrap_or(text.len());
    text.get(..end).filter(|name| is_name(name))
}

/// Whether this can be the name of a definition.
pub(super) fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && name.chars().all(is_part)
}

fn is_part(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

/// The definitions as they stand at a line.
#[derive(Debug)]
pub(super) struct Definitions {
    values: HashMap<String, Value>,
}

impl Definitions {
    /// Those that need no definition.
    pub(super) fn new() -> Self {
        let built_in = BUILT_IN.map(|(name, built_in)| (name.to_owned(), Value::BuiltIn(built_in)));
        Self { values: HashMap::from(built_in) }
    }

    pub(super) fn set(&mut self, name: &str, value: Value) {
        self.values.insert(name.to_owned(), value);
    }

    /// What a use stands for; `None` if that is left as it is written.
    pub(super) fn value(&self, used: &Use<'_>, at_the_end: bool) -> Option<Value> {
        let value = self.values.get(used.name)?;
        let counts = match value {
            Value::Text(_) => used.parameters.trim().is_empty(),
            Value::Lines(_) => at_the_end && used.parameters.trim().is_empty(),
            Value::BuiltIn(built_in) => built_in.takes(used.parameters),
        };
        counts.then(|| value.clone())
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.values.keys().map(String::as_str)
    }

    pub(super) fn is_defined(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_a_use() {
        for (code, expected) in [
            ("$A", Some(("A", "", 2))),
            ("$A b", Some(("A", "", 2))),
            ("$A,b", Some(("A", "", 2))),
            ("$A)", Some(("A", "", 2))),
            ("$A.b", None),
            ("$A}", None),
            ("${A}b", Some(("A", "", 4))),
            ("${A 1 2}", Some(("A", " 1 2", 8))),
            ("${A 1 }", None),
            ("${A }", Some(("A", " ", 5))),
            ("${A", None),
            ("${A.}", None),
            ("$1", None),
            ("$", None),
            ("${}", None),
            ("$_a1_ ", Some(("_a1_", "", 5))),
            ("$Aé", None),
        ] {
            let used = use_at(code, 0);
            let shown = used.as_ref().map(|used| (used.name, used.parameters, used.range.end));
            assert_eq!(shown, expected, "{code}");
        }
    }

    #[test]
    fn what_is_a_definition() {
        for (code, expected) in [
            ("$A=b", Some(("A", "b"))),
            ("$A= \t b c", Some(("A", "b c"))),
            ("$A=", Some(("A", ""))),
            ("$A==b", Some(("A", "=b"))),
            ("$A =b", None),
            ("$1A=b", None),
            ("$A-B=c", None),
            ("A=b", None),
            ("$=b", None),
        ] {
            let found = definition(code).map(|(name, text)| (name, &code[text..]));
            assert_eq!(found, expected, "{code}");
        }
    }
}
