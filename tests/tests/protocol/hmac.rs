//! `auth_hmac`: what is signed, what is believed, and what is not. Every case has a virtual router of
//! its own in one daemon, over both families.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    thread,
    time::{Duration, Instant},
};

use vrrp_tests::{
    Conf, FrameSender, craft,
    hmac::{Key, Stamp, append},
    lab::link_local_address,
    require,
    timing::longest_gap,
    vrrp,
    wire::{Checksum, Frame, Trailer},
};

use super::support::{Bench, SECOND, dropped, is_advert, log_lines, on_time, peer_source, word};

/// The first VRID.
const FIRST: u8 = 101;

/// Who sends what is to be judged; the scripted master is another.
const SOURCE: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 81);

/// Twenty of each kind a second.
const RATE: Duration = Duration::from_millis(50);

/// Further from the present than any window here.
const LONG: u32 = 1_000;

/// What is to become of a frame.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Fate {
    Accepted,
    Dropped(&'static str),
    /// The first is accepted, and all others are dropped.
    OnceThenDropped(&'static str),
}

struct Case {
    name: &'static str,
    lines: &'static [&'static str],
    fate: Fate,
    /// Makes the frame of a round from the unsigned one.
    frame: fn(&[u8], u32) -> Vec<u8>,
}

fn key(id: u8) -> Key {
    Key::example(id)
}

fn signed(with: &Key, frame: &[u8], stamp: Stamp) -> Vec<u8> {
    with.sign(frame, stamp).unwrap()
}

/// A frame whose bytes behind the message have been changed.
fn tampered(frame: &[u8], at: usize, value: u8) -> Vec<u8> {
    let mut trailer = key(1).trailer(frame, Stamp::now()).unwrap();
    trailer[at] ^= value;
    append(frame, &trailer)
}

fn shifted(by: i64) -> Stamp {
    let now = Stamp::now();
    let seconds = i64::from(now.seconds) + by;
    Stamp { seconds: u32::try_from(seconds).unwrap(), ..now }
}

