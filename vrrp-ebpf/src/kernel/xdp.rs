//! What comes in.

use aya_ebpf::{
    bindings::{xdp_action, xdp_md},
    macros::xdp,
    programs::XdpContext,
};
use aya_log_ebpf::debug;
use vrrp_ebpf::{Subject, Verdict, is_of_interest, no_accept, on_subject, virtual_mac};

use super::{maps::Maps, packet::Packet};

/// The program for XDP, native and generic. Frags-aware: a jumbo MTU needs no linearising.
///
/// What is none of our business leaves from here, where as little happens as can be.
#[xdp(frags)]
fn vrrp_xdp(context: XdpContext) -> u32 {
    if is_of_interest(&Packet(&context), &Maps) {
        on_interesting(context.ctx)
    } else {
        xdp_action::XDP_PASS
    }
}

/// What may be ours. For each subject a function of its own is called, which has the stack almost
/// for itself.
#[inline(never)]
fn on_interesting(context: *mut xdp_md) -> u32 {
    let frame = XdpContext::new(context);
    let subject = Subject::of(&Packet(&frame));
    let verdict = match subject {
        Subject::Other | Subject::Ip(_) => Verdict::Pass,
        Subject::Advert(family) => on_advert(context, family),
        Subject::Arp(offset) => on_arp(context, offset),
        Subject::Icmpv6(offset) => on_icmpv6(context, offset),
    };
    match verdict {
        Verdict::Pass => {
            if let Some(family) = subject.refusable()
                && no_accept::is_in_use(&Maps)
                && is_refused(context, family)
            {
                debug!(&frame, "interface {}: not accepted", ifindex(context));
                return xdp_action::XDP_DROP;
            }
            if virtual_mac::is_addressed(&Packet(&frame)) {
                on_virtual_mac(context);
            }
            xdp_action::XDP_PASS
        }
        Verdict::Drop => {
            debug!(&frame, "interface {}: a frame ends here", ifindex(context));
            xdp_action::XDP_DROP
        }
        Verdict::Transmit => {
            debug!(&frame, "interface {}: answered for a virtual address", ifindex(context));
            xdp_action::XDP_TX
        }
    }
}

#[inline(never)]
fn on_advert(context: *mut xdp_md, family: u8) -> Verdict {
    on(Subject::Advert(family), context)
}

#[inline(never)]
fn on_arp(context: *mut xdp_md, offset: usize) -> Verdict {
    on(Subject::Arp(offset), context)
}

#[inline(never)]
fn on_icmpv6(context: *mut xdp_md, offset: usize) -> Verdict {
    on(Subject::Icmpv6(offset), context)
}

#[inline(never)]
fn is_refused(context: *mut xdp_md, family: u8) -> bool {
    no_accept::is_refused(&Packet(&XdpContext::new(context)), family, ifindex(context), &Maps)
}

#[inline(never)]
fn on_virtual_mac(context: *mut xdp_md) {
    virtual_mac::readdress(&mut Packet(&XdpContext::new(context)), ifindex(context), &Maps);
}

#[inline(always)]
fn on(subject: Subject, context: *mut xdp_md) -> Verdict {
    on_subject(subject, &mut Packet(&XdpContext::new(context)), ifindex(context), &Maps)
}

#[inline(always)]
fn ifindex(context: *mut xdp_md) -> u32 {
    // SAFETY: the kernel hands every XDP program a valid `xdp_md`, and nothing else comes here.
    unsafe { (*context).ingress_ifindex }
}
