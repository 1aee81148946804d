//! `vrrp_instance`: what the block says, before defaults are filled in.

use std::{collections::HashMap, net::IpAddr, time::Duration};

use super::{
    Builder,
    addresses::{Placed, Whose},
    authentication::AuthenticationDraft,
    garp::GarpDraft,
    globals::Globals,
    hmac::HmacDraft,
    manners::MannersDraft,
    notify::NotifyDraft,
    numbers::{integer, seconds},
    settle::Settled,
    track::TrackLine,
    transport::TransportDraft,
    unicast::is_host,
    virtual_mac::VirtualMacDraft,
};
use crate::{
    config::{
        Code, Diagnostic, Span, diagnostics::quoted, keywords::Context, lexer::Word,
        model::Routing, parser::Statement,
    },
    protocol::{Priority, Version, Vrid},
};

/// keepalived's range of `advert_int`; the version narrows it later.
const INTERVALS: std::ops::RangeInclusive<Duration> =
    Duration::from_millis(10)..=Duration::from_secs(255);

/// The kernel's `IFNAMSIZ` less the terminating zero.
const LONGEST_INTERFACE_NAME: usize = 15;

/// What one block says. Of every keyword the last valid one counts.
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the file")]
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub(super) name: String,
    pub(super) name_span: Span,
    pub(super) interface: Given<String>,
    pub(super) vrid: Given<(Vrid, Span)>,
    pub(super) master: Option<Span>,
    pub(super) version: Option<(Version, Span)>,
    pub(super) native_ipv6: bool,
    pub(super) priority: Given<Priority>,
    pub(super) interval: Option<(Duration, Span)>,
    pub(super) authentication: Option<AuthenticationDraft>,
    pub(super) hmac: Option<HmacDraft>,
    pub(super) no_preempt: Option<Span>,
    pub(super) preempt_delay: Option<(Duration, Span)>,
    pub(super) source: Option<(IpAddr, Span)>,
    pub(super) transport: TransportDraft,
    pub(super) virtual_mac: VirtualMacDraft,
    /// `no_virtual_ipaddress`
    pub(super) no_addresses: bool,
    pub(super) addresses: Vec<Placed>,
    pub(super) excluded: Vec<Placed>,
    pub(super) routing: Vec<Routing>,
    pub(super) promote_secondaries: bool,
    pub(super) garp: GarpDraft,
    pub(super) manners: MannersDraft,
    pub(super) strict: Option<bool>,
    pub(super) accept: Option<(bool, Span)>,
    /// `v3_checksum_as_v2`
    pub(super) checksum_as_v2: Option<bool>,
    pub(super) down_adverts: Option<(u8, Span)>,
    pub(super) late_below: Option<(Priority, Span)>,
    pub(super) notify: NotifyDraft,
    pub(super) tracks: Vec<TrackLine>,
    /// `dont_track_primary`
    pub(super) ignores_link: bool,
    /// `track_src_ip`
    pub(super) tracks_source: Option<Span>,
}

/// What a keyword said, told apart from saying it wrongly: only one of the two is missing.
#[derive(Clone, Debug, Default)]
pub(super) enum Given<T> {
    /// The keyword is not there.
    #[default]
    No,
    /// The keyword is there and its value has been complained about.
    Wrong,
    /// The value.
    Yes(T),
}

impl<T> Given<T> {
    /// Takes what a reader returned.
    fn take(&mut self, value: Option<T>) {
        match value {
            Some(value) => *self = Self::Yes(value),
            None if matches!(self, Self::No) => *self = Self::Wrong,
            None => {}
        }
    }
}

