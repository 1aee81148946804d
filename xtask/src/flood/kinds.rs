//! The kinds of frames.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use clap::ValueEnum;
use vrrp_tests::craft::{self, AdvertV2, AdvertV3, Datagram, padded};

/// Where the VRRP message begins in a frame without IP options.
const MESSAGE: usize = 34;

/// A kind of frame.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Kind {
    /// A right advert of the version asked for.
    Advert,
    /// Every bad advert below, in turn.
    Junk,
    /// TTL 254.
    Ttl,
    /// A wrong checksum.
    Checksum,
    /// Another password (version 2).
    Password,
    /// Another type of authentication (version 2).
    AuthType,
    /// Another interval: discarded in version 2, learnt in version 3.
    Interval,
    /// No advertisement.
    Type,
    /// A version nobody knows.
    Version,
    /// The other of the two versions.
    OtherVersion,
    /// More addresses announced than there are.
    Addresses,
    /// Seven bytes of an advert.
    Truncated,
    /// Four bytes too many.
    Trailing,
    /// The first fragment of a datagram whose second never comes.
    Fragment,
    /// A VRID that nobody has (the one asked for, plus one).
    OtherRouter,
    /// CARP, which has the same protocol number.
    Carp,
    /// ARP requests for the first IPv4 address.
    Arp,
    /// Neighbor Solicitations for the first IPv6 address.
    Nd,
}

/// Every bad advert.
const JUNK: [Kind; 14] = [
    Kind::Ttl,
    Kind::Checksum,
    Kind::Password,
    Kind::AuthType,
    Kind::Interval,
    Kind::Type,
    Kind::Version,
    Kind::OtherVersion,
    Kind::Addresses,
    Kind::Truncated,
    Kind::Trailing,
    Kind::Fragment,
    Kind::OtherRouter,
    Kind::Carp,
];

/// Who speaks, and about what.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    pub(crate) source_mac: [u8; 6],
    pub(crate) source: Option<Ipv4Addr>,
    pub(crate) source6: Option<Ipv6Addr>,
    /// Ethernet destination of ARP and ND, if not everybody.
    pub(crate) to_mac: Option<[u8; 6]>,
    pub(crate) version: u8,
    pub(crate) vrid: u8,
    pub(crate) priority: u8,
    pub(crate) interval: Duration,
    pub(crate) password: Option<String>,
    pub(crate) vips: Vec<IpAddr>,
}

impl Kind {
    /// The frames of this kind, as long as Ethernet wants them.
    ///
    /// # Errors
    /// When an address of the family is wanted and there is none.
    pub(crate) fn frames(self, subject: &Subject) -> Result<Vec<Vec<u8>>> {
        if self == Self::Junk {
            return Self::bad(subject.version)
                .map(|kind| kind.frame(subject).map(padded))
                .collect();
        }
        Ok(vec![padded(self.frame(subject)?)])
    }

    /// The kinds that receivers of a version have to discard.
    pub(crate) fn bad(version: u8) -> impl Iterator<Item = Self> {
        JUNK.into_iter().filter(move |kind| kind.is_wrong_in(version))
    }

    /// Whether receivers have to discard it; version 3 has no authentication and learns intervals.
    const fn is_wrong_in(self, version: u8) -> bool {
        version == 2 || !matches!(self, Self::Password | Self::AuthType | Self::Interval)
    }

    fn frame(self, subject: &Subject) -> Result<Vec<u8>> {
        match self {
            Self::Arp => subject.arp(),
            Self::Nd => subject.solicitation(),
            _ if subject.version == 2 => self.frame_v2(subject),
            _ => self.frame_v3(subject),
        }
    }

    fn frame_v2(self, subject: &Subject) -> Result<Vec<u8>> {
        let mut advert = subject.advert_v2()?;
        match self {
            Self::Ttl => advert.ttl = 254,
            Self::Checksum => advert.spoil_checksum = true,
            Self::Password => {
                advert.auth_type = 1;
                advert.password = *b"wrong!!!";
            }
            Self::AuthType => advert.auth_type = 2,
            Self::Interval => advert.interval = advert.interval.wrapping_add(1),
            Self::Type => advert.version_and_type = 0x22,
            Self::Version => advert.version_and_type = 0x41,
            Self::OtherVersion => return Ok(subject.advert_v3()?.frame()),
            Self::OtherRouter => advert.vrid = other(advert.vrid),
            _ => return self.datagram(subject, advert.frame()),
        }
        Ok(advert.frame())
    }

    fn frame_v3(self, subject: &Subject) -> Result<Vec<u8>> {
        let mut advert = subject.advert_v3()?;
        match self {
            Self::Ttl => advert.ttl = 254,
            Self::Checksum => advert.spoil_checksum = true,
            Self::Password | Self::AuthType => bail!("version 3 has no authentication"),
            Self::Interval => advert.interval = advert.interval.saturating_add(1) & 0xfff,
            Self::Type => advert.version_and_type = 0x3f,
            Self::Version => advert.version_and_type = 0x51,
            Self::OtherVersion => return Ok(subject.advert_v2()?.frame()),
            Self::OtherRouter => advert.vrid = other(advert.vrid),
            _ => return self.datagram(subject, advert.frame()),
        }
        Ok(advert.frame())
    }

