//! `global_defs`. Its values go for every instance, wherever in the file the block stands;
//! keepalived wants it first.

use std::{
    collections::HashMap,
    net::{Ipv4Addr, Ipv6Addr},
    path::PathBuf,
};

use super::{
    Builder, garp::GarpDraft, manners::MannersDraft, notify::ScriptsDraft, numbers::integer,
    pacing::PausesDraft, process::ProcessDraft, starting::read_start_delay,
};
use crate::{
    config::{
        Code, Diagnostic, Span,
        diagnostics::quoted,
        keywords::Context,
        model::{StartDelay, dumps::Dumps},
        parser::Statement,
    },
    protocol::Version,
};

/// What `global_defs` says about every instance.
#[derive(Clone, Debug, Default)]
pub(super) struct Globals {
    pub(super) router_id: Option<String>,
    pub(super) version: Option<Version>,
    pub(super) garp: GarpDraft,
    pub(super) strict: bool,
    pub(super) group_v4: Option<Ipv4Addr>,
    pub(super) group_v6: Option<Ipv6Addr>,
    pub(super) check_unicast_source: bool,
    /// `v3_checksum_as_v2`
    pub(super) checksum_as_v2: bool,
    pub(super) down_adverts: Option<(u8, Span)>,
    pub(super) default_interface: Option<String>,
    pub(super) process: ProcessDraft,
    pub(super) scripts: ScriptsDraft,
    pub(super) manners: MannersDraft,
    pub(super) pauses: PausesDraft,
    pub(super) start: StartDelay,
    /// Where it stands.
    pub(super) log_unknown_vrids: Option<Span>,
    pub(super) reload_file: Option<PathBuf>,
    pub(super) dumps: Dumps,
}

impl Builder<'_> {
    /// Reads all blocks of that name.
    pub(super) fn globals(&mut self, tree: &[Statement<'_>]) -> Globals {
        let mut globals = Globals::default();
        let mut seen = HashMap::new();
        for statement in tree.iter().filter(|statement| statement.keyword.text == "global_defs") {
            self.no_more_words(statement, 0);
            for inner in self.block(statement).unwrap_or_default() {
                self.once(Context::Global, &mut seen, inner);
                self.global(inner, &mut globals);
            }
        }
        globals.garp.check_globals(self);
        globals
    }

    fn global(&mut self, statement: &Statement<'_>, globals: &mut Globals) {
        match &*statement.keyword.text {
            "router_id" => {
                if let Some(word) = self.one_word(statement, "a name") {
                    globals.router_id = Some(word.text.clone().into_owned());
                }
            }
            "vrrp_version" => globals.version = self.version(statement).or(globals.version),
            "default_interface" => {
                if let Some(word) = self.one_word(statement, "the name of an interface") {
                    globals.default_interface = self.interface_name(word);
                }
            }
            "vrrp_strict" => {
                globals.strict = self.switch(statement);
                self.strict_is_partial(statement, globals.strict);
            }
            "vrrp_mcast_group4" => {
                globals.group_v4 = self.group_v4(statement).or(globals.group_v4);
            }
            "vrrp_mcast_group6" => {
                globals.group_v6 = self.group_v6(statement).or(globals.group_v6);
            }
            "vrrp_check_unicast_src" => {
                globals.check_unicast_source = self.switch(statement);
            }
            "v3_checksum_as_v2" => globals.checksum_as_v2 = self.switch(statement),
            "vrrp_down_timer_adverts" => {
                globals.down_adverts = self.down_adverts(statement).or(globals.down_adverts);
            }
            "vrrp_min_garp" => globals.garp.minimal = self.switch(statement),
            "log_unknown_vrids" => {
                self.bare(statement);
                globals.log_unknown_vrids = Some(statement.span());
            }
            "dynamic_interfaces" => self.dynamic_interfaces(statement),
            "reload_file" => globals.reload_file = self.reload_file(statement),
            // What happens anyway: an address list that differs discards no advert, and a file is
            // checked before it is used.
            "vrrp_skip_check_adv_addr" => {
                self.switch(statement);
            }
            "reload_check_config" => {
                self.optional_word(statement);
            }
            keyword => {
                let bare = keyword.strip_prefix("vrrp_").unwrap_or_default();
                if !globals.garp.read(bare, statement, self)
                    && !globals.manners.read(bare, statement, self)
                    && !globals.pauses.read(bare, statement, self)
                    && !read_start_delay(&mut globals.start, statement, self)
                    && !globals.process.read(statement, self)
                    && !globals.scripts.read(statement, self)
                    && !self.dumps(statement, &mut globals.dumps)
                {
                    self.not_done(Context::Global, statement);
                }
            }
        }
    }

    /// An interface may always appear later, or come back as another.
    fn dynamic_interfaces(&mut self, statement: &Statement<'_>) {
        let word = self.optional_word(statement);
        if let Some(word) = word.filter(|word| word.text != "allow_if_changes") {
            self.sink.push(
                Diagnostic::error(
                    Code::BadValue,
                    word.span,
                    format!("{} is no option of `dynamic_interfaces`", quoted(&word.text)),
                )
                .label("ignored")
                .help("write `allow_if_changes`, or nothing"),
            );
        }
    }

    /// 2 or 3.
    pub(super) fn version(&mut self, statement: &Statement<'_>) -> Option<Version> {
        let word = self.one_word(statement, "2 or 3")?;
        match integer(&word.text, &(2..=3)) {
            Ok(2) => Some(Version::V2),
            Ok(_) => Some(Version::V3),
            Err(error) => {
                self.bad_number(word, error, "2 to 3", "the line is ignored");
                None
            }
        }
    }
}