const CASES: &[Case] = &[
    Case {
        name: "right",
        lines: &["mode enforce"],
        fate: Fate::Accepted,
        frame: |frame, _| signed(&key(1), frame, Stamp::now()),
    },
    Case {
        name: "right_by_default",
        lines: &[],
        fate: Fate::Accepted,
        frame: |frame, _| signed(&key(1), frame, Stamp::now()),
    },
    Case {
        name: "another_key_of_ours",
        lines: &[],
        fate: Fate::Accepted,
        frame: |frame, _| signed(&key(2), frame, Stamp::now()),
    },
    Case {
        name: "no_trailer",
        lines: &[],
        fate: Fate::Dropped("hmac_missing"),
        frame: |frame, _| frame.to_vec(),
    },
    Case {
        name: "no_trailer_permitted",
        lines: &["mode permissive"],
        fate: Fate::Accepted,
        frame: |frame, _| frame.to_vec(),
    },
    Case {
        name: "wrong_though_none_is_permitted",
        lines: &["mode permissive"],
        fate: Fate::Dropped("hmac_invalid"),
        frame: |frame, _| tampered(frame, 20, 1),
    },
    Case {
        name: "right_receive_only",
        lines: &["mode receive-only"],
        fate: Fate::Accepted,
        frame: |frame, _| signed(&key(1), frame, Stamp::now()),
    },
    Case {
        name: "wrong_receive_only",
        lines: &["mode receive-only"],
        fate: Fate::Dropped("hmac_invalid"),
        frame: |frame, _| tampered(frame, 27, 0x80),
    },
    Case {
        name: "a_key_nobody_knows",
        lines: &[],
        fate: Fate::Dropped("hmac_key"),
        frame: |frame, _| signed(&key(3), frame, Stamp::now()),
    },
    Case {
        name: "another_secret",
        lines: &[],
        fate: Fate::Dropped("hmac_invalid"),
        frame: |frame, _| signed(&Key { id: 1, secret: key(9).secret }, frame, Stamp::now()),
    },
    Case {
        name: "a_bit_of_the_tag",
        lines: &[],
        fate: Fate::Dropped("hmac_invalid"),
        frame: |frame, _| tampered(frame, 12, 1),
    },
    Case {
        name: "another_type",
        lines: &[],
        fate: Fate::Dropped("hmac_invalid"),
        frame: |frame, _| tampered(frame, 0, 3),
    },
    Case {
        name: "something_reserved",
        lines: &[],
        fate: Fate::Dropped("hmac_invalid"),
        frame: |frame, _| tampered(frame, 2, 1),
    },
    Case {
        name: "signed_for_another",
        lines: &[],
        fate: Fate::Dropped("hmac_invalid"),
        // The trailer of the scripted master, from another address.
        frame: |frame, _| {
            let mut other = frame.to_vec();
            let last = if other[12] == 0x08 { 29 } else { 37 };
            other[last] ^= 1;
            append(frame, &key(1).trailer(&other, Stamp::now()).unwrap())
        },
    },
    Case {
        name: "sent_again",
        lines: &[],
        fate: Fate::OnceThenDropped("hmac_replay"),
        frame: |frame, _| {
            // Once a test, by a stamp that does not change within it.
            signed(&key(1), frame, *BEGIN)
        },
    },
    Case {
        name: "of_the_past",
        lines: &["time_window 5"],
        fate: Fate::Dropped("hmac_replay"),
        frame: |frame, _| signed(&key(1), frame, shifted(-i64::from(LONG))),
    },
    Case {
        name: "of_the_future",
        lines: &["time_window 5"],
        fate: Fate::Dropped("hmac_replay"),
        frame: |frame, _| signed(&key(1), frame, shifted(i64::from(LONG))),
    },
    Case {
        name: "a_clock_that_is_slow",
        lines: &["time_window 300"],
        fate: Fate::Accepted,
        frame: |frame, _| signed(&key(1), frame, shifted(-200)),
    },
    Case {
        name: "monotonic_without_a_clock",
        lines: &["anti_replay monotonic"],
        fate: Fate::Accepted,
        frame: |frame, round| {
            signed(&key(1), frame, Stamp { seconds: 1 + round, fraction: 0, counter: 0 })
        },
    },
    Case {
        name: "monotonic_and_backwards",
        lines: &["anti_replay monotonic"],
        fate: Fate::OnceThenDropped("hmac_replay"),
        frame: |frame, round| {
            signed(&key(1), frame, Stamp { seconds: LONG * 2 - round, fraction: 0, counter: 0 })
        },
    },
    Case {
        name: "cut_short",
        lines: &[],
        fate: Fate::Dropped("length"),
        frame: |frame, _| {
            let trailer = key(1).trailer(frame, Stamp::now()).unwrap();
            append(frame, &trailer[..24])
        },
    },
    Case {
        name: "too_long",
        lines: &[],
        fate: Fate::Dropped("length"),
        frame: |frame, _| append(&signed(&key(1), frame, Stamp::now()), &[0; 4]),
    },
];

static BEGIN: std::sync::LazyLock<Stamp> = std::sync::LazyLock::new(Stamp::now);

/// A case with its virtual router.
struct Tried {
    case: &'static Case,
    conf: Conf,
    sent: u64,
}

fn routers(ipv6: bool) -> Vec<Tried> {
    let routers = CASES.iter().zip(FIRST..).map(|(case, vrid)| {
        let conf = Conf::fast(100).named(case.name, vrid);
        let conf = if ipv6 {
            conf.vips(&[Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 1, vrid.into())])
        } else {
            conf.vips(&[Ipv4Addr::new(10, 0, 0, vrid)])
        };
        let lines = [&["active_key 1"][..], case.lines].concat();
        Tried { case, conf: conf.auth_hmac(&[key(1), key(2)], &lines), sent: 0 }
    });
    routers.collect()
}

#[test]
fn trailers_over_ipv4_in_generic_mode() {
    require!(Lab, Vrrp);
    judge_all(false, "generic");
}

#[test]
fn trailers_over_ipv4_without_ebpf() {
    require!(Lab, Vrrp);
    judge_all(false, "off");
}

#[test]
fn trailers_over_ipv6_in_native_mode() {
    require!(Lab, Vrrp);
    judge_all(true, "native");
}

#[test]
fn trailers_over_ipv6_at_tc() {
    require!(Lab, Vrrp);
    judge_all(true, "tc");
}

