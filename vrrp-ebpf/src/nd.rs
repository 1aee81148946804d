//! Answering Neighbor Solicitations for virtual addresses, in place.

use crate::{
    abi::{Address, Counter, VIP_ROUTER, Vip, VipKey, is_same},
    conflict,
    decide::Verdict,
    frame::Frame,
    tables::Tables,
    wire::{ethernet, ipv6, nd},
};

/// Where the header of IPv6 of an answerable frame begins.
const IP: usize = ethernet::HEADER_LENGTH;
/// Where the `ICMPv6` message of an answerable frame begins.
const MESSAGE: usize = IP + ipv6::HEADER_LENGTH;

/// Decides about the `ICMPv6` packet whose IPv6 header is at `offset`, and turns a solicitation for a
/// virtual address into its advertisement while the lease holds (RFC 4861 §7.2.4).
///
/// Past the lease such a solicitation is dropped, whatever its shape, though the address may still
/// sit on the interface of a node whose daemon is gone. Left to the kernel are: anything else, our
/// own, and those addressed to another node that a promiscuous interface let in. While the lease
/// holds the kernel also answers those that would need an answer of another length, and judges
/// those that are not as they must be (RFC 4861 §7.1.1).
#[inline(always)]
pub fn on_packet(
    frame: &mut (impl Frame + ?Sized),
    offset: usize,
    ifindex: u32,
    tables: &impl Tables,
) -> Verdict {
    match solicitation(frame, offset, ifindex, tables) {
        Some(verdict) => verdict,
        None => Verdict::Pass,
    }
}

/// As [`on_packet`]; `None` for what is left to the kernel.
#[inline(always)]
fn solicitation(
    frame: &mut (impl Frame + ?Sized),
    offset: usize,
    ifindex: u32,
    tables: &impl Tables,
) -> Option<Verdict> {
    let message = offset + ipv6::HEADER_LENGTH;
    let [kind] = frame.read(message + nd::KIND)?;
    if kind == nd::ADVERTISEMENT {
        conflict::on_advertisement(frame, offset, ifindex, tables);
    }
    if kind != nd::SOLICITATION {
        return None;
    }
    let target = frame.read(message + nd::TARGET)?;
    let vip = tables.vip(&VipKey { address: target, ifindex })?;

    let header = ethernet::Header::read(frame)?;
    if vip.is_at(header.source)
        || (!ethernet::is_group(header.destination) && !vip.is_at(header.destination))
    {
        return None;
    }
    if tables.now() >= tables.lease_until(vip.slot) {
        tables.count(vip.slot, Counter::NdRefused);
        return Some(Verdict::Drop);
    }
    if offset != ethernet::HEADER_LENGTH {
        return None;
    }
    answer(frame, vip, &target, header.destination)?;
    tables.count(vip.slot, Counter::NdAnswered);
    Some(Verdict::Transmit)
}

/// Turns a solicitation for `target`, sent to the hardware address `to`, into its advertisement;
/// `None`, with nothing changed, if that is for the kernel.
#[inline(always)]
fn answer(
    frame: &mut (impl Frame + ?Sized),
    vip: &Vip,
    target: &Address,
    to: [u8; 6],
) -> Option<()> {
    let destination = frame.read(IP + ipv6::DESTINATION)?;
    let to_group = is_same(&destination, &nd::solicited_node_group(target));
    let [_, code] = frame.read(MESSAGE)?;
    if !nd::is_ip_header_start(frame.read(IP)?)
        || code != 0
        || ipv6::is_multicast(*target)
        || (!to_group && !is_same(&destination, target))
        || (ethernet::is_group(to) && to != nd::group_mac(&destination))
        || !nd::sum(frame, IP)?.is_intact()
    {
        return None;
    }
    let asker = asker(frame, target, to_group)?;
    if vip.is_at(asker.mac) {
        return None;
    }

    let router = if vip.has(VIP_ROUTER) { nd::ROUTER } else { 0 };
    let back = ethernet::Header {
        destination: asker.mac,
        source: vip.mac,
        ethertype: ethernet::TYPE_IPV6,
    };
    // The sum has shown that all this can be written.
    frame.write(0, &back.to_bytes())?;
    frame.write(IP, &nd::ip_header_start())?;
    frame.write(IP + ipv6::SOURCE, target)?;
    frame.write(IP + ipv6::DESTINATION, &asker.address)?;
    let flags = router | asker.flags;
    frame.write(MESSAGE, &[nd::ADVERTISEMENT, 0, 0, 0, flags, 0, 0, 0])?;
    frame.write(MESSAGE + nd::OPTION, &nd::TARGET_ADDRESS)?;
    frame.write(MESSAGE + nd::OPTION_CONTENT, &vip.mac)?;
    let checksum = !nd::sum(frame, IP)?.fold();
    frame.write(MESSAGE + nd::CHECKSUM, &checksum.to_be_bytes())
}

/// To whom an answer goes.
struct Asker {
    address: Address,
    mac: [u8; 6],
    /// Of the advertisement, but for that of a router.
    flags: u8,
}

/// Who has sent a solicitation; `None` if an answer would not fit in its place or go nowhere.
#[inline(always)]
fn asker(frame: &(impl Frame + ?Sized), target: &Address, to_group: bool) -> Option<Asker> {
    let source = frame.read(IP + ipv6::SOURCE)?;
    let option = frame.read(MESSAGE + nd::OPTION)?;
    let mac = frame.read(MESSAGE + nd::OPTION_CONTENT)?;
    if is_same(&source, &ipv6::UNSPECIFIED) {
        // Duplicate address detection (RFC 4862 §5.4.3), which all nodes hear the end of.
        (to_group && option == nd::NONCE).then_some(Asker {
            address: ipv6::ALL_NODES,
            mac: nd::group_mac(&ipv6::ALL_NODES),
            flags: nd::OVERRIDE,
        })
    } else {
        (option == nd::SOURCE_ADDRESS
            && !ethernet::is_group(mac)
            && !ipv6::is_multicast(source)
            && !is_same(&source, target))
        .then_some(Asker { address: source, mac, flags: nd::SOLICITED | nd::OVERRIDE })
    }
}
