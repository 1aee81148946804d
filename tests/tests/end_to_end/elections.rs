//! How a master deals with a lesser one that does not stop. The other rules of the election are in
//! `protocol`, for every version, family and hook.

use std::{thread, time::Duration};

use vrrp_tests::{Chatter, Conf, require};

use super::support::{Bench, PEER, SECOND, number, router};

#[test]
fn a_lesser_master_is_answered_quickly_but_not_without_end() {
    require!(Lab, Vrrp);
    for hook in ["generic", "tc", "off"] {
        let bench = Bench::new("lesser");
        let conf = Conf::fast(200);
        let daemon = bench.start_master(&conf, &["--hook", hook]);
        // Between two adverts of its own.
        let mark = bench.wire.mark();
        let own = bench.next_advert(mark, SECOND);
        thread::sleep(conf.interval / 4);
        let mark = bench.wire.mark();
        let chatter =
            Chatter::start(&bench.peer, vec![conf.advert(PEER, 90)], Duration::from_millis(1))
                .unwrap();
        let answer = bench.next_advert(mark, SECOND);
        assert!(answer.at.since(own.at) + SECOND / 20 < conf.interval, "it waited for its turn");
        thread::sleep(2 * SECOND);
        let rounds = chatter.stop().unwrap();
        assert!(rounds > 1_000, "{rounds}");
        let adverts = bench.adverts_since(mark).len();
        // Ten answers a second, and its own five.
        assert!((20..=34).contains(&adverts), "{hook}: {adverts}");
        let announced = super::support::announcements(&bench.wire, &bench.dut, mark).len();
        assert!(announced <= 25, "{hook}: {announced}");
        assert_eq!(number(&router(&bench.dut), "/transitions"), 2);
        assert!(daemon.log().lines().count() < 20, "{}", daemon.log());
    }
}
