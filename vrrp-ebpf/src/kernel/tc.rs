//! What comes in, where there is no XDP: tcx, since Linux 6.6, or a filter of the clsact qdisc.

use aya_ebpf::{
    bindings::{__sk_buff, TC_ACT_SHOT, TC_ACT_UNSPEC},
    helpers::{bpf_redirect, bpf_skb_vlan_pop},
    macros::classifier,
    programs::TcContext,
};
use aya_log_ebpf::debug;
use vrrp_ebpf::{
    Subject, Verdict, is_of_interest, no_accept, on_subject, virtual_mac,
    wire::{ethernet, ipv6},
};

use super::{maps::Maps, packet::Packet};

/// `PACKET_HOST` of `linux/if_packet.h`: for this node.
const PACKET_HOST: u32 = 0;
/// `PACKET_LOOPBACK`: this node's own, to a group that it is a member of.
const PACKET_LOOPBACK: u32 = 5;

/// As far as [`Subject::of`] looks into most frames.
const START: usize = 24;
/// Bytes of the headers that say where a packet goes.
const HEADERS: usize = ethernet::HEADER_LENGTH + ipv6::HEADER_LENGTH;

/// The program for tc ingress.
///
/// What passes is not accepted in everybody's name: after `TC_ACT_UNSPEC`, which is `TCX_NEXT`, the
/// programs and filters behind this one judge it too, while `TC_ACT_OK` would end their chain.
///
/// What is none of our business leaves from here, where as little happens as can be: even the stack
/// and the registers that a function uses cost something.
#[classifier]
fn vrrp_ingress(context: TcContext) -> i32 {
    // Some drivers leave no more than the Ethernet header in the linear part.
    let is_within_reach = context.data() + START <= context.data_end();
    if is_within_reach && !is_of_interest(&Packet(&context), &Maps) {
        return TC_ACT_UNSPEC;
    }
    on_interesting(context.skb.skb)
}

/// What may be ours. For each subject a function of its own is called, which has the stack almost
/// for itself.
#[inline(never)]
fn on_interesting(skb: *mut __sk_buff) -> i32 {
    let context = TcContext::new(skb);
    reach(&context, START);
    let packet = Packet(&context);
    let subject = Subject::of(&packet);
    let verdict = match subject {
        Subject::Other | Subject::Ip(_) => Verdict::Pass,
        _ if !is_ours(skb) => return TC_ACT_UNSPEC,
        Subject::Advert(family) => on_advert(skb, family),
        Subject::Arp(offset) => on_arp(skb, offset),
        Subject::Icmpv6(offset) => on_icmpv6(skb, offset),
    };
    match verdict {
        Verdict::Pass => {
            if let Some(family) = subject.refusable()
                && no_accept::is_in_use(&Maps)
                && is_refused(skb, family)
            {
                debug!(&context, "interface {}: not accepted", ifindex(skb));
                return TC_ACT_SHOT;
            }
            if virtual_mac::is_addressed(&packet) {
                on_virtual_mac(skb);
            }
            TC_ACT_UNSPEC
        }
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
    reach(&context, usize::MAX);
    on_subject(subject, &mut Packet(&context), ifindex(skb), &Maps)
}

#[inline(never)]
fn is_refused(skb: *mut __sk_buff, family: u8) -> bool {
    if !is_ours(skb) {
        return false;
    }
    let context = TcContext::new(skb);
    reach(&context, HEADERS);
    no_accept::is_refused(&Packet(&context), family, ifindex(skb), &Maps)
}

#[inline(never)]
fn on_virtual_mac(skb: *mut __sk_buff) {
    let context = TcContext::new(skb);
    if is_ours(skb) && virtual_mac::readdress(&mut Packet(&context), ifindex(skb), &Maps) {
        // Whose it is was told by the address that it came with.
        let _ = context.change_type(PACKET_HOST);
    }
}

/// Whether a frame is what it looks like by its bytes.
///
/// The kernel has put the tag of a VLAN beside it: in another VLAN it says nothing to this
/// interface, with a mere priority it does. What the node sends to itself comes without an Ethernet
/// header.
#[inline(always)]
fn is_ours(skb: *mut __sk_buff) -> bool {
    // SAFETY: the kernel hands every classifier a valid `__sk_buff`, and nothing else comes here.
    let kind = unsafe { (*skb).pkt_type };
    // SAFETY: as above.
    let tag = unsafe { (*skb).vlan_tci };
    let has_vlan = is_tagged(skb) && tag & u32::from(ethernet::VLAN_ID_MASK) != 0;
    kind != PACKET_LOOPBACK && !has_vlan
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

/// Gets the first `length` bytes of a frame into its linear part, as far as there are so many.
/// Without memory for them they stay out of reach, for the core as for the kernel.
#[inline(always)]
fn reach(context: &TcContext, length: usize) {
    #[expect(clippy::cast_possible_truncation, reason = "it is at most the length of the frame")]
    let length = length.min(context.len() as usize) as u32;
    if context.data_end() - context.data() < length as usize {
        let _ = context.pull_data(length);
    }
}

/// Sends a frame back through the interface that it came from.
#[inline(always)]
fn transmit(skb: *mut __sk_buff) -> i32 {
    if is_tagged(skb) {
        // The priority is the asker's; the kernel answers without one.
        // SAFETY: as in `is_ours`.
        unsafe { bpf_skb_vlan_pop(skb) };
    }
    // SAFETY: the helper takes two numbers.
    let action = unsafe { bpf_redirect(ifindex(skb), 0) };
    #[expect(clippy::cast_possible_truncation, reason = "an action is a small number")]
    let action = action as i32;
    action
}
