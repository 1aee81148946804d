//! Changing the bytes of a frame.

use proptest::{collection::vec, prelude::*, sample::Index};

use crate::frames::{ETHERNET, seal_ip_header, seal_message};
use crate::frames_ipv6::{PAYLOAD, seal};

/// Longer frames say nothing new.
const LONGEST: usize = 1_514;

/// One change.
#[derive(Clone, Debug)]
pub(super) enum Change {
    Flip(Index, u8),
    /// Sets a byte of the headers, where the fields are.
    Set(usize, u8),
    Insert(Index, Vec<u8>),
    Remove(Index, usize),
    Truncate(Index),
    Pad(usize, u8),
}

impl Change {
    pub(super) fn apply(&self, frame: &mut Vec<u8>) {
        match self {
            Self::Flip(place, bit) => {
                let place = place.index(frame.len());
                frame[place] ^= 1 << bit;
            }
            Self::Set(place, byte) => {
                if let Some(old) = frame.get_mut(*place) {
                    *old = *byte;
                }
            }
            Self::Insert(place, bytes) => {
                let place = place.index(frame.len() + 1);
                frame.splice(place..place, bytes.iter().copied());
            }
            Self::Remove(place, count) => {
                let place = place.index(frame.len());
                frame.drain(place..(place + count).min(frame.len()));
            }
            Self::Truncate(place) => frame.truncate(place.index(frame.len() + 1)),
            Self::Pad(count, byte) => frame.resize(frame.len() + count, *byte),
        }
        frame.truncate(LONGEST);
        if frame.len() < ETHERNET {
            frame.resize(ETHERNET, 0);
        }
    }
}

pub(super) fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        3 => (any::<Index>(), 0..8_u8).prop_map(|(place, bit)| Change::Flip(place, bit)),
        3 => (0..PAYLOAD + 8, any::<u8>()).prop_map(|(place, byte)| Change::Set(place, byte)),
        1 => (any::<Index>(), vec(any::<u8>(), 1..9))
            .prop_map(|(place, bytes)| Change::Insert(place, bytes)),
        1 => (any::<Index>(), 1..9_usize).prop_map(|(place, count)| Change::Remove(place, count)),
        1 => any::<Index>().prop_map(Change::Truncate),
        1 => (1..20_usize, any::<u8>()).prop_map(|(count, byte)| Change::Pad(count, byte)),
    ]
}

/// What is made right again after changes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seals {
    pub(super) ip_header: bool,
    pub(super) message: bool,
    pub(super) length: bool,
}

pub(super) fn seals() -> impl Strategy<Value = Seals> {
    (prop::bool::weighted(0.9), prop::bool::weighted(0.8), prop::bool::weighted(0.5))
        .prop_map(|(ip_header, message, length)| Seals { ip_header, message, length })
}

impl Seals {
    pub(super) fn apply(self, frame: &mut [u8]) {
        match frame.get(12..14) {
            Some([0x08, 0x00]) => self.apply_ipv4(frame),
            Some([0x86, 0xdd]) => self.apply_ipv6(frame),
            _ => {}
        }
    }

    fn apply_ipv4(self, frame: &mut [u8]) {
        if self.length && frame.len() >= ETHERNET + 4 {
            let total = u16::try_from(frame.len() - ETHERNET).unwrap_or(u16::MAX);
            frame[ETHERNET + 2..ETHERNET + 4].copy_from_slice(&total.to_be_bytes());
        }
        if self.message {
            seal_message(frame);
        }
        if self.ip_header {
            seal_ip_header(frame);
        }
    }

    fn apply_ipv6(self, frame: &mut [u8]) {
        if self.length && frame.len() >= PAYLOAD {
            let length = u16::try_from(frame.len() - PAYLOAD).unwrap_or(u16::MAX);
            frame[ETHERNET + 4..ETHERNET + 6].copy_from_slice(&length.to_be_bytes());
        }
        if self.message {
            // ICMPv6 has its checksum elsewhere.
            let icmp = frame.get(ETHERNET + 6) == Some(&58);
            seal(frame, if icmp { 2 } else { 6 });
        }
    }
}
