//! Configurations for tests, which our daemon and keepalived both read.

use std::{fmt::Write as _, net::Ipv4Addr, time::Duration};

use crate::{
    craft::{AdvertV2, AdvertV3},
    cube,
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
    /// `virtual_ipaddress`.
    pub vips: Vec<Ipv4Addr>,
    /// More lines of the instance.
    pub more: Vec<String>,
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
            vips: vec![cube::VIP],
            more: Vec::new(),
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

    /// With these addresses.
    #[must_use]
    pub fn vips(self, vips: &[Ipv4Addr]) -> Self {
        Self { vips: vips.to_vec(), ..self }
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
        text.push_str("    virtual_ipaddress {\n");
        for vip in &self.vips {
            let _ = writeln!(text, "        {vip}");
        }
        text.push_str("    }\n}\n");
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

    /// The advert of another router with this configuration and another priority.
    #[must_use]
    pub fn advert(&self, source: Ipv4Addr, priority: u8) -> Vec<u8> {
        let source_mac = crate::lab::mac_of(source);
        if self.version == 3 {
            let interval = u16::try_from(self.interval.as_millis() / 10).unwrap_or(u16::MAX);
            return AdvertV3 {
                source_mac,
                source,
                vrid: self.vrid,
                priority,
                interval,
                addresses: self.vips.clone(),
                ..AdvertV3::default()
            }
            .frame();
        }
        let mut password = [0; 8];
        for (byte, letter) in password.iter_mut().zip(self.password.unwrap_or_default().bytes()) {
            *byte = letter;
        }
        AdvertV2 {
            source_mac,
            source,
            vrid: self.vrid,
            priority,
            auth_type: u8::from(self.password.is_some()),
            interval: u8::try_from(self.interval.as_secs()).unwrap_or(u8::MAX),
            addresses: self.vips.clone(),
            password,
            ..AdvertV2::default()
        }
        .frame()
    }
}
