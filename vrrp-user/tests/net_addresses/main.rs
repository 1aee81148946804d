//! Claims against a real kernel.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "the helpers of a test fail it by panicking"
)]

mod ipv4;
mod ipv6;
#[path = "../net_support/mod.rs"]
mod net_support;

use std::{net::IpAddr, time::Duration};

use net_support::ip;
use tokio::{sync::mpsc::UnboundedReceiver, time::timeout};
use vrrp_user::{
    config::model::VirtualAddress,
    net::{Claim, Event},
};

type Events = UnboundedReceiver<Event>;

/// A virtual address as the configuration has it where it says nothing else.
fn host(address: IpAddr) -> VirtualAddress {
    VirtualAddress::new(address, if address.is_ipv4() { 32 } else { 128 })
}

fn on(device: &str, address: &VirtualAddress) -> Claim {
    Claim { device: device.to_owned(), address: address.clone() }
}

async fn next(events: &mut Events) -> Event {
    timeout(Duration::from_secs(2), events.recv()).await.expect("an event in time").unwrap()
}

fn added(device: &str, address: &VirtualAddress) -> Event {
    Event::AddressAdded { device: device.to_owned(), address: address.clone() }
}

fn restored(device: &str, address: &VirtualAddress) -> Event {
    Event::AddressRestored { device: device.to_owned(), address: address.clone() }
}

fn removed(device: &str, address: &VirtualAddress) -> Event {
    Event::AddressRemoved { device: device.to_owned(), address: address.clone() }
}

async fn silent(events: &mut Events) {
    let event = timeout(Duration::from_millis(150), events.recv()).await;
    assert!(event.is_err(), "unexpected {event:?}");
}

fn veth() {
    ip("link add v0 type veth peer name v1");
    ip("link set v0 up");
    ip("link set v1 up");
}
