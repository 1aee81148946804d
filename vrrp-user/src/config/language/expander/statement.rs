//! What a line that is ready means to what comes after it.

use super::{Expander, Undefined, definitions};
use crate::config::{Code as Kind, Diagnostic, Span, diagnostics::quoted};

impl Expander<'_> {
    /// Remembers `${NAME}` outside quotes that nothing was put in for.
    pub(super) fn note_undefined(&mut self, statement: &str, start: usize) {
        let mut quoted = false;
        for (at, character) in statement.char_indices() {
            match character {
                '"' => quoted = !quoted,
                '$' if !quoted => {
                    let used = definitions::use_at(statement, at).filter(|used| used.braces);
                    if let Some(used) = used.filter(|used| !self.definitions.is_defined(used.name))
                    {
                        let name = used.name.to_owned();
                        let span = Span::new(start + used.range.start, start + used.range.end);
                        self.undefined.push(Undefined { name, span });
                    }
                }
                _ => {}
            }
        }
    }

    /// Keywords that go for what follows in the file.
    pub(super) fn heed(&mut self, statement: &str, start: usize) {
        let mut words = statement.split_ascii_whitespace();
        match words.next() {
            Some("include_check") => {
                let Some(checks) = self.checks_mut() else { return };
                let (changed, wrong) = checks.changed(words);
                *checks = changed;
                if !wrong.is_empty() {
                    self.sink.push(
                        Diagnostic::error(
                            Kind::BadValue,
                            Span::new(start, start + statement.len()),
                            format!("{} is no check of included files", quoted(&wrong.join(" "))),
                        )
                        .help("there are `readable`, `match`, `wildcard_match` and `brace_match`")
                        .label("ignored"),
                    );
                }
            }
            Some("random_seed") => match words.next().unwrap_or_default().parse() {
                Ok(seed) => self.random.seed(seed),
                Err(_) => self.sink.push(
                    Diagnostic::error(
                        Kind::BadNumber,
                        Span::new(start, start + statement.len()),
                        "`random_seed` needs a whole number",
                    )
                    .label("ignored"),
                ),
            },
            _ => {}
        }
    }
}
