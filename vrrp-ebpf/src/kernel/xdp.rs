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
/// What is none of our business leaves from here. For each other subject a function of its own is
/// called, which has the stack almost for itself.
#[xdp(frags)]
fn vrrp_xdp(context: XdpContext) -> u32 {
    if !is_of_interest(&Packet(&context), &Maps) {
        return xdp_action::XDP_PASS;
    }
    judge(context.ctx)
}

#[inline(never)]
fn judge(context: *mut xdp_md) -> u32 {
    let context = XdpContext::new(context);
    let packet = Packet(&context);
    let subject = Subject::of(&packet);
    let verdict = match subject {
        Subject::Other | Subject::Ip(_) => Verdict::Pass,
        Subject::Advert(family) => on_advert(context.ctx, family),
        Subject::Arp(offset) => on_arp(context.ctx, offset),
        Subject::Icmpv6(offset) => on_icmpv6(context.ctx, offset),
    };
    match verdict {
        Verdict::Pass => {
            if let Some(family) = subject.refusable()
                && no_accept::is_in_use(&Maps)
                && is_refused(context.ctx, family)
            {
                debug!(&context, "interface {}: not accepted", ifindex(context.ctx));
                return xdp_action::XDP_DROP;
            }
            if virtual_mac::is_addressed(&packet) {
                on_virtual_mac(context.ctx);
            }
            xdp_action::XDP_PASS
        }
        Verdict::Drop => {
            debug!(&context, "interface {}: a frame ends here", ifindex(context.ctx));
            xdp_action::XDP_DROP
        }
        Verdict::Transmit => {
            debug!(&context, "interface {}: answered for a virtual address", ifindex(context.ctx));
            xdp_action::XDP_TX
        }
    }
}

#[inline(never)]
fn on_advert(context: *mut xdp_md, family: u8) -> Verdict {
    decide(context, Subject::Advert(family))
}

#[inline(never)]
fn on_arp(context: *mut xdp_md, offset: usize) -> Verdict {
    decide(context, Subject::Arp(offset))
}

#[inline(never)]
fn on_icmpv6(context: *mut xdp_md, offset: usize) -> Verdict {
    decide(context, Subject::Icmpv6(offset))
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
fn decide(context: *mut xdp_md, subject: Subject) -> Verdict {
    on_subject(subject, &mut Packet(&XdpContext::new(context)), ifindex(context), &Maps)
}

#[inline(always)]
fn ifindex(context: *mut xdp_md) -> u32 {
    // SAFETY: the kernel hands every XDP program a valid `xdp_md`, and nothing else comes here.
    unsafe { (*context).ingress_ifindex }
}