#[test]
fn trailers_over_ipv6_without_ebpf() {
    require!(Lab, Vrrp);
    judge_all(true, "off");
}

fn judge_all(ipv6: bool, hook: &str) {
    let bench = Bench::for_hook("hmac", hook);
    let mut tried = routers(ipv6);
    let text: String = tried.iter().map(|one| one.conf.text()).collect();
    let mut daemon = bench.start(&text, &["--hook", hook]);
    let sender = FrameSender::open(&bench.peer).unwrap();
    // A master speaks for each router, and then never again.
    for one in &tried {
        let advert = one.conf.advert(peer_source(&one.conf), 150);
        sender.send(&signed(&key(1), &advert, Stamp::now())).unwrap();
    }
    let source: IpAddr = if ipv6 { link_local_address(SOURCE).into() } else { SOURCE.into() };
    let begun = Instant::now();
    let down = tried[0].conf.down();
    for round in 0.. {
        if begun.elapsed() > down + SECOND {
            break;
        }
        for one in &mut tried {
            let frame = (one.case.frame)(&one.conf.advert(source, 150), round);
            sender.send(&frame).unwrap();
            one.sent += 1;
        }
        thread::sleep(RATE);
    }
    thread::sleep(RATE);
    let status = vrrp::status(&bench.dut).unwrap();
    for one in &tried {
        one.judge(&bench, &status);
    }
    // What the daemon says shows no secret, whatever it is asked.
    let runtime = bench.dut.runtime_dir().display().to_string();
    let shown = vrrp::run(&bench.dut, &["status", "--runtime-dir", &runtime]).unwrap();
    let said = daemon.log() + &status.to_string() + &String::from_utf8_lossy(&shown.stdout);
    for id in [1, 2] {
        assert!(!said.contains(&key(id).hex()), "a secret is shown");
    }
    assert!(log_lines(&daemon) < 6 * tried.len(), "{}", daemon.log());
    assert!(daemon.terminate(5 * SECOND).unwrap().success());
    for one in &tried {
        one.has_signed_its_own(&bench);
    }
}

impl Tried {
    fn judge(&self, bench: &Bench, status: &serde_json::Value) {
        let (name, conf) = (self.case.name, &self.conf);
        let routers = status["routers"].as_array().unwrap();
        let router = routers.iter().find(|router| router["name"] == name).unwrap();
        let adverts = bench.adverts(conf, 0);
        if self.case.fate == Fate::Accepted {
            assert!(adverts.is_empty(), "{name}: took over from a master that spoke: {router}");
            assert_eq!(dropped(router), [], "{name}");
            return;
        }
        // The last word of somebody who was believed.
        let believed = bench
            .wire
            .frames(|frame| {
                is_advert(frame, "peer", conf)
                    && (frame.advert().unwrap().source == peer_source(conf)
                        || matches!(self.case.fate, Fate::OnceThenDropped(_)))
            })
            .into_iter()
            .take(2)
            .next_back()
            .unwrap();
        let first = adverts.first().unwrap_or_else(|| panic!("{name}: never took over: {router}"));
        on_time(name, first.at.since(believed.at), conf.down());
        assert_eq!(word(router, "/state"), "master", "{name}");
        let gap = longest_gap(&adverts);
        assert!(gap < conf.interval * 3 / 2, "{name}: {gap:?}");
        let (reason, count) = match self.case.fate {
            Fate::Dropped(reason) => (reason, self.sent),
            Fate::OnceThenDropped(reason) => (reason, self.sent - 1),
            Fate::Accepted => return,
        };
        assert_eq!(dropped(router), [(reason.to_owned(), count)], "{name}");
    }

