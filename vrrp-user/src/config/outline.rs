//! What a configuration says, line by line in the words of the file, with every default filled in:
//! what two of them are compared by, and shown.
//!
//! Each struct of the model is taken apart field by field, so that one that is added cannot be
//! forgotten here.

mod global;
mod instance;
mod programs;
mod routing;
mod tracking;

pub(super) use global::blocks;
pub(super) use instance::lines as instance_lines;

use std::{fmt::Display, time::Duration};

/// A block of the file.
pub(super) struct Block {
    /// The keyword, and the name behind it.
    pub(super) title: String,
    pub(super) lines: Vec<Line>,
}

/// A line of a block. Not for printing: it may hold a secret.
#[derive(Clone, Eq, PartialEq)]
pub(super) struct Line {
    pub(super) keyword: &'static str,
    /// What stands behind the keyword, but for secrets.
    pub(super) shown: String,
    secret: Option<Vec<u8>>,
}

/// The lines of a block, as they are gathered.
#[derive(Default)]
struct Lines(Vec<Line>);

impl Lines {
    /// A keyword with its words.
    fn say(&mut self, keyword: &'static str, words: impl Display) {
        self.0.push(Line { keyword, shown: words.to_string(), secret: None });
    }

    /// The same, if there is a value.
    fn say_if(&mut self, keyword: &'static str, words: Option<impl Display>) {
        if let Some(words) = words {
            self.say(keyword, words);
        }
    }

    /// A keyword that stands alone, if it is on.
    fn flag(&mut self, keyword: &'static str, on: bool) {
        if on {
            self.say(keyword, "");
        }
    }

    /// Seconds, if they are more than none.
    fn seconds_if(&mut self, keyword: &'static str, span: Duration) {
        self.say_if(keyword, (!span.is_zero()).then_some(span.as_secs_f64()));
    }

    /// A keyword whose words are nobody's business, but for those shown.
    fn hide(&mut self, keyword: &'static str, shown: String, secret: &[u8]) {
        self.0.push(Line { keyword, shown, secret: Some(secret.to_vec()) });
    }
}
