use std::net::Ipv4Addr;

use rtnetlink::packet_core::{DefaultNla, Emitable, ErrorBuffer, Parseable};

use super::{super::error::AddressError, *};
use crate::config::model::VirtualAddress;

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

/// The library itself would call this a success.
#[tokio::test]
async fn a_connection_that_breaks_down_is_no_success_and_is_replaced() {
    const NO_INTERFACE: u32 = 0x7fff_fff0;

    let (connection, handle, _) = rtnetlink::new_connection().unwrap();
    let mut requests = Requests { handle, answers: Arc::default() };
    let break_down = async { drop(connection) };
    let vip = VirtualAddress::new(Ipv4Addr::new(10, 0, 0, 70).into(), 24);
    let (added, ()) = tokio::join!(requests.add(NO_INTERFACE, &vip), break_down);
    assert_eq!(added, Err(AddressError::Request(RequestError::NoAnswer)));
    assert_eq!(requests.answers().load(Ordering::Relaxed), 0);
    // Without CAP_NET_ADMIN, that is the answer; it is one.
    let added = requests.add(NO_INTERFACE, &vip).await;
    assert!(matches!(added, Err(AddressError::NoDevice | AddressError::NotPermitted)), "{added:?}");
    assert_eq!(requests.answers().load(Ordering::Relaxed), 1);
}
