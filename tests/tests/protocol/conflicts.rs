//! Somebody else says that a virtual address is theirs (X24).

use std::{thread, time::Duration};

use vrrp_tests::{
    Chatter, Conf, FrameSender, craft, craft::Advertise, cube, lab::format_mac, require,
    timing::longest_gap, vrrp, wait_until,
};

use super::support::{Bench, LATE, SECOND, log_lines, number, peer_source, wait_for, word};

const STRANGER: [u8; 6] = [2, 0, 0, 0, 0, 0x99];

/// Claims of both families in every form.
fn claims(mac: [u8; 6]) -> [(bool, &'static str, Vec<u8>); 4] {
    let advertise =
        Advertise { mac, source: "fe80::99".parse().unwrap(), target: cube::VIP6, hop_limit: 255 };
    [
        (false, "a gratuitous request", craft::claim(1, mac, cube::VIP)),
        (false, "a gratuitous reply", craft::claim(2, mac, cube::VIP)),
        (
            false,
            "a request in its name",
            craft::arp_request(mac, cube::VIP, std::net::Ipv4Addr::new(10, 0, 0, 10)),
        ),
        (true, "an advertisement", advertise.frame()),
    ]
}

fn confs(priority: u8) -> [Conf; 2] {
    [Conf::fast(priority).named("VI_4", 44), Conf::fast6(priority).named("VI_6", 66)]
}

fn text(confs: &[Conf]) -> String {
    confs.iter().map(Conf::text).collect()
}

#[test]
fn a_master_defends_its_addresses_and_tells_of_it_once() {
    require!(Lab, Vrrp);
    for hook in ["generic", "native", "tc"] {
        let bench = Bench::for_hook("conflict", hook);
        let Bench { wire, dut, client, peer, .. } = &bench;
        let confs = confs(255);
        let [four, six] = &confs;
        let daemon = bench.start(&text(&confs), &["--hook", hook]);
        bench.wait_for_masters(&[four, six]);
        for conf in &confs {
            assert!(client.reaches(conf.vips[0], SECOND));
        }
        // The first announcements are over.
        thread::sleep(SECOND);
        let sender = FrameSender::open(peer).unwrap();
        for (index, (ipv6, what, claim)) in claims(STRANGER).into_iter().enumerate() {
            // Those of IPv4 come one soon after the other, as from anybody who means it.
            let rested = index == 0 || ipv6;
            let conf = if ipv6 { six } else { four };
            let vip = conf.vips[0];
            let before = number(&vrrp::router(dut, &conf.name).unwrap(), "/conflicts");
            let mark = wire.mark();
            sender.send(&claim).unwrap();
            // At most one defence a second: who claims it within that has not had the last word.
            let answer = wire.expect_from(mark, 2 * SECOND, "a defence", |frame| {
                frame.port == "dut" && frame.announces(vip)
            });
            let answer = answer.unwrap_or_else(|error| panic!("{hook}, {what}: {error:#}"));
            let said =
                wire.last(|frame| frame.source_mac == STRANGER && frame.number < answer.number);
            let took = answer.at.since(said.unwrap().at);
            let limit = if rested { SECOND / 10 } else { SECOND + LATE };
            assert!(took < limit, "{hook}, {what}: defended after {took:?}");
            wait_until(SECOND, "the client to know who has it", || {
                let mac = client.neighbour(vip).unwrap().and_then(|it| it.mac);
                mac == Some(format_mac(dut.mac()))
            })
            .unwrap_or_else(|error| panic!("{hook}, {what}: {error:#}"));
            let after = number(&vrrp::router(dut, &conf.name).unwrap(), "/conflicts");
            assert!(after > before, "{hook}, {what}: {before} and {after} conflicts");
            // Past the time in which the program does not tell of it again.
            thread::sleep(SECOND / 4);
        }
        for conf in &confs {
            let router = vrrp::router(dut, &conf.name).unwrap();
            assert_eq!((word(&router, "/state"), number(&router, "/transitions")), ("master", 1));
        }
        let told: Vec<_> = daemon
            .log()
            .lines()
            .filter(|line| line.contains(&format_mac(STRANGER)))
            .map(str::to_owned)
            .collect();
        for vip in [cube::VIP.to_string(), cube::VIP6.to_string()] {
            let lines = told.iter().filter(|line| line.contains(&vip)).count();
            assert_eq!(lines, 1, "{hook}: one line for {vip}: {told:#?}");
        }
    }
}

#[test]
fn a_storm_of_claims_is_answered_in_measure() {
    require!(Lab, Vrrp);
    let bench = Bench::new("claims");
    let confs = confs(255);
    let [four, six] = &confs;
    let daemon = bench.start(&text(&confs), &["--hook", "generic"]);
    bench.wait_for_masters(&[four, six]);
    thread::sleep(SECOND);
    for conf in &confs {
        assert!(bench.client.reaches(conf.vips[0], SECOND));
    }
    let mark = bench.wire.mark();
    let frames = claims(STRANGER).map(|(_, _, claim)| claim).to_vec();
    let chatter = Chatter::start(&bench.peer, frames, Duration::from_millis(2)).unwrap();
    thread::sleep(2 * SECOND);
    let rounds = chatter.stop().unwrap();
    assert!(rounds > 300, "{rounds}");
    for conf in &confs {
        let vip = conf.vips[0];
        wait_until(2 * SECOND, "the client to know who has it in the end", || {
            let mac = bench.client.neighbour(vip).unwrap().and_then(|it| it.mac);
            mac == Some(format_mac(bench.dut.mac()))
        })
        .unwrap_or_else(|error| panic!("{vip}: {error:#}"));
        let announced = bench
            .wire
            .frames(|frame| frame.number >= mark && frame.port == "dut" && frame.announces(vip))
            .len();
        // Sets of up to five, ten times a second at most.
        assert!((2..=110).contains(&announced), "{vip}: {announced} announcements");
        let gap = longest_gap(&bench.adverts(conf, mark));
        assert!(gap < conf.interval * 3 / 2, "{gap:?}");
        let router = vrrp::router(&bench.dut, &conf.name).unwrap();
        assert!(number(&router, "/conflicts") >= rounds, "{router}");
    }
    let lines = log_lines(&daemon);
    assert!(lines < 20, "{}", daemon.log());
}

#[test]
fn a_backup_does_not_mind_who_has_the_address_and_nobody_minds_themselves() {
    require!(Lab, Vrrp);
    let bench = Bench::new("rightful");
    let Bench { dut, peer, .. } = &bench;
    let confs = confs(100);
    let adverts = confs.iter().map(|conf| conf.advert(peer_source(conf), 150)).collect();
    let chatter = Chatter::start(peer, adverts, confs[0].interval).unwrap();
    let daemon = bench.start(&text(&confs), &["--hook", "generic"]);
    let sender = FrameSender::open(peer).unwrap();
    let conflicts = || {
        confs
            .iter()
            .map(|conf| number(&vrrp::router(dut, &conf.name).unwrap(), "/conflicts"))
            .sum::<u64>()
    };
    for (_, _, claim) in claims(STRANGER) {
        sender.send(&claim).unwrap();
    }
    thread::sleep(SECOND / 4);
    assert_eq!(conflicts(), 0, "{}", daemon.log());
    drop(chatter);
    for conf in &confs {
        wait_for(dut, &conf.name, "master", conf.down() + SECOND);
    }
    // A switch may send back to us what we have said.
    for (_, _, claim) in claims(dut.mac()) {
        sender.send(&claim).unwrap();
    }
    thread::sleep(SECOND / 4);
    assert_eq!(conflicts(), 0, "{}", daemon.log());
}
