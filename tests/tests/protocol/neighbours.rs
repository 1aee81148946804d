//! Neighbor Discovery for a virtual address: who answers, how, and who does not (V4, V5, X23, X28).

use std::{net::Ipv6Addr, thread};

use vrrp_tests::{
    Chatter, Conf, FrameSender,
    craft::{duplicate_probe, solicitation, unicast_solicitation},
    cube, require, vrrp,
    wire::{Advertisement, Frame},
};

use super::support::{Bench, LATE, SECOND, SILENCE, number, peer_source, start, wait_for};

const ALL_NODES: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);
const OTHER_MAC: [u8; 6] = [2, 0, 0, 0, 0, 0x99];

#[test]
fn the_master_answers_solicitations_in_generic_mode() {
    require!(Lab, Vrrp);
    answers("generic");
}

#[test]
fn the_master_answers_solicitations_in_native_mode() {
    require!(Lab, Vrrp);
    answers("native");
}

#[test]
fn the_master_answers_solicitations_at_tc() {
    require!(Lab, Vrrp);
    answers("tc");
}

#[test]
fn the_master_answers_solicitations_without_ebpf() {
    require!(Lab, Vrrp);
    answers("off");
}

fn answers(hook: &str) {
    let bench = Bench::for_hook("nd", hook);
    let Bench { dut, client, .. } = &bench;
    assert_eq!(client.solicit(cube::VIP6, SILENCE).unwrap(), None);
    for forwards in [false, true] {
        let setting = format!("net.ipv6.conf.all.forwarding={}", u8::from(forwards));
        dut.output(&["sysctl", "-q", "-w", &setting]).unwrap();
        let conf = Conf { state: "MASTER", ..Conf::fast6(255) };
        let mark = bench.wire.mark();
        let mut daemon = bench.start(&conf.text(), &["--hook", hook]);
        bench.wait_for_masters(&[&conf]);
        every_kind_of_question(&bench, hook, forwards);
        nonsense_is_not_answered(&bench);
        let counted = number(&vrrp::router(dut, "VI_1").unwrap(), "/nd/answered");
        let answered = bench.wire.frames(|frame| {
            let to_asker = |it: &Advertisement| it.solicited && it.target == cube::VIP6;
            frame.number >= mark && frame.advertisement().is_some_and(to_asker)
        });
        // The kernel may be left to answer who looks for duplicates, which no flag tells apart.
        let least = if hook == "off" { 0 } else { u64::try_from(answered.len()).unwrap() };
        let most = if hook == "off" { 0 } else { least + 1 };
        assert!((least..=most).contains(&counted), "{hook}: {counted} counted of {least}");
        announcements_say_the_same(&bench, mark, forwards);
        assert!(daemon.terminate(5 * SECOND).unwrap().success());
        assert_eq!(client.solicit(cube::VIP6, SILENCE).unwrap(), None, "{hook}: after the end");
    }
}

/// Asks in every way there is.
fn every_kind_of_question(bench: &Bench, hook: &str, forwards: bool) {
    let Bench { dut, client, .. } = bench;
    let (mac, target) = (client.mac(), cube::VIP6);
    let local = client.link_local();
    for (what, request, asker) in [
        ("from a link-local address", solicitation(mac, local, target), Some(local)),
        (
            "from a global address",
            solicitation(mac, client.address6(), target),
            Some(client.address6()),
        ),
        ("by unicast", unicast_solicitation(mac, local, target, dut.mac()), Some(local)),
        ("looking for duplicates", duplicate_probe(mac, target), None),
    ] {
        let answers = ask(bench, &request);
        assert_eq!(answers.len(), 1, "{what}: {answers:?}");
        let answer = &answers[0];
        let said = answer.advertisement().unwrap();
        // Who asks by unicast knows it; Linux does not tell again.
        let brief = hook == "off" && what == "by unicast";
        let wanted = Advertisement {
            source: said.source,
            destination: asker.unwrap_or(ALL_NODES),
            hop_limit: 255,
            target,
            target_mac: (!brief).then_some(dut.mac()),
            router: forwards,
            solicited: asker.is_some(),
            overriding: !brief,
            checksum_is_right: true,
        };
        assert_eq!(*said, wanted, "{what}");
        // Its own address on the link: RFC 4861 §4.4.
        assert!([target, dut.link_local(), dut.address6()].contains(&said.source), "{what}");
        assert_eq!((answer.port.as_str(), answer.source_mac), ("dut", dut.mac()), "{what}");
        let to = if asker.is_some() { mac } else { [0x33, 0x33, 0, 0, 0, 1] };
        assert_eq!(answer.destination_mac, to, "{what}");
    }
    // The client's kernel asks on its own, and goes on to use what it is told.
    assert!(client.reaches(target, SECOND));
    let own = client.solicit(dut.address6(), SECOND).unwrap().unwrap();
    assert_eq!(own.advertisement.target_mac, Some(dut.mac()), "the node's own address");
}

fn nonsense_is_not_answered(bench: &Bench) {
    let Bench { dut, client, .. } = bench;
    let (mac, local, target) = (client.mac(), client.link_local(), cube::VIP6);
    let right = solicitation(mac, local, target);
    let spoilt = |at: usize, value: u8| {
        let mut frame = right.clone();
        frame[at] = value;
        frame
    };
    let nobody = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0x99);
    for (what, request) in [
        // RFC 4861 §7.1.1.
        ("a hop limit of 254", spoilt(21, 254)),
        ("a code", spoilt(55, 1)),
        ("a wrong checksum", spoilt(56, !right[56])),
        ("an option of no length", spoilt(14 + 40 + 25, 0)),
        ("cut short", right[..70].to_vec()),
        ("about nobody", solicitation(mac, local, nobody)),
        ("to another MAC address", unicast_solicitation(mac, local, target, OTHER_MAC)),
    ] {
        let answers = ask_briefly(bench, &request);
        assert!(answers.is_empty(), "{what}: {answers:?}");
    }
    // A multicast address has no neighbour.
    let group = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0x12);
    assert!(ask_briefly(bench, &solicitation(mac, local, group)).is_empty());
    assert!(dut.has_address(target));
}

