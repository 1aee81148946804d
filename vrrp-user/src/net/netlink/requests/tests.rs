use rtnetlink::packet_core::{DefaultNla, Emitable, ErrorBuffer, Parseable};

use super::*;

fn verdict(body: &[u8]) -> ErrorMessage {
    ErrorMessage::parse(&ErrorBuffer::new(&body)).unwrap()
}

#[test]
fn a_refusal_gives_its_reason_behind_the_header_it_quotes() {
    let attributes =
        [DefaultNla::new(2, vec![0; 4]), DefaultNla::new(1, b"no such label\0".to_vec())];
    let mut body = (-22i32).to_ne_bytes().to_vec();
    body.resize(4 + 16, 0xa5);
    assert_eq!(explanation(&verdict(&body)), None);
    body.resize(body.len() + attributes.as_slice().buffer_len(), 0);
    attributes.as_slice().emit(&mut body[20..]);
    assert_eq!(explanation(&verdict(&body)).as_deref(), Some("no such label"));
    for cut in 4..body.len() {
        // May find no reason, must not fail.
        let _ = explanation(&verdict(&body[..cut]));
    }
    assert_eq!(explanation(&verdict(&body[..4])), None);
}

fn vip() -> VirtualAddress {
    VirtualAddress {
        address: Ipv4Addr::new(10, 0, 0, 70).into(),
        prefix_length: 24,
        device: None,
        scope: 253,
        label: Some("v0:vip".into()),
        broadcast: None,
    }
}

/// The library itself would call this a success.
#[tokio::test]
async fn a_connection_that_breaks_down_is_no_success_and_is_replaced() {
    const NO_INTERFACE: u32 = 0x7fff_fff0;

    let (connection, handle, _) = rtnetlink::new_connection().unwrap();
    let mut requests = Requests { handle, answers: Arc::default() };
    let break_down = async { drop(connection) };
    let vip = vip();
    let (added, ()) = tokio::join!(requests.add(NO_INTERFACE, &vip), break_down);
    assert_eq!(added, Err(AddressError::Request(RequestError::NoAnswer)));
    assert_eq!(requests.answers().load(Ordering::Relaxed), 0);
    // Without CAP_NET_ADMIN, that is the answer; it is one.
    let added = requests.add(NO_INTERFACE, &vip).await;
    assert!(matches!(added, Err(AddressError::NoDevice | AddressError::NotPermitted)), "{added:?}");
    assert_eq!(requests.answers().load(Ordering::Relaxed), 1);
}

#[test]
fn a_single_ipv6_address_lives_forever_and_is_never_preferred() {
    let vip = |prefix_length| VirtualAddress {
        address: Ipv6Addr::LOCALHOST.into(),
        prefix_length,
        scope: 0,
        label: None,
        ..vip()
    };
    let mut lifetime = CacheInfo::default();
    lifetime.ifa_valid = u32::MAX;
    assert_eq!(for_service_only(&vip(128)), Some(AddressAttribute::CacheInfo(lifetime)));
    assert_eq!(for_service_only(&vip(64)), None);
}

#[test]
fn nothing_is_put_on_that_was_not_configured() {
    let address = vip();
    let message = message(7, &address);
    assert_eq!((message.header.index, message.header.prefix_len), (7, 24));
    assert_eq!(u8::from(message.header.scope), 253);
    let ip = address.address;
    assert_eq!(message.attributes, [AddressAttribute::Address(ip), AddressAttribute::Local(ip)]);
}
