//! As many virtual routers as there may be: 4,096 in one daemon.

use std::{collections::BTreeMap, net::Ipv4Addr, thread};

use vrrp_tests::{
    Conf, Lab, Node, Segment, Wire, poll_for, require, timing::longest_gap, vrrp, wait_until,
    wire::Frame,
};

use super::support::SECOND;

const MOST: usize = 4_096;

/// Virtual routers by interface: 255 on each of sixteen, the rest on the last.
fn confs() -> Vec<Conf> {
    let interfaces: Vec<&'static str> = (1..=17).map(name).collect();
    let places = interfaces
        .iter()
        .zip(1_u8..)
        .flat_map(|(interface, net)| (1..=u8::MAX).map(move |vrid| (*interface, net, vrid)));
    let confs = places.take(MOST).map(|(interface, net, vrid)| {
        let name = format!("{interface}_{vrid}");
        Conf { interface, ..Conf::fast(100).every(SECOND).named(&name, vrid) }
            .vips(&[Ipv4Addr::new(10, 100 + net, 1, vrid)])
    });
    confs.collect()
}

fn name(number: u8) -> &'static str {
    const NAMES: [&str; 17] = [
        "eth1", "eth2", "eth3", "eth4", "eth5", "eth6", "eth7", "eth8", "eth9", "eth10", "eth11",
        "eth12", "eth13", "eth14", "eth15", "eth16", "eth17",
    ];
    NAMES[usize::from(number) - 1]
}

/// How many routers are in each state.
fn states(node: &Node) -> Option<BTreeMap<String, usize>> {
    let status = vrrp::status(node).ok()?;
    let mut counts = BTreeMap::new();
    for router in status["routers"].as_array()? {
        *counts.entry(router["state"].as_str()?.to_owned()).or_default() += 1;
    }
    Some(counts)
}

fn held(node: &Node) -> usize {
    let shown = node.output(&["ip", "-o", "-4", "addr", "show"]).unwrap();
    shown.lines().filter(|line| line.contains("/32 ")).count()
}

#[test]
fn four_thousand_routers_become_masters_and_keep_their_pace() {
    require!(Lab, Vrrp);
    let mut lab = Lab::new("many").unwrap();
    let node = lab.add_node("dut", "10.0.0.60/24").unwrap();
    for number in 1..=17_u8 {
        let address = format!("10.{}.0.60/24", 100 + number);
        lab.add_interface(&node, name(number), &address, Segment::Alone).unwrap();
    }
    let confs = confs();
    assert_eq!(confs.len(), MOST);
    let text: String = confs.iter().map(Conf::text).collect();
    let mut daemon = vrrp::start(&node, &text, &["--hook", "generic"]).unwrap();
    let mut last = None;
    let all = BTreeMap::from([("master".to_owned(), MOST)]);
    poll_for(30 * SECOND, "all to be masters", || {
        thread::sleep(SECOND / 4);
        last = states(&node);
        (last.as_ref() == Some(&all)).then_some(())
    })
    .unwrap_or_else(|error| panic!("{error:#}: {last:?}\n{}", daemon.log_tail(20)));
    wait_until(10 * SECOND, "all addresses", || {
        thread::sleep(SECOND / 4);
        held(&node) == MOST
    })
    .unwrap_or_else(|error| panic!("{error:#}: {}", held(&node)));

    // The second set of announcements comes five seconds after the first.
    thread::sleep(6 * SECOND);
    let wire = Wire::open(&lab).unwrap();
    thread::sleep(3 * SECOND + SECOND / 2);
    let mut by_router = BTreeMap::<(String, u8), Vec<Frame>>::new();
    for frame in wire.frames(|frame| frame.advert().is_some()) {
        let vrid = frame.advert().unwrap().vrid;
        by_router.entry((frame.port.clone(), vrid)).or_default().push(frame);
    }
    assert_eq!((by_router.len(), wire.forgotten()), (MOST, 0));
    for (router, adverts) in &by_router {
        let gap = longest_gap(adverts);
        assert!(adverts.len() >= 3 && gap < SECOND * 3 / 2, "{router:?}: {gap:?}");
    }
    let status = vrrp::status(&node);
    assert_eq!(states(&node), Some(all), "{:?}", status.err());

    let mark = wire.mark();
    assert!(daemon.terminate(20 * SECOND).unwrap().success(), "{}", daemon.log_tail(20));
    let farewells = |frame: &Frame| {
        frame.number >= mark && frame.advert().is_some_and(|advert| advert.priority == 0)
    };
    assert_eq!(wire.frames(farewells).len(), MOST);
    assert_eq!(held(&node), 0);
}
