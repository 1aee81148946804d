//! After a partition has healed.

use std::{thread, time::Duration};

use vrrp_tests::{Conf, Wire, cube, lab::format_mac, require, wait_until};

use super::support::{Bench, SECOND, start, wait_for};

#[test]
fn after_a_healed_partition_the_winner_has_the_last_word() {
    require!(Lab, Vrrp);
    let mut bench = Bench::new("heal");
    let second = bench.lab.add_node("second", "10.0.0.61/24").unwrap();
    bench.wire = Wire::open(&bench.lab).unwrap();
    let Bench { wire, dut, client, lab, .. } = &bench;
    let _first = bench.start_master(&Conf::fast(100), &[]);
    let _second = start(&second, &Conf::fast(90), &[]);
    for round in 0..3 {
        lab.partition(&[dut]).unwrap();
        wait_for(&second, "master", 2 * SECOND);
        let vip = cube::VIP.to_string();
        // The state changes a moment before the address is on the interface.
        wait_until(3 * SECOND, "the address to answer", || {
            client.run(&["ping", "-c", "1", "-W", "1", &vip]).unwrap().status.success()
        })
        .unwrap();
        let mac = client.neighbour(cube::VIP).unwrap().unwrap().mac;
        assert_eq!(mac, Some(format_mac(second.mac())));
        // Another phase of the two advert timers each time.
        thread::sleep(Duration::from_millis(70 * round));
        let mark = wire.mark();
        lab.heal().unwrap();
        wait_for(&second, "backup", SECOND);
        wait_until(SECOND / 2, "the client to know the winner", || {
            client.neighbour(cube::VIP).unwrap().and_then(|it| it.mac)
                == Some(format_mac(dut.mac()))
        })
        .unwrap_or_else(|error| {
            let since = wire.frames(|frame| frame.number >= mark);
            let told: Vec<_> =
                since.iter().map(|frame| (frame.at, &frame.port, &frame.kind)).collect();
            panic!("{error:#}: {told:#?}");
        });
        thread::sleep(SECOND / 2);
        let last = wire.last(|frame| {
            frame.arp().is_some_and(|arp| arp.is_gratuitous() && arp.sender == cube::VIP)
        });
        let last = last.unwrap();
        assert!(last.number >= mark, "nobody announced anything");
        assert_eq!(last.port, "dut", "the loser had the last word");
        assert_eq!(client.arping_all(cube::VIP, SECOND / 5).unwrap().len(), 1);
        assert!(client.run(&["ping", "-c", "1", "-W", "1", &vip]).unwrap().status.success());
        let mac = client.neighbour(cube::VIP).unwrap().unwrap().mac;
        assert_eq!(mac, Some(format_mac(dut.mac())));
        assert!(!second.has_address(cube::VIP));
    }
}
