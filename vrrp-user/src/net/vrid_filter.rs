//! Having the kernel keep from a raw socket the adverts that are nobody's business here.

use std::collections::BTreeSet;

use socket2::SockFilter;

use crate::protocol::{Family, Vrid};

/// The whole datagram goes to the socket.
const ALL: u32 = u32::MAX;
/// Where the VRID stands in a message, in VRRPv2, VRRPv3 and CARP alike (RFC 9568 §5.2).
const VRID_OFFSET: u32 = 1;

/// The classic BPF program that lets through the messages of `vrids` alone, for a raw socket of
/// `family`: of an IPv4 datagram it sees all, of an IPv6 one what comes after the headers. What is
/// too short to have a VRID does not come through.
pub(super) fn program(family: Family, vrids: &BTreeSet<Vrid>) -> Vec<SockFilter> {
    let mut program = match family {
        Family::Ipv4 => vec![
            statement(libc::BPF_LDX | libc::BPF_B | libc::BPF_MSH, 0),
            statement(libc::BPF_LD | libc::BPF_B | libc::BPF_IND, VRID_OFFSET),
        ],
        Family::Ipv6 => vec![statement(libc::BPF_LD | libc::BPF_B | libc::BPF_ABS, VRID_OFFSET)],
    };
    // From a match over the remaining comparisons and over the refusal: never more than the 255
    // that a jump can go, since there are no more VRIDs.
    for (vrid, jump) in
        vrids.iter().zip((0..=u8::MAX).rev().skip(usize::from(u8::MAX) - vrids.len()))
    {
        program.push(instruction(
            libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K,
            jump,
            vrid.get().into(),
        ));
    }
    program.push(statement(libc::BPF_RET | libc::BPF_K, 0));
    program.push(statement(libc::BPF_RET | libc::BPF_K, ALL));
    program
}

fn statement(code: u32, operand: u32) -> SockFilter {
    instruction(code, 0, operand)
}

fn instruction(code: u32, jump_if_equal: u8, operand: u32) -> SockFilter {
    #[expect(clippy::cast_possible_truncation, reason = "all codes have one byte")]
    SockFilter::new(code as u16, jump_if_equal, 0, operand)
}
