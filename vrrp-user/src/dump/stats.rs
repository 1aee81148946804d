//! The counters, and `keepalived.stats`.

use std::fmt::{self, Display};

use serde::Serialize;

use super::Report;

/// What keepalived counts for each instance, under its names.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Stats {
    /// Adverts that passed every check.
    pub advert_rcvd: u64,
    /// Adverts sent.
    pub advert_sent: u64,
    /// How often it became master.
    pub become_master: u64,
    /// How often it was master no more.
    pub release_master: u64,
    /// Adverts whose length is wrong.
    pub packet_len_err: u64,
    /// Version 2: adverts with another interval.
    pub advert_interval_err: u64,
    /// Adverts with a wrong TTL or hop limit.
    pub ip_ttl_err: u64,
    /// VRRP packets of another type.
    pub invalid_type_rcvd: u64,
    /// Adverts with another address list; here they count as received too.
    pub addr_list_err: u64,
    /// Adverts with an authentication type that does not exist. Here those are among the next.
    pub invalid_authtype: u64,
    /// Adverts with another authentication type.
    pub authtype_mismatch: u64,
    /// Adverts with another password.
    pub auth_failure: u64,
    /// Of instances with `auth_hmac`.
    #[serde(flatten)]
    pub hmac: Option<HmacStats>,
    /// Resignations heard.
    pub pri_zero_rcvd: u64,
    /// Resignations sent.
    pub pri_zero_sent: u64,
}

/// What keepalived 2.4 counts of `auth_hmac`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
pub struct HmacStats {
    /// Adverts without a trailer.
    pub auth_ext_missing: u64,
    /// With a key that is not known.
    pub auth_ext_unknown_key: u64,
    /// With a wrong one.
    pub auth_ext_invalid_hmac: u64,
    /// Repeated, or too old.
    pub auth_ext_replay: u64,
}

impl Stats {
    /// What has been counted since it stood at `before`.
    #[must_use]
    pub fn since(&self, before: &Self) -> Self {
        let less = |field: fn(&Self) -> u64| field(self).saturating_sub(field(before));
        Self {
            advert_rcvd: less(|it| it.advert_rcvd),
            advert_sent: less(|it| it.advert_sent),
            become_master: less(|it| it.become_master),
            release_master: less(|it| it.release_master),
            packet_len_err: less(|it| it.packet_len_err),
            advert_interval_err: less(|it| it.advert_interval_err),
            ip_ttl_err: less(|it| it.ip_ttl_err),
            invalid_type_rcvd: less(|it| it.invalid_type_rcvd),
            addr_list_err: less(|it| it.addr_list_err),
            invalid_authtype: less(|it| it.invalid_authtype),
            authtype_mismatch: less(|it| it.authtype_mismatch),
            auth_failure: less(|it| it.auth_failure),
            hmac: self.hmac.map(|hmac| hmac.since(before.hmac.unwrap_or_default())),
            pri_zero_rcvd: less(|it| it.pri_zero_rcvd),
            pri_zero_sent: less(|it| it.pri_zero_sent),
        }
    }
}

impl HmacStats {
    fn since(self, before: Self) -> Self {
        let less = |field: fn(Self) -> u64| field(self).saturating_sub(field(before));
        Self {
            auth_ext_missing: less(|it| it.auth_ext_missing),
            auth_ext_unknown_key: less(|it| it.auth_ext_unknown_key),
            auth_ext_invalid_hmac: less(|it| it.auth_ext_invalid_hmac),
            auth_ext_replay: less(|it| it.auth_ext_replay),
        }
    }
}

/// The text of `keepalived.stats`.
pub(super) fn text(report: &Report) -> String {
    report.routers.iter().map(|it| Section(&it.instance.name, &it.stats).to_string()).collect()
}

/// What it says of one instance.
struct Section<'a>(&'a str, &'a Stats);

impl Display for Section<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(name, stats) = self;
        writeln!(out, "VRRP Instance: {name}")?;
        writeln!(out, "  Advertisements:")?;
        writeln!(out, "    Received: {}", stats.advert_rcvd)?;
        writeln!(out, "    Sent: {}", stats.advert_sent)?;
        writeln!(out, "  Became master: {}", stats.become_master)?;
        writeln!(out, "  Released master: {}", stats.release_master)?;
        writeln!(out, "  Packet Errors:")?;
        writeln!(out, "    Length: {}", stats.packet_len_err)?;
        writeln!(out, "    TTL: {}", stats.ip_ttl_err)?;
        writeln!(out, "    Invalid Type: {}", stats.invalid_type_rcvd)?;
        writeln!(out, "    Advertisement Interval: {}", stats.advert_interval_err)?;
        writeln!(out, "    Address List: {}", stats.addr_list_err)?;
        writeln!(out, "  Authentication Errors:")?;
        writeln!(out, "    Invalid Type: {}", stats.invalid_authtype)?;
        writeln!(out, "    Type Mismatch: {}", stats.authtype_mismatch)?;
        writeln!(out, "    Failure: {}", stats.auth_failure)?;
        writeln!(out, "  Priority Zero:")?;
        writeln!(out, "    Received: {}", stats.pri_zero_rcvd)?;
        writeln!(out, "    Sent: {}", stats.pri_zero_sent)
    }
}
