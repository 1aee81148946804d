//! What surprises people about a file that is right: notes, which are shown to those who ask, and
//! what keepalived would read otherwise because of its place, which is a warning.
//!
//! All of it goes by the tree, and needs nothing of the configuration that comes of it.

mod election;
mod letters;
mod order;
mod tracking;

use super::{Code, Diagnostic, diagnostics::Sink, lexer::Word, parser::Statement};

/// Notes are cut off here; a file that has so many says the same over and over.
const MOST_NOTES: usize = 100;

/// Hands back the notes; warnings go to `sink`.
pub(crate) fn check(tree: &[Statement<'_>], sink: &mut Sink) -> Vec<Diagnostic> {
    order::check(tree, sink);
    letters::check(tree, sink);
    let mut notes = Vec::new();
    for section in tree {
        match &*section.keyword.text {
            "vrrp_instance" => {
                election::check(section, &mut notes);
                tracking::check(section, tree, &mut notes);
            }
            "vrrp_sync_group" => tracking::check(section, tree, &mut notes),
            _ => {}
        }
    }
    notes.extend(refresh(tree));
    notes.extend(tracking::script_user(tree));
    notes.sort_by_key(|note| (note.span.start, note.span.end));
    notes.truncate(MOST_NOTES);
    notes
}

/// keepalived announces at a take-over and 5 s later, and never again.
fn refresh(tree: &[Statement<'_>]) -> Option<Diagnostic> {
    if last(globals(tree), "vrrp_garp_master_refresh").is_some() {
        return None;
    }
    let silent = |section: &&Statement<'_>| last(inside(section), "garp_master_refresh").is_none();
    let section = sections(tree, "vrrp_instance").find(silent)?;
    let note = Diagnostic::surprise(
        Code::GarpRefresh,
        name_of(section).span,
        "gratuitous ARP is repeated every 60 seconds, where keepalived never repeats it",
    );
    Some(
        note.help("write `garp_master_refresh 60` for the same on all nodes, or 0 for never")
            .note("a client or switch that missed both sets after a take-over stays lost without"),
    )
}

/// The statements in the block of one; none if it has no block.
fn inside<'t, 's>(
    statement: &'t Statement<'s>,
) -> impl DoubleEndedIterator<Item = &'t Statement<'s>> {
    statement.block.iter().flatten()
}

/// The sections of that keyword.
fn sections<'t, 's>(
    tree: &'t [Statement<'s>],
    keyword: &'static str,
) -> impl Iterator<Item = &'t Statement<'s>> {
    tree.iter().filter(move |section| section.keyword.text == keyword)
}

/// What stands in `global_defs`.
fn globals<'t, 's>(
    tree: &'t [Statement<'s>],
) -> impl DoubleEndedIterator<Item = &'t Statement<'s>> {
    tree.iter().filter(|section| section.keyword.text == "global_defs").flat_map(inside)
}

/// The statement of that keyword that counts.
fn last<'t, 's: 't>(
    statements: impl DoubleEndedIterator<Item = &'t Statement<'s>>,
    keyword: &str,
) -> Option<&'t Statement<'s>> {
    statements.rev().find(|statement| statement.keyword.text == keyword)
}

/// The first word after the keyword.
fn value<'t>(statement: &'t Statement<'_>) -> Option<&'t str> {
    statement.words.first().map(|word| &*word.text)
}

/// The word to point at for all of a section.
fn name_of<'t, 's>(section: &'t Statement<'s>) -> &'t Word<'s> {
    section.words.first().unwrap_or(&section.keyword)
}

#[cfg(test)]
mod tests;
