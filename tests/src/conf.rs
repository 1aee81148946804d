//! Configurations for tests, which our daemon and keepalived both read.

use std::{
    fmt::Write as _,
    net::{IpAddr, Ipv4Addr},
    time::Duration,
};

use crate::{
    craft::{AdvertV2, AdvertV3},
    cube, hmac,
    timing::{master_down_interval, skew_time},
};

/// One `vrrp_instance`, and the adverts that go with it.
#[derive(Clone, Debug)]
pub struct Conf {
    /// Name of the instance.
    pub name: String,
    /// `state`, which stands in the file as it is.
    pub state: &'static str,
    /// `interface`.
    pub interface: &'static str,
    /// `virtual_router_id`.
    pub vrid: u8,
    /// `version`.
    pub version: u8,
    /// `priority`.
    pub priority: u8,
    /// `advert_int`.
    pub interval: Duration,
    /// `auth_pass`; without one there is no `authentication`.
    pub password: Option<&'static str>,
    /// `virtual_ipaddress`; the first one decides the family.
    pub vips: Vec<IpAddr>,
    /// `virtual_ipaddress_excluded`.
    pub excluded: Vec<IpAddr>,
    /// More lines of the instance.
    pub more: Vec<String>,
    /// Where crafted adverts go, with the MAC address; to the group without.
    pub destination: Option<(IpAddr, [u8; 6])>,
}

impl Conf {
    /// The reference user's file: version 2, one second, a password.
    #[must_use]
    pub fn cube(priority: u8) -> Self {
        Self {
            name: "VI_1".to_owned(),
            state: "BACKUP",
            interface: "eth0",
            vrid: cube::VRID,
            version: 2,
            priority,
            interval: Duration::from_secs(1),
            password: Some(cube::PASSWORD),
            vips: vec![cube::VIP.into()],
            excluded: Vec::new(),
            more: Vec::new(),
            destination: None,
        }
    }

    /// The same in version 3 with five adverts a second, where the version does not matter.
    #[must_use]
    pub fn fast(priority: u8) -> Self {
        Self {
            version: 3,
            interval: Duration::from_millis(200),
            password: None,
            ..Self::cube(priority)
        }
    }

    /// As [`Conf::fast`], over IPv6.
    #[must_use]
    pub fn fast6(priority: u8) -> Self {
        Self::fast(priority).vips(&[cube::VIP6])
    }

    /// With these addresses.
    #[must_use]
    pub fn vips<A: Into<IpAddr> + Copy>(self, vips: &[A]) -> Self {
        Self { vips: vips.iter().map(|vip| (*vip).into()).collect(), ..self }
    }

    /// With this interval.
    #[must_use]
    pub fn every(self, interval: Duration) -> Self {
        Self { interval, ..self }
    }

    /// With this name and VRID.
    #[must_use]
    pub fn named(self, name: &str, vrid: u8) -> Self {
        Self { name: name.to_owned(), vrid, ..self }
    }

    /// To these peers and no group.
    #[must_use]
    pub fn unicast<A: Into<IpAddr> + Copy>(mut self, source: A, peers: &[A]) -> Self {
        let source: IpAddr = source.into();
        self.more.push(format!("unicast_src_ip {source}"));
        self.more.push("unicast_peer {".to_owned());
        self.more.extend(peers.iter().map(|peer| format!("    {}", (*peer).into())));
        self.more.push("}".to_owned());
        self
    }

    /// With the virtual MAC address.
    #[must_use]
    pub fn use_vmac(self) -> Self {
        self.with("use_vmac")
    }

    /// With `auth_hmac` of keepalived 2.4: `lines` are such as `mode permissive`.
    #[must_use]
    pub fn auth_hmac(mut self, keys: &[hmac::Key], lines: &[&str]) -> Self {
        self.more.push("auth_hmac {".to_owned());
        for key in keys {
            self.more.push(format!("    key {} hex:{}", key.id, key.hex()));
        }
        self.more.extend(lines.iter().map(|line| format!("    {line}")));
        self.more.push("}".to_owned());
        self
    }

    /// Whether it is one of IPv6.
    #[must_use]
    pub fn is_ipv6(&self) -> bool {
        self.vips.first().is_some_and(IpAddr::is_ipv6)
    }

