//! Who answers ARP for the address, and how.

use std::{net::Ipv4Addr, thread, time::Duration};

use vrrp_tests::{
    Chatter, Conf, FrameSender, Wire,
    craft::{arp, arp_request, padded},
    cube, require, wait_until,
    wire::{
        Frame,
        frame::{ARP_REPLY, ARP_REQUEST},
    },
};

use super::support::{Bench, PEER, SECOND, number, router, start};

const OTHER_MAC: [u8; 6] = [2, 0, 0, 0, 0, 0x99];

/// Long enough for an answer that will not come.
const SILENCE: Duration = Duration::from_millis(150);

#[test]
fn the_master_answers_every_kind_of_request_with_the_right_bytes() {
    require!(Lab, Vrrp);
    for hook in ["generic", "native", "tc"] {
        every_kind_of_request(hook);
    }
}

fn every_kind_of_request(hook: &str) {
    let mut bench = Bench::new(hook);
    // Answers of a native program arrive only where there is one too.
    let _port = (hook == "native").then(|| bench.dut.native_port().unwrap());
    let backup = bench.lab.add_node("backup", "10.0.0.61/24").unwrap();
    bench.wire = Wire::open(&bench.lab).unwrap();
    let _master = bench.start_master(&Conf::fast(255), &["--hook", hook]);
    let _backup = start(&backup, &Conf::fast(90), &["--hook", hook]);
    let Bench { wire, dut, client, .. } = &bench;
    wait_until(SECOND, "the address", || dut.has_address(cube::VIP)).unwrap();
    let sender = FrameSender::open(client).unwrap();
    let answers = |request: &[u8], window: Duration| -> Vec<Frame> {
        let mark = wire.mark();
        sender.send(request).unwrap();
        let wanted = |frame: &Frame| {
            frame.number >= mark
                && frame.port != "client"
                && frame.arp().is_some_and(|arp| arp.operation == ARP_REPLY && !arp.is_gratuitous())
        };
        if window > SILENCE {
            // A second answer would come right after the first.
            let _ = wire.expect_from(mark, window, "an answer", wanted);
            thread::sleep(SILENCE / 5);
        } else {
            thread::sleep(window);
        }
        wire.frames(wanted)
    };
    let reply =
        |to: [u8; 6], asker: Ipv4Addr| arp(to, ARP_REPLY, (dut.mac(), cube::VIP), (to, asker));

    let broadcast = arp_request(client.mac(), client.address(), cube::VIP);
    let probe = arp_request(client.mac(), Ipv4Addr::UNSPECIFIED, cube::VIP);
    let mut unicast = broadcast.clone();
    unicast[..6].copy_from_slice(&dut.mac());
    let mut count = 0;
    for (what, request, asker) in [
        ("broadcast", &broadcast, client.address()),
        ("probe", &probe, Ipv4Addr::UNSPECIFIED),
        ("unicast", &unicast, client.address()),
    ] {
        for padding in [false, true] {
            let request = if padding { padded(request.clone()) } else { request.clone() };
            let answers = answers(&request, SECOND);
            assert_eq!(answers.len(), 1, "{what}");
            assert_eq!(answers[0].port, "dut", "{what}");
            assert_eq!(answers[0].bytes.len(), request.len(), "{what}: answered in place");
            assert_eq!(answers[0].bytes[..42], reply(client.mac(), asker), "{what}");
            count += 1;
        }
    }
    let answered = || number(&router(dut), "/arp/answered");
    // The program did, not the kernel.
    assert_eq!(answered(), count);
    assert_eq!(number(&router(&backup), "/arp/answered"), 0);
    assert_eq!(number(&router(&backup), "/arp/refused"), 4, "unicast requests are not for it");

    let gratuitous =
        |operation| arp([0xff; 6], operation, (OTHER_MAC, cube::VIP), ([0xff; 6], cube::VIP));
    let mut elsewhere = broadcast.clone();
    elsewhere[..6].copy_from_slice(&OTHER_MAC);
    for (what, request) in [
        ("another's announcement", gratuitous(ARP_REQUEST)),
        ("another's announcement as a reply", gratuitous(ARP_REPLY)),
        ("a request to another MAC address", elsewhere),
        (
            "a reply",
            arp(dut.mac(), ARP_REPLY, (client.mac(), client.address()), (dut.mac(), cube::VIP)),
        ),
        ("cut short", broadcast[..40].to_vec()),
    ] {
        assert_eq!(answers(&request, SILENCE).len(), 0, "{what}");
    }
    assert_eq!(answered(), count);

    // Everything else is the kernel's: the node's own address, and nobody's.
    let own = answers(&arp_request(client.mac(), client.address(), dut.address()), SECOND);
    assert_eq!((own.len(), own[0].source_mac), (1, dut.mac()));
    let nobody = Ipv4Addr::new(10, 0, 0, 99);
    assert_eq!(answers(&arp_request(client.mac(), client.address(), nobody), SILENCE).len(), 0);
    assert_eq!(answered(), count);
}

#[test]
fn a_backup_does_not_answer_even_with_the_address_on_its_interface() {
    require!(Lab, Vrrp);
    let bench = Bench::new("refuse");
    let conf = Conf::fast(100);
    let _chatter =
        Chatter::start(&bench.peer, vec![conf.advert(PEER, 150)], conf.interval).unwrap();
    let _daemon = bench.start(&conf, &[]);
    // On another interface the kernel would answer for it, and nobody takes it off there.
    bench.dut.namespace().ip(&["addr", "add", "10.0.0.70/32", "dev", "lo"]).unwrap();
    assert_eq!(bench.client.arping(cube::VIP, SILENCE).unwrap(), None);
    assert!(number(&router(&bench.dut), "/arp/refused") >= 1);
    assert!(bench.adverts_since(0).is_empty());
}

#[test]
fn without_ebpf_the_kernel_answers_for_the_master() {
    require!(Lab, Vrrp);
    let bench = Bench::new("off");
    let mut daemon = bench.start_master(&Conf::fast(255), &["--hook", "off"]);
    let Bench { dut, client, .. } = &bench;
    wait_until(SECOND, "the address", || dut.has_address(cube::VIP)).unwrap();
    assert_eq!(client.arping(cube::VIP, SECOND).unwrap().unwrap().mac, dut.mac());
    assert_eq!(number(&router(dut), "/arp/answered"), 0);
    assert!(daemon.terminate(5 * SECOND).unwrap().success());
    assert_eq!(client.arping(cube::VIP, SILENCE).unwrap(), None);
}
