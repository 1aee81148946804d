//! A priority that changes decides who is master, with keepalived on the other side.

use std::thread;

use vrrp_tests::{Conf, Lab, Wire, require};

use super::support::{LATE, SECOND, Subject, adverts, expect_priority, track_file, write};

/// The better one by its file takes over in its time, and the other lets go; then back again.
fn takes_turns(steady: Subject, moody: Subject) {
    let mut lab = Lab::new(&format!("turns-{moody:?}")).unwrap();
    let first = lab.add_node("steady", "10.0.0.60/24").unwrap();
    let second = lab.add_node("moody", "10.0.0.61/24").unwrap();
    let wire = Wire::open(&lab).unwrap();
    let (calm, tracking) =
        (Conf::fast(100), Conf::fast(90).with("track_file {\n        tracked\n    }"));
    write(&second, "0");
    let _steady = steady.start(&first, &calm.text());
    expect_priority(&wire, &first, &calm, 0, 100);
    let _moody = moody.start(&second, &(track_file(&second) + &tracking.text()));
    thread::sleep(tracking.down() + SECOND / 2);
    assert_eq!(adverts(&wire, &second, 51, 0).len(), 0);

    let heard = wire.last_advert_from(first.address()).unwrap();
    let mark = wire.mark();
    write(&second, "30");
    let taken = expect_priority(&wire, &second, &tracking, mark, 120);
    // It goes on counting from the last advert that counted.
    let patience = taken.at.since(heard.at);
    let theory = Conf::fast(120).down();
    assert!(
        patience + tracking.interval / 10 > theory && patience < theory + calm.interval + LATE,
        "{moody:?}: {patience:?}"
    );
    thread::sleep(calm.interval * 2);
    let mark = wire.mark();
    thread::sleep(calm.interval * 2);
    assert_eq!(adverts(&wire, &first, 51, mark).len(), 0, "{steady:?} is still master");

    let mark = wire.mark();
    write(&second, "-20");
    expect_priority(&wire, &second, &tracking, mark, 70);
    expect_priority(&wire, &first, &calm, mark, 100);
    thread::sleep(calm.interval * 2);
    let mark = wire.mark();
    thread::sleep(calm.interval * 2);
    assert_eq!(adverts(&wire, &second, 51, mark).len(), 0, "{moody:?} is still master");
}

#[test]
fn the_better_one_is_master_whoever_it_is() {
    require!(Lab, Vrrp, Keepalived);
    thread::scope(|scope| {
        scope.spawn(|| takes_turns(Subject::Vrrp, Subject::Keepalived));
        scope.spawn(|| takes_turns(Subject::Keepalived, Subject::Vrrp));
    });
}