    /// What is wrong with a message as a whole.
    fn datagram(self, subject: &Subject, mut right: Vec<u8>) -> Result<Vec<u8>> {
        if self == Self::Advert {
            return Ok(right);
        }
        let source = subject.source.context("no IPv4 source: --source is wanted")?;
        let mut datagram = Datagram {
            source_mac: subject.source_mac,
            source,
            payload: right.split_off(MESSAGE.min(right.len())),
            ..Datagram::default()
        };
        let payload = &mut datagram.payload;
        match self {
            Self::Addresses => {
                if let Some(count) = payload.get_mut(3) {
                    *count = count.saturating_add(3);
                }
            }
            Self::Truncated => payload.truncate(7),
            Self::Trailing => payload.extend([0; 4]),
            Self::Fragment => {
                payload.truncate(8);
                datagram.fragment = 0x2000;
            }
            Self::Carp => {
                *payload = vec![0x21, subject.vrid, 0, 7, 0, 1, 0x4e, 0x46];
                payload.resize(36, 0);
            }
            _ => bail!("{self:?} is no single frame"),
        }
        Ok(datagram.frame())
    }
}

impl Subject {
    fn ipv4(&self) -> Result<Ipv4Addr> {
        self.source.context("the interface has no IPv4 address: --source is wanted")
    }

    fn advert_v2(&self) -> Result<AdvertV2> {
        let mut password = [0; 8];
        for (byte, letter) in
            password.iter_mut().zip(self.password.iter().flat_map(|it| it.bytes()))
        {
            *byte = letter;
        }
        let four = |vip: &IpAddr| match vip {
            IpAddr::V4(vip) => Some(*vip),
            IpAddr::V6(_) => None,
        };
        Ok(AdvertV2 {
            source_mac: self.source_mac,
            source: self.ipv4()?,
            vrid: self.vrid,
            priority: self.priority,
            auth_type: u8::from(self.password.is_some()),
            interval: u8::try_from(self.interval.as_secs()).unwrap_or(u8::MAX),
            addresses: self.vips.iter().filter_map(four).collect(),
            password,
            ..AdvertV2::default()
        })
    }

    fn advert_v3(&self) -> Result<AdvertV3> {
        let ipv6 = self.vips.first().is_some_and(IpAddr::is_ipv6);
        let source = if ipv6 {
            self.source6.context("no link-local address: --source is wanted")?.into()
        } else {
            self.ipv4()?.into()
        };
        Ok(AdvertV3 {
            source_mac: self.source_mac,
            source,
            vrid: self.vrid,
            priority: self.priority,
            interval: u16::try_from(self.interval.as_millis() / 10).unwrap_or(0xfff) & 0xfff,
            addresses: self.vips.iter().filter(|vip| vip.is_ipv6() == ipv6).copied().collect(),
            ..AdvertV3::default()
        })
    }

    fn arp(&self) -> Result<Vec<u8>> {
        let target = self.vips.iter().find_map(|vip| match vip {
            IpAddr::V4(vip) => Some(*vip),
            IpAddr::V6(_) => None,
        });
        let target = target.context("ARP is about an IPv4 --vip")?;
        Ok(self.directed(craft::arp_request(self.source_mac, self.ipv4()?, target)))
    }

    fn solicitation(&self) -> Result<Vec<u8>> {
        let target = self.vips.iter().find_map(|vip| match vip {
            IpAddr::V6(vip) => Some(*vip),
            IpAddr::V4(_) => None,
        });
        let target = target.context("ND is about an IPv6 --vip")?;
        let source = self.source6.context("no link-local address: --source is wanted")?;
        Ok(self.directed(craft::solicitation(self.source_mac, source, target)))
    }

    /// To one Ethernet address instead of everybody, if so asked.
    fn directed(&self, mut frame: Vec<u8>) -> Vec<u8> {
        for (place, byte) in frame.iter_mut().zip(self.to_mac.into_iter().flatten()) {
            *place = byte;
        }
        frame
    }
}

/// A VRID that is not this one.
const fn other(vrid: u8) -> u8 {
    if vrid == u8::MAX { 1 } else { vrid + 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(version: u8) -> Subject {
        Subject {
            source_mac: [2, 0, 0, 0, 0, 1],
            source: Some(Ipv4Addr::new(10, 0, 0, 9)),
            source6: Some(Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 9)),
            to_mac: None,
            version,
            vrid: 51,
            priority: 50,
            interval: Duration::from_secs(1),
            password: Some("secret".to_owned()),
            vips: vec![
                IpAddr::V4(Ipv4Addr::new(10, 0, 0, 70)),
                IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0x46)),
            ],
        }
    }

    #[test]
    fn every_kind_makes_a_frame_of_its_own() {
        for version in [2, 3] {
            let mut seen = Kind::Advert.frames(&subject(version)).unwrap();
            let junk = Kind::Junk.frames(&subject(version)).unwrap();
            assert_eq!(junk.len(), if version == 2 { 14 } else { 11 });
            for frame in junk {
                assert!(frame.len() >= 60);
                assert!(!seen.contains(&frame), "{frame:?} twice");
                seen.push(frame);
            }
            for kind in [Kind::Arp, Kind::Nd] {
                assert_eq!(kind.frames(&subject(version)).unwrap().len(), 1);
            }
        }
    }

    #[test]
    fn answers_are_asked_of_one_node_if_so_wished() {
        let to_mac = Some([2, 0, 0, 0, 0, 7]);
        let frames = Kind::Arp.frames(&Subject { to_mac, ..subject(2) }).unwrap();
        assert!(frames.iter().all(|frame| frame.starts_with(&[2, 0, 0, 0, 0, 7])));
    }
}