/// Announcements tell what answers tell.
fn announcements_say_the_same(bench: &Bench, mark: u64, forwards: bool) {
    let dut = &bench.dut;
    let announced = bench
        .wire
        .frames(|frame| frame.number >= mark && frame.port == "dut" && frame.announces(cube::VIP6));
    // Duplicates looked for are answered in the same form.
    assert!(announced.len() >= 5, "{}", announced.len());
    for frame in &announced {
        let said = frame.advertisement().unwrap();
        assert_eq!(frame.destination_mac, [0x33, 0x33, 0, 0, 0, 1]);
        let flags = (said.router, said.solicited, said.overriding);
        assert_eq!(flags, (forwards, false, true), "{said:?}");
        assert_eq!((said.hop_limit, said.target_mac), (255, Some(dut.mac())));
        assert!(said.checksum_is_right && said.destination == ALL_NODES, "{said:?}");
    }
    let router = vrrp::router(dut, "VI_1").unwrap();
    assert!(number(&router, "/nd/announced") >= 5, "{router}");
}

/// Answers of the node under test to a request.
fn ask(bench: &Bench, request: &[u8]) -> Vec<Frame> {
    let mark = bench.wire.mark();
    FrameSender::open(&bench.client).unwrap().send(request).unwrap();
    let wanted = |frame: &Frame| is_answer(frame, mark);
    let first = bench.wire.expect_from(mark, SECOND, "an answer", wanted);
    first.unwrap_or_else(|error| panic!("{error:#}: {request:02x?}"));
    // A second answer would come right after the first.
    thread::sleep(SILENCE / 5);
    bench.wire.frames(wanted)
}

fn ask_briefly(bench: &Bench, request: &[u8]) -> Vec<Frame> {
    let mark = bench.wire.mark();
    FrameSender::open(&bench.client).unwrap().send(request).unwrap();
    thread::sleep(SILENCE / 2);
    bench.wire.frames(|frame| is_answer(frame, mark))
}

fn is_answer(frame: &Frame, mark: u64) -> bool {
    // Announcements of the second set may come at any time, but this is no time for them.
    frame.number >= mark && frame.port == "dut" && frame.advertisement().is_some()
}

#[test]
fn a_backup_answers_no_solicitation() {
    require!(Lab, Vrrp);
    for hook in ["generic", "native", "tc", "off"] {
        let bench = Bench::for_hook("nd-backup", hook);
        let Bench { dut, client, peer, .. } = &bench;
        let conf = Conf::fast6(100);
        let advert = conf.advert(peer_source(&conf), 150);
        let _chatter = Chatter::start(peer, vec![advert], conf.interval).unwrap();
        let _daemon = start(dut, &conf.text(), &["--hook", hook]);
        wait_for(dut, "VI_1", "backup", SECOND);
        // The kernel would answer for an address on this interface; nobody takes it off another.
        dut.namespace().ip(&["addr", "add", "2001:db8::46/128", "dev", "lo"]).unwrap();
        for _ in 0..3 {
            assert_eq!(client.solicit_all(cube::VIP6, SILENCE).unwrap(), [], "{hook}");
        }
        let unicast =
            unicast_solicitation(client.mac(), client.link_local(), cube::VIP6, dut.mac());
        assert_eq!(client.ask_nd(&unicast, cube::VIP6, SILENCE, 1).unwrap(), [], "{hook}");
        let refused = number(&vrrp::router(dut, "VI_1").unwrap(), "/nd/refused");
        if hook == "off" {
            assert_eq!(refused, 0);
        } else {
            assert!(refused >= 4, "{hook}: {refused} refused");
        }
    }
}

/// A daemon that is stopped answers no solicitation after its lease, though its kernel has the
/// address.
#[test]
fn a_paused_master_is_fenced() {
    require!(Lab, Vrrp);
    for hook in ["generic", "native", "tc"] {
        let bench = Bench::for_hook("nd-fence", hook);
        let conf = Conf { state: "MASTER", ..Conf::fast6(255) };
        let mut daemon = bench.start(&conf.text(), &["--hook", hook]);
        bench.wait_for_masters(&[&conf]);
        assert!(bench.client.solicit(cube::VIP6, SECOND).unwrap().is_some());
        daemon.stop().unwrap();
        thread::sleep(3 * conf.interval + LATE / 4);
        assert!(bench.dut.has_address(cube::VIP6));
        assert_eq!(bench.client.solicit_all(cube::VIP6, SILENCE).unwrap(), [], "{hook}");
        let probe = duplicate_probe(bench.client.mac(), cube::VIP6);
        let defended = bench.client.ask_nd(&probe, cube::VIP6, SILENCE, 1).unwrap();
        assert_eq!(defended, [], "{hook}");
        daemon.cont().unwrap();
        vrrp_tests::wait_until(SECOND, "an answer again", || {
            bench.client.solicit(cube::VIP6, SILENCE).unwrap().is_some()
        })
        .unwrap();
    }
}
