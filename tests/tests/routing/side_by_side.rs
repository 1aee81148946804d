//! The same file, keepalived and we.

use vrrp_tests::{Chatter, Conf, Daemon, keepalived, require, vrrp, wait_until};

use super::stage::{SECOND, Stage};

const STATICS: &str = "\
global_defs {
    default_interface eth0
}
static_ipaddress {
    10.5.0.1/24 brd +
    10.5.0.2 dev d0 scope link label d0:x
    fd05::1/64 noprefixroute
}
static_routes {
    10.50.0.0/16 via 10.0.0.1 dev eth0
    10.51.0.0/16 table 500 nexthop via 10.0.0.1 dev eth0 weight 2 nexthop via 10.0.0.2 dev eth0
    blackhole 10.52.0.0/16
}
static_rules {
    from 10.5.0.0/24 table 500 preference 500
    to 10.6.0.0/16 fwmark 0x10/0xff iif eth0 table 501
}
";

const INSTANCE: &str = "
    virtual_ipaddress {
        10.0.0.70/24 brd 10.0.0.255 label eth0:vip
        10.0.0.71 scope link
        10.0.0.72 peer 10.9.0.1
        10.0.0.73 noprefixroute home
    }
    virtual_ipaddress_excluded {
        fd00::70
        fd00::71/64
        fd00::72 preferred_lft forever
    }
    virtual_routes {
        10.60.0.0/16 via 10.0.0.1 dev eth0 src 10.0.0.70 metric 7 mtu lock 1400 advmss 1300 rtt 300ms
        10.61.0.0/16 dev d0 scope link table 500 tos 0x04
        unreachable 10.62.0.0/16
        10.63.0.0/16 via 10.0.0.1 or 10.0.0.2
        fd60::/16 via fd00::1 dev eth0 metric 50 pref high
        default via 10.0.0.1 dev eth0 table 600 onlink
    }
    virtual_rules {
        from 10.0.0.70 table 600 preference 700
        to fd60::/16 lookup 600 order 701
        from 10.0.0.71 blackhole preference 702
        not iif d0 table 600 suppress_prefixlength 0 preference 703
    }
";

/// What the kernel has of it, at three moments.
struct Seen {
    backup: (Vec<String>, Vec<String>),
    master: (Vec<String>, Vec<String>),
    stopped: (Vec<String>, Vec<String>),
}

fn watch(tag: &str, start: impl FnOnce(&Stage, &str) -> Daemon) -> Seen {
    let mut stage = Stage::new(tag);
    let peer = stage.lab.add_node("peer", "10.0.0.80/24").unwrap();
    let conf = Conf { vips: Vec::new(), ..Conf::fast(100) }.with(INSTANCE);
    let text = STATICS.to_owned() + &conf.text();
    let advert = Conf::fast(100)
        .vips(
            &["10.0.0.70", "10.0.0.71", "10.0.0.72", "10.0.0.73"]
                .map(|vip| vip.parse::<std::net::Ipv4Addr>().unwrap()),
        )
        .advert(peer.address(), 200);
    let chatter = Chatter::start(&peer, vec![advert], conf.interval / 2).unwrap();
    let mut daemon = start(&stage, &text);
    let has = |what: &str| stage.routing().iter().any(|line| line.contains(what));
    wait_until(5 * SECOND, "the last of the static rules", || has("lookup 501"))
        .unwrap_or_else(|error| panic!("{error:#}\n{}", daemon.log()));
    std::thread::sleep(2 * conf.down());
    let backup = stage.all();
    drop(chatter);
    wait_until(5 * SECOND, "the last of the virtual rules", || has("703:"))
        .unwrap_or_else(|error| panic!("{error:#}\n{}", daemon.log()));
    let master = stage.all();
    daemon.terminate(5 * SECOND).unwrap();
    let stopped = stage.all();
    Seen { backup, master, stopped }
}

#[test]
fn the_kernel_shows_the_same() {
    require!(Lab, Vrrp, Keepalived);
    let theirs = std::thread::spawn(|| {
        watch("rt-theirs", |stage, text| keepalived::start(&stage.node, text).unwrap())
    });
    let ours = watch("rt-ours", |stage, text| vrrp::start(&stage.node, text, &[]).unwrap());
    let theirs = theirs.join().unwrap();
    assert_eq!(ours.backup, theirs.backup);
    assert_eq!(ours.master, theirs.master);
    assert!(ours.master.1.len() > ours.backup.1.len() + 10, "{:?}", ours.master.1);
    // keepalived 2.2.7 leaves an address with a peer behind.
    let without_peer = |mut all: (Vec<String>, Vec<String>)| {
        all.0.retain(|address| !address.contains("10.9.0.1"));
        all
    };
    assert_eq!(ours.stopped, without_peer(theirs.stopped));
    assert!(ours.stopped.1.is_empty(), "{:?}", ours.stopped.1);
}
