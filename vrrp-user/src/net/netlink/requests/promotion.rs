//! What becomes of an IPv4 subnet's other addresses when its first is removed: the kernel removes
//! them too, unless `promote_secondaries` is on.

use std::fs;

use nix::net::if_::if_indextoname;
use rtnetlink::{
    packet_core::{DefaultNla, Emitable, NLA_F_NESTED},
    packet_route::{
        RouteNetlinkMessage,
        link::{AfSpecInet, AfSpecUnspec, LinkAttribute, LinkMessage},
    },
};

use super::{super::error::RequestError, Requests};

/// `IFLA_INET_CONF`.
const SETTINGS: u16 = 1;
/// `IPV4_DEVCONF_PROMOTE_SECONDARIES`.
const PROMOTE_SECONDARIES: u16 = 20;

/// Switches `promote_secondaries` of interfaces. What [`super::super::promotion`] needs of the
/// kernel.
pub(in super::super) trait Promote {
    /// Whether it is on for the interface called `name`; `None` where that cannot be told.
    fn is_promoting(&self, name: &str) -> Option<bool>;
    /// Switches it for the interface `index`.
    async fn promote(&mut self, index: u32, on: bool) -> Result<(), RequestError>;
}

impl Promote for Requests {
    fn is_promoting(&self, name: &str) -> Option<bool> {
        // As of the calling thread's network namespace. Reading needs no privilege, and works
        // where /proc/sys is read-only; writing is therefore left to netlink.
        let file = format!("/proc/sys/net/ipv4/conf/{name}/promote_secondaries");
        let text = fs::read_to_string(file).ok()?;
        text.trim().parse::<i32>().ok().map(|value| value != 0)
    }

    async fn promote(&mut self, index: u32, on: bool) -> Result<(), RequestError> {
        let value = u32::from(on).to_ne_bytes().to_vec();
        let setting = DefaultNla::new(PROMOTE_SECONDARIES, value);
        let mut settings = vec![0; setting.buffer_len()];
        setting.emit(&mut settings);
        let settings = AfSpecInet::Other(DefaultNla::new(SETTINGS | NLA_F_NESTED, settings));
        let mut message = LinkMessage::default();
        message.header.index = index;
        message.attributes =
            vec![LinkAttribute::AfSpecUnspec(vec![AfSpecUnspec::Inet(vec![settings])])];
        self.ask(RouteNetlinkMessage::SetLink(message), 0).await
    }
}

impl Requests {
    /// Switches it on for the interface `index`, for one removal. False if it is on anyway, or
    /// cannot be switched: then the others come back only as far as they are claimed.
    pub(super) async fn start_promoting(&mut self, index: u32) -> bool {
        let Some(name) = if_indextoname(index).ok().and_then(|name| name.into_string().ok()) else {
            return false;
        };
        if self.is_promoting(&name) != Some(false) {
            return false;
        }
        match self.promote(index, true).await {
            Ok(()) => true,
            Err(error) => {
                tracing::debug!(interface = %name, %error, "promote_secondaries stays off");
                false
            }
        }
    }

    /// Takes [`Self::start_promoting`] back.
    pub(super) async fn stop_promoting(&mut self, index: u32) {
        if let Err(error) = self.promote(index, false).await {
            tracing::debug!(index, %error, "promote_secondaries stays on");
        }
    }
}
