//! The program for tc ingress: tcx, since Linux 6.6, or a filter of the clsact qdisc.

use aya_ebpf::{
    bindings::{__sk_buff, TC_ACT_SHOT, TC_ACT_UNSPEC},
    helpers::{bpf_redirect, bpf_skb_vlan_pop},
    macros::classifier,
    programs::TcContext,
};
use aya_log_ebpf::debug;
use vrrp_ebpf::{Subject, Verdict, frame::Frame, on_subject, wire::ethernet::VLAN_ID_MASK};

use super::{maps::Maps, packet::Packet};

/// `PACKET_HOST` of `linux/if_packet.h`: for this node.
const PACKET_HOST: u32 = 0;
/// `PACKET_LOOPBACK`: this node's own, to a group that it is a member of.
const PACKET_LOOPBACK: u32 = 5;

/// As far as [`Subject::of`] looks into most frames.
const START: u32 = 24;

/// The program for tc ingress.
///
/// What passes is not accepted in everybody's name: after `TC_ACT_UNSPEC`, which is `TCX_NEXT`, the
/// programs and filters behind this one judge it too, while `TC_ACT_OK` would end their chain.
#[classifier]
fn vrrp_ingress(context: TcContext) -> i32 {
    let skb = context.skb.skb;
    if context.data() + START as usize > context.data_end() {
        // Some drivers leave no more than the Ethernet header in the linear part.
        let _ = context.pull_data(START);
    }
    let verdict = match Subject::of(&Packet(&context)) {
        Subject::Other => return TC_ACT_UNSPEC,
        _ if !is_ours(skb) => return TC_ACT_UNSPEC,
        Subject::Advert(family) => on_advert(skb, family),
        Subject::Arp(offset) => on_arp(skb, offset),
        Subject::Icmpv6(offset) => on_icmpv6(skb, offset),
    };
    match verdict {
        Verdict::Pass => TC_ACT_UNSPEC,
        Verdict::Drop => {
            debug!(&context, "interface {}: a frame ends here", ifindex(skb));
            TC_ACT_SHOT
        }
        Verdict::Transmit => {
            debug!(&context, "interface {}: answered for a virtual address", ifindex(skb));
            transmit(skb)
        }
    }
}

#[inline(never)]
fn on_advert(skb: *mut __sk_buff, family: u8) -> Verdict {
    decide(skb, Subject::Advert(family))
}

#[inline(never)]
fn on_arp(skb: *mut __sk_buff, offset: usize) -> Verdict {
    decide(skb, Subject::Arp(offset))
}

#[inline(never)]
fn on_icmpv6(skb: *mut __sk_buff, offset: usize) -> Verdict {
    decide(skb, Subject::Icmpv6(offset))
}

#[inline(always)]
fn decide(skb: *mut __sk_buff, subject: Subject) -> Verdict {
    let context = TcContext::new(skb);
    let length = context.len();
    if context.data_end() - context.data() < length as usize {
        // Without memory for it, it stays out of reach, for the core as for the kernel.
        let _ = context.pull_data(length);
    }
    let mut frame = SocketBuffer { context: &context, is_changed: false };
    let verdict = on_subject(subject, &mut frame, ifindex(skb), &Maps);
    if frame.is_changed && verdict == Verdict::Pass {
        // Whom it is for was told by the hardware address that it came with.
        let _ = context.change_type(PACKET_HOST);
    }
    verdict
}

/// Whether a frame is what it looks like by its bytes.
///
/// The kernel has taken the tag of a VLAN off and put it beside the frame: one of another VLAN says
/// nothing to this interface, one that only gives a priority does. What the node sends to itself
/// comes without an Ethernet header.
#[inline(always)]
fn is_ours(skb: *mut __sk_buff) -> bool {
    // SAFETY: the kernel hands every classifier a valid `__sk_buff`, and nothing else comes here.
    let (tag, kind) = unsafe { ((*skb).vlan_tci, (*skb).pkt_type) };
    !(is_tagged(skb) && tag & u32::from(VLAN_ID_MASK) != 0) && kind != PACKET_LOOPBACK
}

#[inline(always)]
fn is_tagged(skb: *mut __sk_buff) -> bool {
    // SAFETY: as in `is_ours`.
    unsafe { (*skb).vlan_present != 0 }
}

#[inline(always)]
fn ifindex(skb: *mut __sk_buff) -> u32 {
    // SAFETY: as in `is_ours`.
    unsafe { (*skb).ifindex }
}

/// Sends a frame back through the interface that it came from.
#[inline(always)]
fn transmit(skb: *mut __sk_buff) -> i32 {
    if is_tagged(skb) {
        // It gives the asker's priority; the kernel answers without one.
        // SAFETY: as in `is_ours`.
        unsafe { bpf_skb_vlan_pop(skb) };
    }
    // SAFETY: the helper takes two numbers.
    let action = unsafe { bpf_redirect(ifindex(skb), 0) };
    #[expect(clippy::cast_possible_truncation, reason = "an action is a small number")]
    let action = action as i32;
    action
}

/// A frame in a socket buffer.
///
/// It is written to by a helper, which makes a copy of what others share. For a program that writes
/// by itself the kernel would see to that beforehand, with every frame of the interface.
struct SocketBuffer<'a> {
    context: &'a TcContext,
    is_changed: bool,
}

impl Frame for SocketBuffer<'_> {
    #[inline(always)]
    fn read<const N: usize>(&self, offset: usize) -> Option<[u8; N]> {
        Packet(self.context).read(offset)
    }

    #[inline(always)]
    fn write<const N: usize>(&mut self, offset: usize, bytes: &[u8; N]) -> Option<()> {
        self.context.store(offset, bytes, 0).ok()?;
        self.is_changed = true;
        Some(())
    }
}