    /// Its addresses of IPv4.
    #[must_use]
    pub fn vips4(&self) -> Vec<Ipv4Addr> {
        let four = |vip: &IpAddr| match vip {
            IpAddr::V4(vip) => Some(*vip),
            IpAddr::V6(_) => None,
        };
        self.vips.iter().filter_map(four).collect()
    }

    /// With one more line.
    #[must_use]
    pub fn with(mut self, line: &str) -> Self {
        self.more.push(line.to_owned());
        self
    }

    /// The file.
    #[must_use]
    pub fn text(&self) -> String {
        let Self { name, state, interface, vrid, version, priority, .. } = self;
        let mut text = format!(
            "vrrp_instance {name} {{\n    state {state}\n    interface {interface}\n    \
             virtual_router_id {vrid}\n    version {version}\n    priority {priority}\n    \
             advert_int {}\n",
            self.interval.as_secs_f64(),
        );
        if let Some(password) = self.password {
            let _ = writeln!(
                text,
                "    authentication {{\n        auth_type PASS\n        auth_pass {password}\n    }}"
            );
        }
        for line in &self.more {
            let _ = writeln!(text, "    {line}");
        }
        let blocks =
            [("virtual_ipaddress", &self.vips), ("virtual_ipaddress_excluded", &self.excluded)];
        for (block, addresses) in blocks.iter().filter(|(_, addresses)| !addresses.is_empty()) {
            let _ = writeln!(text, "    {block} {{");
            for address in *addresses {
                let _ = writeln!(text, "        {address}");
            }
            text.push_str("    }\n");
        }
        text.push_str("}\n");
        text
    }

    /// How long it waits for a master with its own interval before it takes over.
    #[must_use]
    pub fn down(&self) -> Duration {
        master_down_interval(self.version, self.interval, self.priority)
    }

    /// How long it waits after the master has resigned.
    #[must_use]
    pub fn skew(&self) -> Duration {
        skew_time(self.version, self.interval, self.priority)
    }

    /// The advert of another router with this configuration and another priority. The MAC address is
    /// that of the node at `source`.
    #[must_use]
    pub fn advert(&self, source: impl Into<IpAddr>, priority: u8) -> Vec<u8> {
        match source.into() {
            IpAddr::V4(source) if self.version == 2 => self.advert_v2(source, priority).frame(),
            source => self.advert_v3(source, priority).frame(),
        }
    }

    /// As [`Conf::advert`] in version 2, to be changed.
    #[must_use]
    pub fn advert_v2(&self, source: Ipv4Addr, priority: u8) -> AdvertV2 {
        let mut password = [0; 8];
        for (byte, letter) in password.iter_mut().zip(self.password.unwrap_or_default().bytes()) {
            *byte = letter;
        }
        let mut advert = AdvertV2::default();
        if let Some((IpAddr::V4(to), mac)) = self.destination {
            (advert.destination, advert.destination_mac) = (to, mac);
        }
        AdvertV2 {
            source_mac: crate::lab::mac_of(source),
            source,
            vrid: self.vrid,
            priority,
            auth_type: u8::from(self.password.is_some()),
            interval: u8::try_from(self.interval.as_secs()).unwrap_or(u8::MAX),
            addresses: self.vips4(),
            password,
            ..advert
        }
    }

    /// As [`Conf::advert`] in version 3, to be changed.
    #[must_use]
    pub fn advert_v3(&self, source: impl Into<IpAddr>, priority: u8) -> AdvertV3 {
        let source = source.into();
        let source_mac = match source {
            IpAddr::V4(source) => crate::lab::mac_of(source),
            IpAddr::V6(source) => crate::lab::mac_behind(source),
        };
        AdvertV3 {
            source_mac,
            source,
            destination: self.destination,
            vrid: self.vrid,
            priority,
            interval: u16::try_from(self.interval.as_millis() / 10).unwrap_or(u16::MAX),
            addresses: self.vips.clone(),
            ..AdvertV3::default()
        }
    }
}

/// A `vrrp_sync_group` of instances with these names.
#[must_use]
pub fn sync_group(name: &str, members: &[&str]) -> String {
    let members = members.join("\n        ");
    format!("vrrp_sync_group {name} {{\n    group {{\n        {members}\n    }}\n}}\n")
}
