//! What leaves.

use aya_ebpf::{
    bindings::{__sk_buff, TC_ACT_SHOT, TC_ACT_UNSPEC},
    macros::classifier,
    programs::TcContext,
};
use aya_log_ebpf::debug;
use vrrp_ebpf::egress::{Egress, is_of_interest, on_egress};

use super::{maps::Maps, packet::Packet};

/// The program for tc and tcx egress. What passes goes on to whatever program comes next.
#[classifier]
fn vrrp_egress(context: TcContext) -> i32 {
    if !is_of_interest(&Packet(&context)) {
        return TC_ACT_UNSPEC;
    }
    match decide(context.skb.skb) {
        Egress::Pass => TC_ACT_UNSPEC,
        Egress::Drop => {
            debug!(&context, "a frame about a virtual address does not leave");
            TC_ACT_SHOT
        }
    }
}

#[inline(never)]
fn decide(skb: *mut __sk_buff) -> Egress {
    // SAFETY: the kernel hands every classifier a valid `__sk_buff`, and nothing else comes here.
    let (ifindex, tagged) = unsafe { ((*skb).ifindex, (*skb).vlan_present) };
    if tagged != 0 {
        // The tag is beside the frame: it belongs to another interface, on top of this one.
        return Egress::Pass;
    }
    on_egress(&mut Packet(&TcContext::new(skb)), ifindex, &Maps)
}
