//! Which parts of the files must not be shown.

use std::collections::{HashMap, HashSet};

use super::{SourceFile, Span, Traced};
use crate::config::secrets;

/// What looks like a secret in each of the files, what became one in the text, and the values of
/// definitions that are named where a secret stands, used or not. In order, without overlaps.
pub(super) fn in_files(files: &[SourceFile], text: &Traced, secrets: &[Span]) -> Vec<Vec<Span>> {
    let mut hidden: Vec<Vec<Span>> = files.iter().map(|file| secrets::find(file.text())).collect();
    for secret in secrets {
        for part in text.all_origins(*secret) {
            if let Some(hidden) = hidden.get_mut(part.file.index()) {
                hidden.push(part.span);
            }
        }
    }
    hide_definitions(files, &mut hidden);
    hidden.into_iter().map(merged).collect()
}

/// Adds the values of the definitions that hidden text names, and of those that these name.
fn hide_definitions(files: &[SourceFile], hidden: &mut [Vec<Span>]) {
    let mut values: HashMap<&str, Vec<(usize, Span)>> = HashMap::new();
    for (nth, file) in files.iter().enumerate() {
        for (name, span) in secrets::definitions(file.text()) {
            values.entry(name).or_default().push((nth, span));
        }
    }
    let mut open: Vec<(usize, Span)> = hidden
        .iter()
        .enumerate()
        .flat_map(|(nth, spans)| spans.iter().map(move |span| (nth, *span)))
        .collect();
    open.extend(
        values.iter().filter(|(name, _)| secrets::tells(name)).flat_map(|(_, spans)| spans),
    );
    let mut done = HashSet::new();
    while let Some((nth, span)) = open.pop() {
        let Some(text) = files.get(nth).and_then(|file| file.text().get(span.start..span.end))
        else {
            continue;
        };
        if let Some(hidden) = hidden.get_mut(nth) {
            hidden.push(span);
        }
        for name in secrets::names(text) {
            if done.insert(name) {
                open.extend(values.get(name).into_iter().flatten());
            }
        }
    }
}

/// The same stretches in order, without overlaps.
pub(super) fn merged(mut spans: Vec<Span>) -> Vec<Span> {
    spans.retain(|span| span.start < span.end);
    spans.sort_unstable();
    let mut merged: Vec<Span> = Vec::new();
    for span in spans {
        match merged.last_mut() {
            Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
            _ => merged.push(span),
        }
    }
    merged
}
