//! Diagnostics as text in rustc's manner, and as JSON.

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use serde::Serialize;

use super::{Diagnostic, Loaded, Severity, Source};

/// Lines with more bytes are not shown: the renderer goes through all of a line for each of its
/// diagnostics, and may run between two adverts.
const LONGEST_LINE: usize = 4096;

/// Everything that is wrong with a file, for `--json`.
#[derive(Clone, Debug, Serialize)]
pub struct JsonReport {
    /// The file's name as it was given.
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

/// One diagnostic. Lines and columns start at 1, columns count characters, and the end is
/// exclusive.
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
    /// What to write instead.
    pub help: Option<String>,
    /// What happens as it is, or why.
    pub note: Option<String>,
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
    let at = source.position(diagnostic.span.start);
    // The renderer gets one line, not the file, for the reason above.
    let (start, line) = source.line_at(diagnostic.span.start);
    let mut group: Group<'_> = if line.len() > LONGEST_LINE {
        title.element(Origin::path(source.name()).line(at.line).char_column(at.column))
    } else {
        let from = diagnostic.span.start.saturating_sub(start).min(line.len());
        let to = diagnostic.span.end.saturating_sub(start).clamp(from, line.len());
        let annotation = AnnotationKind::Primary.span(from..to).label(diagnostic.label.as_deref());
        title.element(
            Snippet::source(line).line_start(at.line).path(source.name()).annotation(annotation),
        )
    };
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    if let Some(note) = &diagnostic.note {
        group = group.element(Level::NOTE.message(note.as_str()));
    }
    renderer.render(&[group])
}

fn json(diagnostic: &Diagnostic, source: &Source) -> JsonDiagnostic {
    let start = source.position(diagnostic.span.start);
    let end = source.position(diagnostic.span.end);
    JsonDiagnostic {
        code: diagnostic.code.as_str(),
        severity: diagnostic.severity.as_str(),
        fatal: diagnostic.fatal,
        message: diagnostic.message.clone(),
        file: source.name().to_owned(),
        line: start.line,
        column: start.column,
        end_line: end.line,
        end_column: end.column,
        help: diagnostic.help.clone(),
        note: diagnostic.note.clone(),
    }
}

#[cfg(test)]
mod tests;
