//! The tree to the typed model: one file per block.

mod addresses;
mod advertised;
mod authentication;
mod check;
mod command;
mod dumps;
mod family;
mod garp;
mod globals;
mod hmac;
mod hmac_key;
mod instance;
mod manners;
mod notify;
mod numbers;
mod pacing;
mod probe;
mod process;
mod reload_file;
mod routing;
mod settle;
mod starting;
mod statements;
mod statics;
mod strict;
mod sync_group;
mod timing;
mod track;
mod track_process;
mod tracked;
mod trackers;
mod transport;
mod unicast;
mod unique;
mod virtual_mac;

use self::{routing::Preferences, statics::StaticsDraft};
use super::{
    Code, Diagnostic, Source, Span,
    diagnostics::Sink,
    keywords::{Context, is_no, is_yes},
    lexer::Word,
    model::{Config, tracking::Weight},
    parser::Statement,
};

/// Makes the configuration of a tree; `None` if anything fatal was found.
pub(crate) fn build(tree: &[Statement<'_>], source: &Source, sink: &mut Sink) -> Option<Config> {
    let mut builder = Builder { source, sink, preferences: Preferences::default() };
    let mut globals = builder.globals(tree);
    let process = std::mem::take(&mut globals.process).settle(&mut builder);
    let (scripts, fifos) = globals.scripts.clone().settle(&mut builder);
    let checks = builder.checks(tree);
    let mut drafts = Vec::new();
    let mut statics = StaticsDraft::default();
    for statement in tree {
        match &*statement.keyword.text {
            "global_defs"
            | "vrrp_sync_group"
            | "vrrp_script"
            | "garp_group"
            | "interface_up_down_delays"
            | "track_file"
            | "vrrp_track_file"
            | "vrrp_track_process"
            | "track_process"
            | "bfd_instance"
            | "track_group" => {}
            "vrrp_instance" => drafts.extend(builder.instance(statement, &globals)),
            "instance" => globals.dumps.instance = builder.instance_name(statement),
            _ if builder.static_block(statement, &globals, &mut statics) => {}
            _ => builder.not_done(Context::Root, statement),
        }
    }
    let any = tree.iter().any(|statement| statement.keyword.text == "vrrp_instance");
    if !any {
        builder.sink.push(
            Diagnostic::fatal(
                Code::NoInstance,
                Span::default(),
                "there is no `vrrp_instance`: this configures nothing",
            )
            .help("add `vrrp_instance NAME { … }`"),
        );
    }
    unique::check(&drafts, &mut builder);
    let sync_groups = builder.sync_groups(tree, &mut drafts);
    let definitions = builder.trackers(tree, &checks);
    builder.settle_tracks(&mut drafts, &sync_groups, &definitions);
    builder.track_groups(tree, &statics, &mut drafts);
    let pacing = builder.pacing(tree, globals.pauses);
    let link_delays = builder.link_delays(tree, &drafts);
    (!sink.is_fatal()).then(|| Config {
        router_id: globals.router_id,
        process,
        dumps: globals.dumps,
        instances: drafts.into_iter().map(|settled| settled.instance).collect(),
        sync_groups: sync_groups.into_iter().map(|settled| settled.group).collect(),
        checks,
        scripts,
        fifos,
        pacing,
        start: globals.start,
        link_delays,
        log_unknown_vrids: globals.log_unknown_vrids.is_some(),
        reload_file: globals.reload_file,
        trackers: definitions.trackers,
        statics: statics.statics,
    })
}

/// Carries the source and the diagnostics through the build.
struct Builder<'a> {
    source: &'a Source,
    sink: &'a mut Sink,
    preferences: Preferences,
}

impl Builder<'_> {
    /// The line's number, and its file if there are several.
    fn line(&self, span: Span) -> String {
        let line = self.source.position(span.start).line;
        if self.source.file_count() > 1 {
            format!("{line} of {}", self.source.file_name(span.start))
        } else {
            line.to_string()
        }
    }

    /// A switch: on without a word, or with one of `on`, `true`, `yes`.
    fn switch(&mut self, statement: &Statement<'_>) -> bool {
        let Some(word) = self.optional_word(statement) else {
            return true;
        };
        if is_yes(&word.text) || is_no(&word.text) {
            return is_yes(&word.text);
        }
        self.sink.push(
            Diagnostic::error(
                Code::BadValue,
                word.span,
                format!("{} is neither yes nor no", super::diagnostics::quoted(&word.text)),
            )
            .help("write `on` or `off`, in lower case")
            .note("it is taken for `on`"),
        );
        true
    }

    /// The one word of a statement.
    fn one_word<'t, 's>(
        &mut self,
        statement: &'t Statement<'s>,
        what: &str,
    ) -> Option<&'t Word<'s>> {
        let word = self.optional_word(statement);
        if word.is_none() {
            self.missing_argument(statement, what);
        }
        word
    }
}

#[cfg(test)]
mod tests;
