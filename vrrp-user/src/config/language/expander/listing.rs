//! `~SEQ` and `~LST`.

use super::{
    super::{
        definitions::{self, Value},
        line::Code,
        sequence::{self, Kind, Numbers, SequenceError, Written},
    },
    Expander,
    feed::{Feed, List, Rounds},
};
use crate::config::{
    Code as DiagnosticCode, Diagnostic, Span,
    source::{Origin, Traced},
};

impl Expander<'_> {
    /// Starts a list.
    pub(super) fn list(
        &mut self,
        written: Result<Written, SequenceError>,
        code: Code,
        line: &Traced,
    ) {
        let list = written.and_then(|written| {
            let rounds = self.rounds(&written, line)?;
            Ok(List { rounds, rest: line.slice(written.rest..line.len()) })
        });
        let span = self.comment(line);
        match list {
            Ok(list) => self.feed(Feed::List(list)),
            Err(error) => self.sink.push(
                Diagnostic::error(
                    DiagnosticCode::Sequence,
                    Span::new(span.start, span.start + code.end),
                    format!("this list cannot be read: {error}"),
                )
                .label("ignored")
                .help(
                    "write `~SEQ(NAME, start, step, end)`, `~LST(NAME, value, …)` or \
                     `~LST({NAME, NAME}, {value, value}, …)`",
                ),
            ),
        }
    }

    fn rounds(&self, written: &Written, line: &Traced) -> Result<Rounds, SequenceError> {
        let start = written.inside.start;
        let inside = line.text().get(written.inside.clone()).unwrap_or_default();
        if written.kind == Kind::Values {
            let lists = sequence::lists(inside)?;
            let rounds: Vec<Vec<Traced>> = lists
                .rounds
                .into_iter()
                .map(|values| {
                    values
                        .into_iter()
                        .map(|value| line.slice(start + value.start..start + value.end))
                        .collect()
                })
                .collect();
            return Ok(Rounds::Values { names: lists.names, rounds: rounds.into_iter() });
        }
        let (name, numbers) = sequence::counted_name(inside)?;
        let numbers = self.defined_numbers(inside.get(numbers..).unwrap_or_default());
        let numbers = Numbers::parse(&numbers, written.kind == Kind::Hexadecimal)?;
        let at = line.locate(Span::new(0, written.inside.end + 1)).at;
        Ok(Rounds::Numbers { name: name.to_owned(), numbers, written: Origin::instead(at) })
    }

    /// The numbers of `~SEQ` may be definitions of one line.
    fn defined_numbers(&self, numbers: &str) -> String {
        // keepalived takes no more.
        const LONGEST: usize = 64;
        let mut text = numbers.to_owned();
        let mut at = 0;
        while let Some(dollar) = text.get(at..).and_then(|rest| rest.find('$')) {
            at += dollar;
            let value = definitions::use_at(&text, at).and_then(|used| {
                match self.definitions.value(&used, false)? {
                    Value::Text(value) => Some((used.range.clone(), value)),
                    Value::Lines(_) | Value::BuiltIn(_) => None,
                }
            });
            match value {
                Some((range, value)) if text.len() + value.len() <= LONGEST => {
                    text.replace_range(range, value.text());
                    // What was put in is not looked at again, so this comes to an end.
                    at += value.len();
                }
                _ => at += 1,
            }
        }
        text
    }

    /// The next line of the innermost list.
    pub(super) fn list_line(&mut self) -> Option<Traced> {
        let Some(Feed::List(list)) = self.feeds.last_mut() else {
            return None;
        };
        let Some(values) = list.rounds.next() else {
            self.feeds.pop();
            return None;
        };
        let rest = list.rest.clone();
        for (name, value) in values {
            self.definitions.set(&name, Value::Text(value.into()));
        }
        Some(rest)
    }
}
