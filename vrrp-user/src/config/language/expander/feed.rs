//! Where lines come from.

use std::{path::PathBuf, rc::Rc};

use crate::config::{
    file::FileIdentity,
    language::{definitions::Value, include::Checks, sequence::Numbers},
    source::{FileId, Origin, Traced},
};

/// Where lines come from.
#[derive(Debug)]
pub(super) enum Feed {
    /// A file.
    File(OpenFile),
    /// The lines of a definition after the first.
    Lines { lines: Rc<[Traced]>, next: usize },
    /// What follows a brace on its line.
    Rest(Traced),
    /// `~SEQ` or `~LST`.
    List(List),
}

/// A file that is being read.
#[derive(Debug)]
pub(super) struct OpenFile {
    pub(super) file: FileId,
    /// Where its next line starts.
    pub(super) at: usize,
    /// Where it lies; empty for the directory that the process runs in.
    pub(super) directory: PathBuf,
    /// What goes for the files that it includes.
    pub(super) checks: Checks,
    /// Which file that is, unless the text comes from elsewhere.
    pub(super) identity: Option<FileIdentity>,
}

/// The rest of a line that comes again for every value of its names.
#[derive(Debug)]
pub(super) struct List {
    pub(super) rounds: Rounds,
    pub(super) rest: Traced,
}

#[derive(Debug)]
pub(super) enum Rounds {
    Numbers { name: String, numbers: Numbers, written: Origin },
    Values { names: Vec<String>, rounds: std::vec::IntoIter<Vec<Traced>> },
}

impl Iterator for Rounds {
    type Item = Vec<(String, Traced)>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Numbers { name, numbers, written } => {
                let number = Traced::of(&numbers.next()?, *written);
                Some(vec![(name.clone(), number)])
            }
            Self::Values { names, rounds } => {
                Some(names.iter().cloned().zip(rounds.next()?).collect())
            }
        }
    }
}

/// A definition, line by line.
#[derive(Debug)]
pub(super) struct Collected {
    pub(super) name: String,
    pub(super) lines: Vec<Traced>,
}

impl Collected {
    /// Adds a line; empty ones do not count.
    pub(super) fn add(&mut self, line: Traced) {
        if !line.is_empty() {
            self.lines.push(line);
        }
    }

    pub(super) fn finish(mut self) -> (String, Value) {
        let value = if self.lines.len() > 1 {
            Value::Lines(self.lines.into())
        } else {
            Value::Text(Rc::new(self.lines.pop().unwrap_or_default()))
        };
        (self.name, value)
    }
}
