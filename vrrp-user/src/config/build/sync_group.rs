//! `vrrp_sync_group`. Its members may stand before or after it in the file.

use std::collections::{HashMap, HashSet};

use super::{Builder, notify::NotifyDraft, settle::Settled, track::TrackLine};
use crate::config::{
    Code, Diagnostic, Span,
    diagnostics::quoted,
    keywords::{self, Context, Standing},
    lexer::Word,
    model::SyncGroup,
    parser::Statement,
};

/// A group, and what its members track because of it.
pub(super) struct SettledGroup {
    pub(super) group: SyncGroup,
    pub(super) tracks: Vec<TrackLine>,
    /// `sync_group_tracking_weight`: the members' own weights count.
    pub(super) tracks_weights: bool,
}

/// A group, and where it stands.
struct Draft<'t> {
    name: &'t str,
    span: Span,
    /// The words of `group`.
    members: Vec<(&'t str, Span)>,
    notify: NotifyDraft,
    tracks: Vec<TrackLine>,
    tracks_weights: bool,
}

impl Builder<'_> {
    /// All groups of the file that have a member.
    pub(super) fn sync_groups(
        &mut self,
        tree: &[Statement<'_>],
        instances: &mut [Settled],
    ) -> Vec<SettledGroup> {
        let declared: HashSet<&str> = tree
            .iter()
            .filter(|statement| statement.keyword.text == "vrrp_instance")
            .filter_map(|statement| statement.words.first())
            .map(|name| &*name.text)
            .collect();
        let mut names = HashMap::new();
        let mut members = HashMap::new();
        let mut groups = Vec::new();
        for statement in tree.iter().filter(|it| it.keyword.text == "vrrp_sync_group") {
            let Some(mut draft) = self.sync_group(statement) else {
                continue;
            };
            if let Some(first) = names.insert(draft.name, draft.span) {
                names.insert(draft.name, first);
                self.second_group(&draft, first);
                continue;
            }
            draft.members.retain(|&(member, span)| {
                if !declared.contains(member) {
                    self.unknown_member(member, span, &declared);
                    return false;
                }
                let other = *members.entry(member).or_insert((draft.name, span));
                if other.1 != span {
                    self.member_elsewhere(member, span, other);
                }
                other.1 == span
            });
            self.settle_group_of(&draft, instances);
            if !draft.members.is_empty() {
                follow(&draft, instances);
                let members = draft.members.iter().map(|(name, _)| (*name).to_owned()).collect();
                groups.push(SettledGroup {
                    group: SyncGroup {
                        name: draft.name.to_owned(),
                        members,
                        notify: draft.notify.settle(None),
                    },
                    tracks: draft.tracks,
                    tracks_weights: draft.tracks_weights,
                });
            }
        }
        groups
    }

    fn sync_group<'t>(&mut self, statement: &'t Statement<'_>) -> Option<Draft<'t>> {
        let block = self.block(statement)?;
        self.no_more_words(statement, 1);
        let mut members = None;
        let mut notify = NotifyDraft::default();
        let (mut tracks, mut tracks_weights) = (Vec::new(), false);
        for inner in block {
            if keywords::lookup(Context::SyncGroup, &inner.keyword.text)
                == Some(Standing::Supported)
                && notify.read(inner, self)
            {
                continue;
            }
            match &*inner.keyword.text {
                "group" => {}
                "sync_group_tracking_weight" | "global_tracking" => {
                    self.bare(inner);
                    tracks_weights = true;
                    continue;
                }
                _ => {
                    if !self.track_block(inner, &mut tracks) {
                        self.not_done(Context::SyncGroup, inner);
                    }
                    continue;
                }
            }
            self.no_more_words(inner, 0);
            let lines = self.block(inner).unwrap_or_default();
            if members.is_some() {
                self.sink.push(
                    sync_group(inner.keyword.span, "this sync group has its members already")
                        .label("ignored")
                        .help("put all of them into one `group { … }`")
                        .note("keepalived ignores it too"),
                );
                continue;
            }
            members = Some(lines.iter().flat_map(words).collect());
            for line in lines {
                self.no_block(line);
            }
        }
        let Some(name) = statement.words.first() else {
            self.sink.push(
                sync_group(statement.keyword.span, "this sync group has no name")
                    .label("skipped")
                    .help("write `vrrp_sync_group NAME { … }`")
                    .note("keepalived skips it too: its instances change state independently"),
            );
            return None;
        };
        Some(Draft {
            name: &name.text,
            span: name.span,
            members: members.unwrap_or_default(),
            notify,
            tracks,
            tracks_weights,
        })
    }

    fn second_group(&mut self, draft: &Draft<'_>, first: Span) {
        let line = self.line(first);
        self.sink.push(
            sync_group(draft.span, format!("there are two sync groups {}", quoted(draft.name)))
                .label("skipped")
                .help("give every sync group its own name")
                .note(format!("the first is on line {line}; keepalived skips this one too")),
        );
    }

    fn unknown_member(&mut self, member: &str, span: Span, declared: &HashSet<&str>) {
        let mut candidates: Vec<&str> = declared.iter().copied().collect();
        candidates.sort_unstable();
        let help = match super::super::suggest::nearest(member, candidates.into_iter()) {
            Some(near) => format!("did you mean {}?", quoted(near)),
            None => "write the name of a `vrrp_instance` of this file".to_owned(),
        };
        self.sink.push(
            sync_group(span, format!("there is no instance {}", quoted(member)))
                .label("ignored")
                .help(help)
                .note("keepalived ignores it too"),
        );
    }

    fn member_elsewhere(&mut self, member: &str, span: Span, other: (&str, Span)) {
        let line = self.line(other.1);
        let message =
            format!("instance {} is in sync group {} already", quoted(member), quoted(other.0));
        self.sink.push(
            sync_group(span, message)
                .label("ignored")
                .help("name every instance once: make one group of groups that share one")
                .note(format!("on line {line}; keepalived ignores it here too")),
        );
    }

    /// What its members mean together.
    fn settle_group_of(&mut self, draft: &Draft<'_>, instances: &[Settled]) {
        let name = quoted(draft.name);
        match draft.members.as_slice() {
            [] => self.sink.push(
                sync_group(draft.span, format!("sync group {name} has no member"))
                    .label("skipped")
                    .help("name instances of this file: `group { A B }`")
                    .note("keepalived removes it too"),
            ),
            [_] => self.sink.push(
                Diagnostic::warning(
                    Code::SyncGroup,
                    draft.span,
                    format!("sync group {name} has one member"),
                )
                .help("name the instances that are to be master together, or remove it"),
            ),
            members => {
                let owner = |name: &str| {
                    let found = instances.iter().find(|settled| settled.instance.name == name);
                    found.map(|settled| settled.instance.priority.is_owner())
                };
                let owners: HashSet<bool> =
                    members.iter().filter_map(|(member, _)| owner(member)).collect();
                if owners.len() > 1 {
                    let message =
                        format!("sync group {name} has members with priority 255 and others");
                    self.sink.push(
                        sync_group(draft.span, message)
                            .help("write 255 in all of them, or in none")
                            .note(
                                "the one with 255 is master whenever it is up and the others are \
                                 not: the group will not come to rest",
                            ),
                    );
                }
            }
        }
    }
}

/// What the group says about changes of priority goes for members that say nothing.
fn follow(draft: &Draft<'_>, instances: &mut [Settled]) {
    let Some(wanted) = draft.notify.priority_changes() else { return };
    for settled in instances.iter_mut().filter(|settled| settled.priority_changes.is_none()) {
        if draft.members.iter().any(|(member, _)| *member == settled.instance.name) {
            settled.instance.notify.priority_changes = wanted;
        }
    }
}

fn sync_group(span: Span, message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(Code::SyncGroup, span, message)
}

/// All words of a line.
fn words<'t>(line: &'t Statement<'_>) -> impl Iterator<Item = (&'t str, Span)> {
    std::iter::once(&line.keyword)
        .chain(&line.words)
        .map(|word: &Word<'_>| (&*word.text, word.span))
}
