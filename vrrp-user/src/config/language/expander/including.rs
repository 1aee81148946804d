//! `include`.

use std::{fs, path::Path};

use super::{
    super::{
        MainFile,
        include::{Checks, Directive, Lack, find},
        line::Code,
    },
    Expander, MAX_FILES, MAX_INCLUDES,
    feed::{Feed, OpenFile},
};
use crate::config::{
    Code as DiagnosticCode, Diagnostic, Span,
    diagnostics::quoted,
    file::{Content, MAX_FILE_BYTES, ReadError, read},
    source::{FileId, SourceFile, Traced},
};

impl Expander<'_> {
    /// Starts with the file that was asked for.
    pub(super) fn open_main(&mut self, main: &MainFile<'_>) {
        self.files.push(SourceFile::new(main.name, main.bytes));
        self.size = size(main.bytes);
        let directory = Path::new(main.name).parent().unwrap_or(Path::new(""));
        self.feeds.push(Feed::File(OpenFile {
            file: FileId::MAIN,
            at: 0,
            directory: directory.to_owned(),
            checks: Checks::default(),
            identity: main.identity,
        }));
    }

    fn open_files(&self) -> impl DoubleEndedIterator<Item = &OpenFile> {
        self.feeds.iter().filter_map(|feed| match feed {
            Feed::File(open) => Some(open),
            _ => None,
        })
    }

    /// What goes for the includes of the file that is being read.
    pub(super) fn checks_mut(&mut self) -> Option<&mut Checks> {
        self.feeds.iter_mut().rev().find_map(|feed| match feed {
            Feed::File(open) => Some(&mut open.checks),
            _ => None,
        })
    }

    /// The directory of the file that is being read, from the root.
    pub(super) fn directory_name(&self) -> String {
        let directory = self.open_files().next_back().map(|open| open.directory.as_path());
        let directory = directory.filter(|directory| !directory.as_os_str().is_empty());
        let directory = directory.unwrap_or(Path::new("."));
        let whole = fs::canonicalize(directory);
        whole.as_deref().unwrap_or(directory).display().to_string()
    }

    /// Reads the files that a line names, before what follows it.
    pub(super) fn include(&mut self, directive: Directive, code: Code, line: &Traced) {
        let span = self.comment(line);
        let span = Span::new(span.start + directive.pattern, span.start + code.end);
        let pattern = line.text().get(directive.pattern..code.end).unwrap_or_default();
        let Some((directory, checks)) =
            self.open_files().next_back().map(|open| (open.directory.clone(), open.checks))
        else {
            return;
        };
        if self.open_files().count() > MAX_INCLUDES {
            let what = format!("more than {MAX_INCLUDES} files include one another");
            self.stop(span, &what);
            return;
        }
        let strict = checks.with(directive.checks);
        let found = find(&directory, pattern, MAX_FILES);
        if let Some(lack) = found.lacks {
            self.lacking(lack, pattern, span, strict);
        }
        let mut files = Vec::new();
        for path in &found.paths {
            match self.open(path, checks) {
                Ok(file) => files.push(file),
                Err(problem) => self.unreadable(path, &problem, span, strict),
            }
            if self.stopped {
                return;
            }
        }
        // The last one in comes out first.
        for file in files.into_iter().rev() {
            self.feed(Feed::File(file));
        }
    }

    fn open(&mut self, path: &Path, checks: Checks) -> Result<OpenFile, Unreadable> {
        let Content { bytes, identity, executable } = read(path)?;
        // keepalived takes them for scripts that lie beside.
        if executable {
            return Err(Unreadable::Executable);
        }
        if self.open_files().any(|open| open.identity == Some(identity)) {
            return Err(Unreadable::Cycle);
        }
        self.size = self.size.saturating_add(size(&bytes));
        let number = FileId::after(self.files.len()).filter(|_| self.files.len() < MAX_FILES);
        let Some(file) = number.filter(|_| self.size <= MAX_FILE_BYTES) else {
            return Err(Unreadable::TooMany);
        };
        self.files.push(SourceFile::new(&path.display().to_string(), &bytes));
        let directory = path.parent().unwrap_or(Path::new("")).to_owned();
        Ok(OpenFile { file, at: 0, directory, checks, identity: Some(identity) })
    }

    fn lacking(&mut self, lack: Lack, pattern: &str, span: Span, strict: Checks) {
        let (check, what) = match lack {
            Lack::File => (Checks::MATCH, "there is no such file"),
            Lack::Wildcard => (Checks::WILDCARD, "no file matches this"),
            Lack::Brace => (Checks::BRACE, "there is no file for some of these names"),
            Lack::Sense => (Checks::READABLE, "this stands for no file, or for too many"),
        };
        let strict = strict.has(check);
        // An empty directory of files that need not be there is how such a line is meant.
        if lack == Lack::Wildcard && !strict {
            return;
        }
        // keepalived does not start then.
        let diagnostic = if strict {
            Diagnostic::fatal(DiagnosticCode::Include, span, what)
        } else {
            Diagnostic::warning(DiagnosticCode::Include, span, what)
        };
        let help = if pattern.contains(['"', '\'']) {
            "write the name without quotes: they count as a part of it"
        } else if pattern.ends_with('}') && !pattern.contains('{') {
            "put the `}` on a line of its own: it counts as a part of the name"
        } else {
            "names are relative to the directory of this file"
        };
        self.sink.push(diagnostic.label("nothing is included for it").help(help));
    }

    fn unreadable(&mut self, path: &Path, problem: &Unreadable, span: Span, strict: Checks) {
        let path = quoted(&path.display().to_string());
        let (what, fatal) = match problem {
            Unreadable::Executable => {
                (format!("{path} is executable, and so no configuration"), false)
            }
            Unreadable::Cycle => (format!("{path} includes itself"), true),
            Unreadable::TooMany => {
                let most = MAX_FILE_BYTES / 1024 / 1024;
                (format!("with {path} it is more than {MAX_FILES} files or {most} MiB"), true)
            }
            Unreadable::Failed(ReadError::NotAFile { kind, .. }) => {
                (format!("{path} is {kind}, not a file"), false)
            }
            Unreadable::Failed(ReadError::Io { source, .. }) => {
                (format!("{path} cannot be read: {source}"), false)
            }
            Unreadable::Failed(
                error @ (ReadError::NotFound { .. } | ReadError::TooLarge { .. }),
            ) => (error.to_string(), false),
        };
        let diagnostic = if fatal || strict.has(Checks::READABLE) {
            Diagnostic::fatal(DiagnosticCode::Include, span, what)
        } else {
            Diagnostic::warning(DiagnosticCode::Include, span, what)
        };
        self.sink.push(diagnostic.label("not included"));
    }
}

/// Why a file is not included.
#[derive(Debug)]
enum Unreadable {
    Failed(ReadError),
    Executable,
    /// It is being read already.
    Cycle,
    /// There are too many files, or too much in them.
    TooMany,
}

impl From<ReadError> for Unreadable {
    fn from(error: ReadError) -> Self {
        Self::Failed(error)
    }
}

fn size(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}
