//! The program for tc ingress: tcx, since Linux 6.6, or a filter of the clsact qdisc.

use aya_ebpf::{
    bindings::{TC_ACT_SHOT, TC_ACT_UNSPEC, __sk_buff},
    helpers::{bpf_redirect, bpf_skb_vlan_pop},
    macros::classifier,
    programs::TcContext,
};
use aya_log_ebpf::debug;
use vrrp_ebpf::{Verdict, frame::Frame, on_frame, wire::ethernet::VLAN_ID_MASK};

use super::{maps::Maps, packet::Packet};

/// `PACKET_HOST` of `linux/if_packet.h`: for this node.
const PACKET_HOST: u32 = 0;
/// `PACKET_LOOPBACK`: a copy of what this node sends to a group that it is a member of.
const PACKET_LOOPBACK: u32 = 5;

/// The program for tc ingress.
///
/// What passes is not accepted in everybody's name: `TC_ACT_UNSPEC`, which is `TCX_NEXT`, has the
/// programs and filters behind this one judge it too, where `TC_ACT_OK` would end their chain.
#[classifier]
fn vrrp_ingress(context: TcContext) -> i32 {
    let skb: *mut __sk_buff = context.skb.skb;
    // SAFETY: the kernel hands every classifier a valid `__sk_buff`.
    let ifindex = || unsafe { (*skb).ifindex };
    let mut frame = SocketBuffer { context: &context, is_changed: false };
    match on_frame(&mut frame, ifindex, &Maps) {
        Verdict::Pass => {
            if frame.is_changed {
                // Its type was told by the hardware address that it had when it came.
                let _ = context.change_type(PACKET_HOST);
            }
            TC_ACT_UNSPEC
        }
        Verdict::Drop => {
            debug!(&context, "interface {}: a frame ends here", ifindex());
            TC_ACT_SHOT
        }
        Verdict::Transmit => {
            debug!(&context, "interface {}: answered for a virtual address", ifindex());
            if has_tag(skb) {
                // A priority is the asker's; the kernel answers without, too.
                // SAFETY: as above.
                unsafe { bpf_skb_vlan_pop(skb) };
            }
            // SAFETY: the helper takes two numbers.
            #[expect(clippy::cast_possible_truncation, reason = "an action has 32 bits")]
            let action = unsafe { bpf_redirect(ifindex(), 0) } as i32;
            action
        }
    }
}

/// A frame in a socket buffer.
///
/// Written to by a helper, which makes a copy if others share the bytes. A program that writes by
/// itself has the kernel see to that before it begins, for every frame of the interface.
struct SocketBuffer<'a> {
    context: &'a TcContext,
    is_changed: bool,
}

impl Frame for SocketBuffer<'_> {
    /// The kernel has put the VLAN's number beside the frame: in another VLAN it says nothing to
    /// this interface. What this node sends to itself comes without an Ethernet header.
    #[inline(always)]
    fn open(&mut self, length: usize) -> Option<()> {
        let skb = self.context.skb.skb;
        // SAFETY: the kernel hands every classifier a valid `__sk_buff`.
        let (kind, tag) = unsafe { ((*skb).pkt_type, (*skb).vlan_tci) };
        if kind == PACKET_LOOPBACK
            || (has_tag(skb) && tag & u32::from(VLAN_ID_MASK) != 0)
        {
            return None;
        }
        #[expect(clippy::cast_possible_truncation, reason = "it is the lesser one")]
        let wanted = length.min(self.context.len() as usize) as u32;
        if self.context.data_end() - self.context.data() < wanted as usize {
            // Without memory for it the frame stays out of reach, here and for the kernel.
            let _ = self.context.pull_data(wanted);
        }
        Some(())
    }

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

/// Whether a VLAN tag lies beside the frame.
#[inline(always)]
fn has_tag(skb: *mut __sk_buff) -> bool {
    // SAFETY: the kernel hands every classifier a valid `__sk_buff`.
    unsafe { (*skb).vlan_present != 0 }
}
