//! What to do with a frame.

use crate::{
    abi::NodeCounter,
    advert::{self, Outcome},
    arp,
    frame::Frame,
    tables::Tables,
    wire::{ethernet, ipv4, vrrp},
};

/// What becomes of a frame.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// It goes on to the kernel.
    Pass,
    /// It ends here.
    Drop,
    /// It has been turned into a reply and goes back where it came from.
    Transmit,
}

/// Decides about a frame that begins with its Ethernet header.
///
/// Almost every frame of a node is none of our business: it leaves after two comparisons.
#[inline(always)]
pub fn on_frame(
    frame: &mut (impl Frame + ?Sized),
    ifindex: impl FnOnce() -> u32,
    tables: &impl Tables,
) -> Verdict {
    const PROTOCOL: usize = ethernet::HEADER_LENGTH + ipv4::PROTOCOL;
    match frame.read(ethernet::TYPE) {
        Some(ethernet::TYPE_IPV4) if frame.read(PROTOCOL) == Some([vrrp::PROTOCOL]) => {
            on_datagram(frame, ifindex(), tables)
        }
        Some(ethernet::TYPE_ARP) => arp::on_request(frame, ifindex(), tables),
        _ => Verdict::Pass,
    }
}

/// Decides about an IPv4 datagram of protocol 112 in an Ethernet frame.
#[inline(always)]
fn on_datagram(frame: &(impl Frame + ?Sized), ifindex: u32, tables: &impl Tables) -> Verdict {
    if !advert::is_plain(frame, ethernet::HEADER_LENGTH) {
        tables.count_node(NodeCounter::NotUnderstood);
        return Verdict::Pass;
    }
    let message = ethernet::HEADER_LENGTH + ipv4::HEADER_LENGTH;
    match advert::receive(frame, ethernet::HEADER_LENGTH, message, ifindex, tables) {
        Outcome::Accepted | Outcome::Rejected(_) => Verdict::Drop,
        Outcome::UnknownRouter => {
            tables.count_node(NodeCounter::UnknownRouter);
            Verdict::Pass
        }
        Outcome::OutOfReach => {
            tables.count_node(NodeCounter::NotUnderstood);
            Verdict::Pass
        }
    }
}
