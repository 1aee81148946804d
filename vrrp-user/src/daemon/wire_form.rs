//! What a router puts on the wire, ready made.

use std::{collections::BTreeMap, io, net::IpAddr};

use vrrp_ebpf::wire::vrrp;

use super::port::Port;
use serde::{Deserialize, Serialize};

use crate::{
    config::model::{HmacSettings, Instance, Transport},
    hmac::{self, Sequence, Signer},
    protocol::{Priority, virtual_mac},
    wire::{AdvertContent, AdvertFrame, MessageContent},
};

/// Where a router's adverts leave from. The same place needs no other wire form.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Place {
    /// Index of the interface.
    pub(super) ifindex: u32,
    /// The interface's own hardware address.
    pub(super) own_mac: [u8; 6],
    /// Source address.
    pub(super) source: IpAddr,
    /// Whether what is sent to a virtual hardware address reaches the kernel.
    pub(super) readdresses: bool,
}

/// Where the numbers stand that grow from advert to advert.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(super) struct Continuity {
    /// IP identification, by destination.
    identifications: BTreeMap<IpAddr, u16>,
    /// Of the HMAC trailers.
    sequence: Option<Sequence>,
}

/// A router's adverts, ready made.
#[derive(Debug)]
pub(super) struct WireForm {
    pub(super) place: Place,
    /// Each with where it goes: one for a group, else one for every peer.
    adverts: Vec<(IpAddr, AdvertFrame)>,
    is_unicast: bool,
    signer: Option<Signer>,
}

impl WireForm {
    /// Makes what leaves from `place`, going on where others ended. `None` if the source is not
    /// of the instance's family.
    pub(super) fn new(instance: &Instance, place: Place, before: &Continuity) -> Option<Self> {
        let addresses: Vec<IpAddr> =
            instance.addresses.iter().map(|address| address.address).collect();
        let mut signer = instance
            .hmac
            .as_ref()
            .and_then(|settings| Signer::new(settings, hmac_router(instance), place.source));
        if let (Some(signer), Some(last)) = (&mut signer, before.sequence) {
            signer.continue_from(last);
        }
        let advert = |destination, ttl| {
            AdvertFrame::new(&AdvertContent {
                mac: hardware_address(instance, place.own_mac, place.readdresses),
                source: place.source,
                destination,
                ttl,
                pseudo_header: instance.pseudo_header,
                signed: signer.is_some(),
                message: MessageContent {
                    version: instance.version,
                    vrid: instance.vrid,
                    interval: instance.advert_interval,
                    password: instance.password.as_ref(),
                    addresses: &addresses,
                },
            })
            .map(|frame| (destination, frame))
        };
        let mut adverts: Vec<_> = match &instance.transport {
            Transport::Multicast { group } => vec![advert(*group, vrrp::TTL)?],
            Transport::Unicast(unicast) => unicast
                .peers
                .iter()
                .map(|peer| advert(peer.address, unicast.ttl))
                .collect::<Option<_>>()?,
        };
        for (destination, advert) in &mut adverts {
            if let Some(&last) = before.identifications.get(destination) {
                advert.continue_from(last);
            }
        }
        let is_unicast = matches!(instance.transport, Transport::Unicast(_));
        Some(Self { place, adverts, is_unicast, signer })
    }

    /// Makes the advert with this priority ready to be sent with others'; false if that cannot be
    /// done, for it goes to single peers.
    pub(super) fn prepare(&mut self, priority: Priority) -> bool {
        match self.adverts.as_mut_slice() {
            [(_, advert)] if !self.is_unicast => {
                advert.with_priority(priority, self.signer.as_mut());
                true
            }
            _ => false,
        }
    }

    /// The frame that is ready.
    pub(super) fn prepared(&self) -> Option<&[u8]> {
        self.adverts.first().map(|(_, advert)| advert.bytes())
    }

    /// Where its numbers stand.
    pub(super) fn continuity(&self) -> Continuity {
        Continuity {
            identifications: self
                .adverts
                .iter()
                .map(|(destination, advert)| (*destination, advert.identification()))
                .collect(),
            sequence: self.signer.as_ref().map(Signer::last),
        }
    }

    /// Sends an advert with this priority.
    ///
    /// # Errors
    /// When it could be sent to nobody.
    pub(super) fn send(&mut self, port: &Port, priority: Priority) -> io::Result<()> {
        let signer = &mut self.signer;
        let mut outcome = Err(io::ErrorKind::NotConnected.into());
        for (destination, advert) in &mut self.adverts {
            let sent = if self.is_unicast {
                let datagram = advert.datagram_with_priority(priority, signer.as_mut());
                port.send_unicast(datagram, *destination)
            } else {
                port.socket.send(advert.with_priority(priority, signer.as_mut()))
            };
            if outcome.is_err() {
                outcome = sent;
            }
        }
        outcome
    }
}

/// The hardware address that adverts, announcements and answers carry on the instance's interface.
pub(super) const fn hardware_address(
    instance: &Instance,
    own: [u8; 6],
    readdresses: bool,
) -> [u8; 6] {
    if instance.virtual_mac && readdresses {
        virtual_mac(instance.family, instance.vrid)
    } else {
        own
    }
}

/// What the HMACs of an instance's adverts are about.
pub(super) const fn hmac_router(instance: &Instance) -> hmac::Router {
    hmac::Router { version: instance.version, vrid: instance.vrid }
}

/// Who verifies the adverts of others.
pub(super) fn verifier(instance: &Instance) -> Option<hmac::Verifier> {
    let settings: &HmacSettings = instance.hmac.as_ref()?;
    Some(hmac::Verifier::new(settings.clone(), hmac_router(instance)))
}
