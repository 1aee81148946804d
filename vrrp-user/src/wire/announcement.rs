//! Telling the LAN where a virtual address is.

use std::net::IpAddr;

use super::{gratuitous_arp::GratuitousArp, unsolicited_advertisement};

/// The announcement of a virtual address: gratuitous ARP in both its forms, or an unsolicited
/// Neighbor Advertisement.
#[derive(Clone, Debug)]
pub struct Announcement(Frames);

#[derive(Clone, Debug)]
enum Frames {
    Arp(GratuitousArp),
    NeighborAdvertisement(Box<[u8]>),
}

impl Announcement {
    /// Announces that `address` is at `mac`. `is_router` is whether this node forwards, which only
    /// IPv6 tells.
    #[must_use]
    pub fn new(address: IpAddr, mac: [u8; 6], is_router: bool) -> Self {
        Self(match address {
            IpAddr::V4(address) => Frames::Arp(GratuitousArp::new(address, mac)),
            IpAddr::V6(address) => Frames::NeighborAdvertisement(
                unsolicited_advertisement::frame(address, mac, is_router).into(),
            ),
        })
    }

    /// The frames to send.
    pub fn frames(&self) -> impl Iterator<Item = &[u8]> {
        let (first, second): (&[u8], Option<&[u8]>) = match &self.0 {
            Frames::Arp(arp) => (&arp.request, Some(&arp.reply)),
            Frames::NeighborAdvertisement(frame) => (frame, None),
        };
        std::iter::once(first).chain(second)
    }
}
