//! The kernel's side of the packet core.

mod maps;
mod packet;

use aya_ebpf::{
    EbpfContext as _,
    bindings::{xdp_action, xdp_md},
    macros::xdp,
    programs::XdpContext,
};
use aya_log_ebpf::debug;
use vrrp_ebpf::{Verdict, on_frame};

use self::{maps::Maps, packet::Packet};

/// The program for XDP, native and generic. Frags-aware: a jumbo MTU needs no linearising.
#[xdp(frags)]
fn vrrp_xdp(context: XdpContext) -> u32 {
    let mut packet = Packet(&context);
    // SAFETY: the kernel hands every XDP program a valid `xdp_md`.
    let ifindex = || unsafe { (*context.as_ptr().cast::<xdp_md>()).ingress_ifindex };
    let verdict = on_frame(&mut packet, ifindex, &Maps);
    match verdict {
        Verdict::Pass => xdp_action::XDP_PASS,
        Verdict::Drop => {
            debug!(&context, "interface {}: a frame ends here", ifindex());
            xdp_action::XDP_DROP
        }
        Verdict::Transmit => {
            debug!(&context, "interface {}: answered for a virtual address", ifindex());
            xdp_action::XDP_TX
        }
    }
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    // The verifier refuses a program in which this can be reached.
    loop {}
}

/// The kernel lends its GPL-only helpers to programs that say this.
#[unsafe(link_section = "license")]
#[unsafe(no_mangle)]
static LICENSE: [u8; 13] = *b"Dual MIT/GPL\0";
