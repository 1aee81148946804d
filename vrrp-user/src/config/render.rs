//! Diagnostics as text in rustc's manner, and as JSON.

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet, Title};
use serde::Serialize;

use super::{
    Diagnostic, Loaded, Severity, Source,
    source::{FileSpan, Located},
};

/// Lines with more bytes are not shown: the renderer goes through all of a line for each of its
/// diagnostics, and may run between two adverts.
const LONGEST_LINE: usize = 4096;

/// Everything that is wrong with a configuration, for `--json`.
#[derive(Clone, Debug, Serialize)]
pub struct JsonReport {
    /// The name of the file that was asked for, as it was given.
    pub file: String,
    /// Whether the daemon would run with it.
    pub usable: bool,
    /// What is wrong, in the order of the file.
    pub diagnostics: Vec<JsonDiagnostic>,
    /// How many more there are.
    pub suppressed: usize,
    /// What is right and may surprise, in the order of the file.
    pub notes: Vec<JsonDiagnostic>,
}

/// One diagnostic.
#[derive(Clone, Debug, Serialize)]
pub struct JsonDiagnostic {
    /// The stable name of its kind, such as `unknown-keyword`.
    pub code: &'static str,
    /// `error`, `warning` or `note`.
    pub severity: &'static str,
    /// Whether the file cannot be used because of it.
    pub fatal: bool,
    /// What is wrong.
    pub message: String,
    /// Where. What comes from a definition is where that is used.
    #[serde(flatten)]
    pub at: JsonPlace,
    /// Where in a definition it stands, if it comes from one.
    pub defined: Option<JsonPlace>,
    /// What to write instead.
    pub help: Option<String>,
    /// What happens as it is, or why.
    pub note: Option<String>,
}

/// A stretch of a file. Lines and columns start at 1, columns count characters, and the end is
/// exclusive.
#[derive(Clone, Debug, Serialize)]
pub struct JsonPlace {
    /// The file.
    pub file: String,
    /// Where it starts.
    pub line: usize,
    /// Where it starts.
    pub column: usize,
    /// Where it ends.
    pub end_line: usize,
    /// The column after its last character.
    pub end_column: usize,
}

impl Loaded {
    /// All diagnostics as text, each with the line it is about; empty if there are none. With
    /// `colour`, in the escape sequences of a terminal.
    #[must_use]
    pub fn render(&self, colour: bool) -> String {
        let mut text = self.render_all(&self.diagnostics, colour);
        if self.suppressed > 0 {
            text = format!("{text}… and {} more\n", self.suppressed);
        }
        text
    }

    /// The notes in the same manner.
    #[must_use]
    pub fn render_notes(&self, colour: bool) -> String {
        self.render_all(&self.notes, colour)
    }

    fn render_all(&self, diagnostics: &[Diagnostic], colour: bool) -> String {
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        let mut text = String::new();
        for diagnostic in diagnostics {
            text.push_str(&one(diagnostic, &self.source, &renderer));
            text.push_str("\n\n");
        }
        text
    }

    /// All diagnostics for a program to read.
    #[must_use]
    pub fn to_json(&self) -> JsonReport {
        JsonReport {
            file: self.source.name().to_owned(),
            usable: self.is_usable(),
            diagnostics: self.diagnostics.iter().map(|one| json(one, &self.source)).collect(),
            suppressed: self.suppressed,
            notes: self.notes.iter().map(|one| json(one, &self.source)).collect(),
        }
    }
}

fn one(diagnostic: &Diagnostic, source: &Source, renderer: &Renderer) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let title = level.primary_title(diagnostic.message.as_str()).id(diagnostic.code.as_str());
    let Located { at, defined } = source.locate(diagnostic.span);
    let mut group = shown(title, at, source, diagnostic.label.as_deref());
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    if let Some(note) = &diagnostic.note {
        group = group.element(Level::NOTE.message(note.as_str()));
    }
    let mut groups = vec![group];
    if let Some(at) = defined {
        let title = Level::NOTE.secondary_title("it comes from this definition");
        groups.push(shown(title, at, source, None));
    }
    renderer.render(&groups)
}

/// A title, and the line it is about.
fn shown<'s>(
    title: Title<'s>,
    at: FileSpan,
    source: &'s Source,
    label: Option<&'s str>,
) -> Group<'s> {
    let file = source.file(at.file);
    let position = file.position(at.span.start);
    // The renderer gets one line, not the file, for the reason above.
    let (start, line) = file.line_at(at.span.start);
    if line.len() > LONGEST_LINE {
        let origin = Origin::path(file.name()).line(position.line).char_column(position.column);
        return title.element(origin);
    }
    let from = at.span.start.saturating_sub(start).min(line.len());
    let to = at.span.end.saturating_sub(start).clamp(from, line.len());
    let annotation = AnnotationKind::Primary.span(from..to).label(label);
    title.element(
        Snippet::source(line).line_start(position.line).path(file.name()).annotation(annotation),
    )
}

fn json(diagnostic: &Diagnostic, source: &Source) -> JsonDiagnostic {
    let Located { at, defined } = source.locate(diagnostic.span);
    JsonDiagnostic {
        code: diagnostic.code.as_str(),
        severity: diagnostic.severity.as_str(),
        fatal: diagnostic.fatal,
        message: diagnostic.message.clone(),
        at: place(at, source),
        defined: defined.map(|at| place(at, source)),
        help: diagnostic.help.clone(),
        note: diagnostic.note.clone(),
    }
}

fn place(at: FileSpan, source: &Source) -> JsonPlace {
    let file = source.file(at.file);
    let (start, end) = (file.position(at.span.start), file.position(at.span.end));
    JsonPlace {
        file: file.name().to_owned(),
        line: start.line,
        column: start.column,
        end_line: end.line,
        end_column: end.column,
    }
}

#[cfg(test)]
mod tests;
