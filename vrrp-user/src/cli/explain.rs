//! `vrrp check --explain CODE`: the entry of docs/lints.md.

use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::config::Code;

const ENTRIES: &str = include_str!("../../../docs/lints.md");

/// Takes the name of a code, and suggests one for a misspelt name.
pub(super) fn code_parser() -> impl TypedValueParser<Value = Code> {
    PossibleValuesParser::new(Code::ALL.iter().map(|code| code.as_str()))
        .try_map(|name| Code::from_name(&name).ok_or("there is no such code"))
}

/// What the documentation says about a code.
pub(super) fn entry(code: Code) -> &'static str {
    let heading = format!("\n## `{code}`\n");
    let Some(start) = ENTRIES.find(&heading) else {
        return "";
    };
    let rest = ENTRIES.get(start + 1..).unwrap_or_default();
    let end = rest.find("\n## ").map_or(rest.len(), |end| end + 1);
    rest.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_ends_where_the_next_begins() {
        for &code in Code::ALL {
            let text = entry(code);
            assert!(text.starts_with(&format!("## `{code}`\n")), "{code}: {text}");
            assert_eq!(text.matches("\n## ").count(), 0, "{code}");
            assert!(text.len() > 80, "{code}: {text}");
        }
    }
}