impl Builder<'_> {
    /// Reads one block; `None` if it cannot be used, which is reported.
    pub(super) fn instance(
        &mut self,
        statement: &Statement<'_>,
        globals: &Globals,
    ) -> Option<Settled> {
        if statement.words.is_empty() {
            self.missing_argument(statement, "a name");
        }
        self.no_more_words(statement, 1);
        let name = statement.words.first().unwrap_or(&statement.keyword);
        let mut draft = Draft {
            name: name.text.clone().into_owned(),
            name_span: name.span,
            ..Draft::default()
        };
        let mut seen = HashMap::new();
        for inner in self.block(statement)? {
            if !adds_up(&inner.keyword.text) {
                self.once(Context::Instance, &mut seen, inner);
            }
            self.instance_statement(inner, &mut draft);
        }
        self.settle(draft, globals)
    }

    fn instance_statement(&mut self, statement: &Statement<'_>, draft: &mut Draft) {
        match &*statement.keyword.text {
            "state" => self.state(statement, draft),
            "interface" => draft.interface.take(self.interface(statement)),
            "virtual_router_id" => draft.vrid.take(self.vrid(statement)),
            "priority" => draft.priority.take(self.priority(statement)),
            "advert_int" => draft.interval = self.interval(statement).or(draft.interval),
            "version" => {
                let version = self.version(statement);
                draft.version = version.map(|it| (it, statement.span())).or(draft.version);
            }
            "native_ipv6" => {
                self.bare(statement);
                draft.native_ipv6 = true;
            }
            "no_virtual_ipaddress" => {
                self.bare(statement);
                draft.no_addresses = true;
            }
            "authentication" => {
                self.no_more_words(statement, 0);
                let block = self.block(statement).unwrap_or_default();
                let mut authentication = draft.authentication.take().unwrap_or_default();
                authentication.span = statement.keyword.span;
                self.authentication(block, &mut authentication);
                draft.authentication = Some(authentication);
            }
            "auth_hmac" => self.hmac(statement, draft.hmac.get_or_insert_default()),
            "virtual_ipaddress" => {
                self.no_more_words(statement, 0);
                let block = self.block(statement).unwrap_or_default();
                draft.addresses.extend(self.addresses(block, Whose::Router));
            }
            "virtual_ipaddress_excluded" => {
                self.no_more_words(statement, 0);
                let block = self.block(statement).unwrap_or_default();
                draft.excluded.extend(self.addresses(block, Whose::Router));
            }
            "virtual_routes" | "virtual_rules" => {
                self.instance_routing(statement, &mut draft.routing);
            }
            "promote_secondaries" => {
                self.bare(statement);
                draft.promote_secondaries = true;
            }
            "preempt" => draft.no_preempt = None,
            "nopreempt" => draft.no_preempt = Some(statement.keyword.span),
            "preempt_delay" => {
                draft.preempt_delay = self.preempt_delay(statement).or(draft.preempt_delay);
            }
            "mcast_src_ip" => draft.source = self.source_address(statement).or(draft.source),
            "unicast_src_ip" => {
                draft.transport.ask(statement);
                draft.source = self.source_address(statement).or(draft.source);
            }
            "strict_mode" => {
                let on = self.switch(statement);
                self.strict_is_partial(statement, on);
                draft.strict = Some(on);
            }
            "accept" | "no_accept" => {
                self.bare(statement);
                draft.accept = Some((statement.keyword.text == "accept", statement.keyword.span));
            }
            "v3_checksum_as_v2" => draft.checksum_as_v2 = Some(self.switch(statement)),
            "down_timer_adverts" => {
                draft.down_adverts = self.down_adverts(statement).or(draft.down_adverts);
            }
            "timer_expired_backup" | "thread_timer_expired" => {
                draft.late_below = self.late_below(statement).or(draft.late_below);
            }
            // What happens anyway: an address list that differs discards no advert.
            "skip_check_adv_addr" => {
                self.switch(statement);
            }
            "dont_track_primary" => {
                self.bare(statement);
                draft.ignores_link = true;
            }
            "track_src_ip" => {
                self.bare(statement);
                draft.tracks_source = Some(statement.keyword.span);
            }
            keyword => {
                if !self.track_block(statement, &mut draft.tracks)
                    && !draft.garp.read(keyword, statement, self)
                    && !draft.manners.read(keyword, statement, self)
                    && !draft.transport.read(statement, self)
                    && !draft.virtual_mac.read(statement, self)
                    && !draft.notify.read(statement, self)
                {
                    self.not_done(Context::Instance, statement);
                }
            }
        }
    }

    /// keepalived sticks to MASTER once it has read it.
    fn state(&mut self, statement: &Statement<'_>, draft: &mut Draft) {
        let Some(word) = self.one_word(statement, "MASTER or BACKUP") else {
            return;
        };
        match &*word.text {
            "MASTER" => draft.master = Some(statement.span()),
            "BACKUP" => {}
            other => self.sink.push(
                Diagnostic::error(
                    Code::BadValue,
                    word.span,
                    format!("{} is no state", quoted(other)),
                )
                .help("write `MASTER` or `BACKUP`, in upper case")
                .note("it is taken for BACKUP, as keepalived does; the priority decides anyway"),
            ),
        }
    }

    fn interface(&mut self, statement: &Statement<'_>) -> Option<String> {
        let word = self.one_word(statement, "the name of an interface")?;
        self.interface_name(word)
    }

    /// A name that the kernel would take.
    pub(super) fn interface_name(&mut self, word: &Word<'_>) -> Option<String> {
        let name = &*word.text;
        let valid = is_interface_name(name);
        if !valid {
            self.sink.push(
                Diagnostic::fatal(
                    Code::BadInterface,
                    word.span,
                    format!("no interface can be called {}", quoted(name)),
                )
                .help("a name has 1 to 15 bytes, and no `/`, `:` or space"),
            );
        }
        valid.then(|| name.to_owned())
    }

    fn vrid(&mut self, statement: &Statement<'_>) -> Option<(Vrid, Span)> {
        let word = self.one_word(statement, "a number from 1 to 255")?;
        match integer(&word.text, &(1..=255)) {
            Ok(number) => {
                u8::try_from(number).ok().and_then(Vrid::new).map(|vrid| (vrid, statement.span()))
            }
            Err(error) => {
                self.fatal_number(word, error, "1 to 255");
                None
            }
        }
    }

    fn priority(&mut self, statement: &Statement<'_>) -> Option<Priority> {
        let word = self.one_word(statement, "a number from 1 to 255")?;
        match integer(&word.text, &(1..=255)) {
            Ok(number) => u8::try_from(number).ok().map(Priority::new),
            Err(error) => {
                self.bad_number(word, error, "1 to 255", "100 is used, as keepalived does");
                Some(Priority::DEFAULT)
            }
        }
    }

    fn interval(&mut self, statement: &Statement<'_>) -> Option<(Duration, Span)> {
        let word = self.one_word(statement, "a number of seconds")?;
        match seconds(&word.text, &INTERVALS) {
            Ok(interval) => Some((interval, word.span)),
            Err(error) => {
                self.bad_number(
                    word,
                    error,
                    "0.01 to 255 (seconds, without a unit)",
                    "the line is ignored, as keepalived does: without another, 1 second is used",
                );
                None
            }
        }
    }

    fn preempt_delay(&mut self, statement: &Statement<'_>) -> Option<(Duration, Span)> {
        let word = self.one_word(statement, "a number of seconds")?;
        match seconds(&word.text, &(Duration::ZERO..=Duration::from_secs(1000))) {
            Ok(delay) => Some((delay, statement.span())),
            Err(error) => {
                self.bad_number(
                    word,
                    error,
                    "0 to 1000 (seconds, without a unit)",
                    "the line is ignored, as keepalived does",
                );
                None
            }
        }
    }

    fn source_address(&mut self, statement: &Statement<'_>) -> Option<(IpAddr, Span)> {
        let word = self.one_word(statement, "an address")?;
        let address = word.text.parse().ok().filter(|address| is_host(*address));
        if address.is_none() {
            self.sink.push(
                Diagnostic::error(
                    Code::BadAddress,
                    word.span,
                    format!("{} cannot be the source of a packet", quoted(&word.text)),
                )
                .help("write an address of the interface, such as `10.0.0.60`, without a length")
                .note("the interface's primary address is used, over IPv6 its link-local one"),
            );
        }
        address.map(|address| (address, word.span))
    }
}

/// Whether the kernel would take a name (its `dev_valid_name`).
pub(super) fn is_interface_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= LONGEST_INTERFACE_NAME
        && !matches!(name, "." | "..")
        && !name.contains(|c: char| matches!(c, '/' | ':' | '\0') || c.is_ascii_whitespace())
}

/// Whether all blocks of that keyword count, and not only the last.
fn adds_up(keyword: &str) -> bool {
    matches!(
        keyword,
        "virtual_ipaddress"
            | "virtual_ipaddress_excluded"
            | "virtual_routes"
            | "virtual_rules"
            | "unicast_peer"
            | "auth_hmac"
            | "track_interface"
            | "track_script"
            | "track_file"
            | "track_process"
            | "track_bfd"
    )
}
