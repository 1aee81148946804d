//! Reading the configuration again while the daemon runs.

use std::{net::Ipv4Addr, thread};

use nix::sys::signal::Signal;
use vrrp_tests::{
    Chatter, Conf, cube, require, timing::longest_gap, vrrp, wait_until, wire::frame::ARP_REQUEST,
};

use super::support::{Bench, PEER, SECOND, number, router, wait_for, word};

const ANOTHER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 71);

#[test]
fn a_master_takes_a_new_file_in_its_stride() {
    require!(Lab, Vrrp);
    let bench = Bench::new("reload");
    let Bench { wire, dut, client, .. } = &bench;
    let conf = Conf::fast(200);
    let mut daemon = bench.start_master(&conf, &[]);
    let file = dut.folder().join("vrrp.conf");
    let begin = wire.mark();

    // Broken, and gone: nothing changes.
    for text in [Some("vrrp_instance VI_1 {\n  priority 50\n"), None] {
        match text {
            Some(text) => drop(dut.write_file("vrrp.conf", text).unwrap()),
            None => std::fs::remove_file(&file).unwrap(),
        }
        let complaints = daemon.log().matches("reload failed").count();
        daemon.kill(Signal::SIGHUP).unwrap();
        wait_until(SECOND, "a complaint", || {
            daemon.log().matches("reload failed").count() > complaints
        })
        .unwrap();
    }
    assert_eq!(number(&vrrp::status(dut).unwrap(), "/reloads"), 0);

    // One address more: it is announced, held, answered for, and in the next advert.
    let mark = wire.mark();
    dut.write_file("vrrp.conf", &conf.clone().vips(&[cube::VIP, ANOTHER]).text()).unwrap();
    daemon.kill(Signal::SIGHUP).unwrap();
    wire.expect_from(mark, SECOND, "an announcement of the new address", |frame| {
        frame.arp().is_some_and(|arp| {
            arp.operation == ARP_REQUEST && arp.is_gratuitous() && arp.sender == ANOTHER
        })
    })
    .unwrap();
    wire.expect_from(mark, SECOND, "an advert with both", |frame| {
        frame.advert().is_some_and(|advert| advert.addresses == [cube::VIP, ANOTHER])
    })
    .unwrap();
    wait_until(SECOND, "the new address", || dut.has_address(ANOTHER)).unwrap();
    assert_eq!(client.arping(ANOTHER, SECOND).unwrap().unwrap().mac, dut.mac());
    assert!(dut.has_address(cube::VIP));

    // And one less, by `vrrp reload`.
    dut.write_file("vrrp.conf", &conf.clone().vips(&[ANOTHER]).text()).unwrap();
    let runtime = dut.runtime_dir().display().to_string();
    let output = vrrp::run(dut, &["reload", "--runtime-dir", &runtime]).unwrap();
    assert!(output.status.success(), "{output:?}");
    wait_until(SECOND, "the old address to go", || !dut.has_address(cube::VIP)).unwrap();
    assert_eq!(client.arping(cube::VIP, SECOND / 8).unwrap(), None);
    assert_eq!(client.arping(ANOTHER, SECOND).unwrap().unwrap().mac, dut.mac());

    // Another priority, without a resignation.
    let mark = wire.mark();
    dut.write_file("vrrp.conf", &Conf::fast(99).vips(&[ANOTHER]).text()).unwrap();
    daemon.kill(Signal::SIGHUP).unwrap();
    wire.expect_from(mark, SECOND, "the new priority", |frame| {
        frame.advert().is_some_and(|advert| advert.priority == 99)
    })
    .unwrap();
    thread::sleep(2 * conf.interval);

    // All that without a transition, a gap or a word too many.
    let status = vrrp::status(dut).unwrap();
    assert_eq!(number(&status, "/reloads"), 3);
    let router = router(dut);
    assert_eq!((word(&router, "/state"), number(&router, "/transitions")), ("master", 2));
    let adverts = bench.adverts_since(begin);
    assert!(adverts.iter().all(|frame| frame.advert().unwrap().priority != 0));
    let gap = longest_gap(&adverts);
    assert!(gap < conf.interval * 3 / 2, "{gap:?}");
    assert!(daemon.is_running());
}

#[test]
fn reloads_in_a_row_do_not_disturb_anybody_and_instances_come_and_go() {
    require!(Lab, Vrrp);
    let bench = Bench::new("reloads");
    let dut = &bench.dut;
    let conf = Conf::fast(255);
    let mut daemon = bench.start_master(&conf, &[]);
    let other = Conf { name: "VI_2".to_owned(), vrid: 52, ..Conf::fast(255).vips(&[ANOTHER]) };
    let mark = bench.wire.mark();
    for round in 0..20 {
        let text = if round % 2 == 0 { conf.text() + &other.text() } else { conf.text() };
        dut.write_file("vrrp.conf", &text).unwrap();
        daemon.kill(Signal::SIGHUP).unwrap();
        thread::sleep(SECOND / 10);
    }
    thread::sleep(2 * conf.interval);
    let of_first = bench.wire.frames(|frame| {
        frame.number >= mark && frame.advert().is_some_and(|advert| advert.vrid == conf.vrid)
    });
    let gap = longest_gap(&of_first);
    assert!(of_first.len() > 8 && gap < conf.interval * 3 / 2, "{gap:?}");
    assert_eq!(number(&router(dut), "/transitions"), 1);
    // The last file has only the first: the second has resigned and let go of its address.
    wait_until(SECOND, "the second's address to go", || !dut.has_address(ANOTHER)).unwrap();
    let last = bench.wire.last(|frame| frame.advert().is_some_and(|advert| advert.vrid == 52));
    assert_eq!(last.unwrap().advert().unwrap().priority, 0);
    assert!(vrrp::router(dut, "VI_2").is_err());
    assert!(daemon.is_running());
}

#[test]
fn a_backup_with_a_new_priority_takes_over() {
    require!(Lab, Vrrp);
    let bench = Bench::new("raise");
    let conf = Conf::fast(100);
    let mut daemon = bench.start(&conf, &[]);
    let _chatter =
        Chatter::start(&bench.peer, vec![conf.advert(PEER, 150)], conf.interval).unwrap();
    thread::sleep(conf.down() + SECOND / 4);
    assert!(bench.adverts_since(0).is_empty());
    bench.dut.write_file("vrrp.conf", &Conf::fast(200).text()).unwrap();
    daemon.kill(Signal::SIGHUP).unwrap();
    wait_for(&bench.dut, "master", conf.down() + SECOND);
    assert_eq!(word(&router(&bench.dut), "/reason"), "preempting");
}
