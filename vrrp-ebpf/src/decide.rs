//! What to do with a frame.

use crate::{
    abi::{FAMILY_IPV4, FAMILY_IPV6, NodeCounter},
    advert::{self, Locality, Outcome},
    arp,
    frame::Frame,
    nd as neighbours, no_accept,
    tables::Tables,
    virtual_mac,
    wire::{ethernet, ipv4, ipv6, nd, vrrp},
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

/// What a frame is about, by its first bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Subject {
    /// Nothing of ours, and not IP.
    Other,
    /// Nothing of ours, in IP of this family.
    Ip(u8),
    /// Protocol 112 over IP of this family.
    Advert(u8),
    /// ARP at this offset.
    Arp(usize),
    /// `ICMPv6` in a packet at this offset.
    Icmpv6(usize),
}

impl Subject {
    /// Tells by the start of a frame, its Ethernet header first.
    ///
    /// Almost every frame of a node is none of our business: it leaves after two comparisons.
    #[inline(always)]
    pub fn of(frame: &(impl Frame + ?Sized)) -> Self {
        const IP_PROTOCOL: usize = ethernet::HEADER_LENGTH + ipv4::PROTOCOL;
        const NEXT_HEADER: usize = ethernet::HEADER_LENGTH + ipv6::NEXT_HEADER;
        let Some(start) = frame.start::<{ IP_PROTOCOL + 1 }>() else { return Self::Other };
        let ethertype = u16::from_ne_bytes([start[ethernet::TYPE], start[ethernet::TYPE + 1]]);
        if ethertype == u16::from_ne_bytes(ethernet::TYPE_IPV4) {
            if start[IP_PROTOCOL] == vrrp::PROTOCOL {
                return Self::Advert(FAMILY_IPV4);
            }
            return Self::Ip(FAMILY_IPV4);
        } else if ethertype == u16::from_ne_bytes(ethernet::TYPE_IPV6) {
            if start[NEXT_HEADER] == vrrp::PROTOCOL {
                return Self::Advert(FAMILY_IPV6);
            }
            if start[NEXT_HEADER] == nd::PROTOCOL {
                return Self::Icmpv6(ethernet::HEADER_LENGTH);
            }
            return Self::Ip(FAMILY_IPV6);
        } else if ethertype == u16::from_ne_bytes(ethernet::TYPE_ARP) {
            return Self::Arp(ethernet::HEADER_LENGTH);
        } else if ethertype == u16::from_ne_bytes(ethernet::TYPE_VLAN) {
            // A priority tag names no VLAN, and the kernel answers behind it: so does the fence.
            let tag = u16::from_be_bytes([start[14], start[15]]);
            if tag & ethernet::VLAN_ID_MASK == 0 {
                return Self::behind_tag(frame, [start[16], start[17]]);
            }
        }
        Self::Other
    }

    /// The same for a frame with a tag, and this type behind it.
    #[inline(always)]
    fn behind_tag(frame: &(impl Frame + ?Sized), ethertype: [u8; 2]) -> Self {
        let offset = ethernet::HEADER_LENGTH + ethernet::VLAN_TAG_LENGTH;
        if ethertype == ethernet::TYPE_ARP {
            return Self::Arp(offset);
        }
        if ethertype == ethernet::TYPE_IPV6
            && frame.read(offset + ipv6::NEXT_HEADER) == Some([nd::PROTOCOL])
        {
            return Self::Icmpv6(offset);
        }
        Self::Other
    }

    /// The family of a packet that a virtual address may have to refuse.
    #[must_use]
    #[inline(always)]
    pub const fn refusable(self) -> Option<u8> {
        match self {
            Self::Ip(family) => Some(family),
            Self::Icmpv6(ethernet::HEADER_LENGTH) => Some(FAMILY_IPV6),
            _ => None,
        }
    }
}

/// Whether there is anything to decide about a frame: almost every one is none of our business, and
/// leaves after a few comparisons. One whose beginning is out of reach is none, too.
#[inline(always)]
pub fn is_of_interest(frame: &(impl Frame + ?Sized), tables: &impl Tables) -> bool {
    match Subject::of(frame) {
        Subject::Other => virtual_mac::is_addressed(frame),
        Subject::Ip(_) => virtual_mac::is_addressed(frame) || no_accept::is_in_use(tables),
        Subject::Advert(_) | Subject::Arp(_) | Subject::Icmpv6(_) => true,
    }
}

/// Decides about a frame that begins with its Ethernet header.
#[inline(always)]
pub fn on_frame(frame: &mut (impl Frame + ?Sized), ifindex: u32, tables: &impl Tables) -> Verdict {
    let subject = Subject::of(frame);
    let verdict = on_subject(subject, frame, ifindex, tables);
    if verdict != Verdict::Pass {
        return verdict;
    }
    if let Some(family) = subject.refusable()
        && no_accept::is_in_use(tables)
        && no_accept::is_refused(frame, family, ifindex, tables)
    {
        return Verdict::Drop;
    }
    if virtual_mac::is_addressed(frame) {
        virtual_mac::readdress(frame, ifindex, tables);
    }
    Verdict::Pass
}

/// Decides about a frame of which it is known what it is about.
#[inline(always)]
pub fn on_subject(
    subject: Subject,
    frame: &mut (impl Frame + ?Sized),
    ifindex: u32,
    tables: &impl Tables,
) -> Verdict {
    match subject {
        Subject::Other | Subject::Ip(_) => Verdict::Pass,
        Subject::Advert(family) => on_advert(frame, family, ifindex, tables),
        Subject::Arp(offset) => arp::on_packet(frame, offset, ifindex, tables),
        Subject::Icmpv6(offset) => neighbours::on_packet(frame, offset, ifindex, tables),
    }
}

/// Decides about a packet of protocol 112.
#[inline(always)]
fn on_advert(
    frame: &(impl Frame + ?Sized),
    family: u8,
    ifindex: u32,
    tables: &impl Tables,
) -> Verdict {
    let envelope = match family {
        FAMILY_IPV6 => advert::open_ipv6(frame),
        _ => advert::open_ipv4(frame),
    };
    let outcome = match envelope {
        Some((envelope, l4)) => {
            advert::receive(frame, &envelope, l4, ifindex, Locality::OnTheWire, tables)
        }
        None => Outcome::OutOfReach,
    };
    match outcome {
        Outcome::Accepted | Outcome::Rejected(_) => Verdict::Drop,
        Outcome::Deferred => Verdict::Pass,
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