    fn has_signed_its_own(&self, bench: &Bench) {
        let name = self.case.name;
        let adverts = bench.adverts(&self.conf, 0);
        let stamps: Vec<_> = adverts
            .iter()
            .map(|frame| {
                frame.advert().unwrap().trailer.map(|it: Trailer| Stamp {
                    seconds: it.seconds,
                    fraction: it.fraction,
                    counter: it.counter,
                })
            })
            .collect();
        if self.case.lines.contains(&"mode receive-only") {
            assert!(stamps.iter().all(Option::is_none), "{name}");
            return;
        }
        let is_signed = |frame: &Frame| key(1).has_signed(frame.advert().unwrap());
        assert!(adverts.iter().all(is_signed), "{name}");
        assert!(stamps.is_sorted_by(|one, next| one < next), "{name}: {stamps:?}");
        // Over IPv4 the checksum does not cover the trailer; the length always does.
        for frame in &adverts {
            let crafted =
                self.conf.advert(frame.advert().unwrap().source, frame.advert().unwrap().priority);
            let message = frame.advert().unwrap().message.len();
            assert_eq!(frame.bytes.len(), crafted.len() + 28, "{name}");
            assert_eq!(crafted.len() - message, if self.conf.is_ipv6() { 54 } else { 34 });
            let end = crafted.len();
            let mut crafted = crafted[end - message..].to_vec();
            let checksum = end - message + 6;
            crafted[6..8].copy_from_slice(&frame.bytes[checksum..checksum + 2]);
            assert_eq!(frame.bytes[end - message..end], crafted, "{name}");
            assert_eq!(frame.advert().unwrap().checksum, Checksum::PseudoHeader, "{name}");
        }
    }
}

/// Two of ours with `mode permissive` and one without `auth_hmac` are how a cluster is changed over.
#[test]
fn a_router_without_auth_hmac_does_not_know_what_to_do_with_a_trailer() {
    require!(Lab, Vrrp);
    for hook in ["generic", "tc", "off"] {
        let bench = Bench::for_hook("no-hmac", hook);
        let confs = [Conf::fast(100).named("VI_4", 44), Conf::fast6(100).named("VI_6", 66)];
        let text: String = confs.iter().map(Conf::text).collect();
        let _daemon = bench.start(&text, &["--hook", hook]);
        let sender = FrameSender::open(&bench.peer).unwrap();
        for conf in &confs {
            let advert = conf.advert(peer_source(conf), 150);
            sender.send(&signed(&key(1), &advert, Stamp::now())).unwrap();
            // keepalived takes no bytes behind the message either.
            sender.send(&craft::padded(append(&advert, &[0; 4]))).unwrap();
            thread::sleep(SECOND / 10);
            let router = vrrp::router(&bench.dut, &conf.name).unwrap();
            assert_eq!(dropped(&router), [("length".to_owned(), 2)], "{hook}");
        }
    }
}

#[test]
fn a_key_may_come_from_a_file_and_two_of_ours_agree() {
    require!(Lab, Vrrp);
    let mut bench = Bench::new("hmac-pair");
    let second = bench.lab.add_dual_node("second", "10.0.0.61/24").unwrap();
    bench.wire = vrrp_tests::Wire::open(&bench.lab).unwrap();
    let (better, lesser) = (Conf::fast(200), Conf::fast(100));
    let written = bench.dut.write_file("key", &format!("hex:{}\n", key(7).hex())).unwrap();
    std::fs::set_permissions(&written, std::os::unix::fs::PermissionsExt::from_mode(0o600))
        .unwrap();
    let from_file = |conf: &Conf| {
        let block =
            ["auth_hmac {", &format!("key 7 file:{}", written.display()), "active_key 7", "}"];
        block.iter().fold(conf.clone(), |conf, line| conf.with(line)).text()
    };
    let mut first = bench.start(&from_file(&better), &[]);
    let _second = super::support::start(
        &second,
        &lesser.clone().auth_hmac(&[key(7)], &["active_key 7"]).text(),
        &[],
    );
    super::support::wait_for(&bench.dut, "VI_1", "master", better.down() + 2 * SECOND);
    thread::sleep(lesser.down() + SECOND);
    assert_eq!(vrrp::state(&second, "VI_1").unwrap(), "backup");
    let router = vrrp::router(&second, "VI_1").unwrap();
    assert_eq!(dropped(&router), [], "{router}");
    let mark = bench.wire.mark();
    assert!(first.terminate(5 * SECOND).unwrap().success());
    let takeover = bench
        .wire
        .expect_from(mark, SECOND, "the second", |frame| frame.is_advert_from(second.address()));
    let resigned = bench.wire.last_advert_from(bench.dut.address()).unwrap();
    on_time("handover", takeover.unwrap().at.since(resigned.at), lesser.skew());
}
