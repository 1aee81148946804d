//! Priorities that change while routers run.

use super::*;

#[test]
fn a_better_backup_counts_from_what_it_last_heard() {
    let mut lan = cube();
    lan.start_all();
    lan.run_for(10 * SECOND);
    // Its own clock was last asked long ago: the kernel keeps the adverts to itself.
    lan.run_for(Duration::from_millis(700));
    let (last, _) = *lan.nodes[0].sent.last().unwrap();
    lan.set_priority(3, 200);
    lan.run_for(5 * SECOND);
    assert_eq!(lan.master(), [3]);
    let down = settings(63, 200).master_down_interval(AdvertInterval::DEFAULT);
    assert_eq!(lan.nodes[3].sent[0].0, last + down + Duration::from_micros(50));
    assert!(matches!(lan.nodes[3].reasons.last(), Some((_, _, Reason::Preempting { .. }))));
}

#[test]
fn a_lesser_master_says_so_in_its_time_and_yields() {
    let mut lan = cube();
    lan.start_all();
    lan.run_for(10 * SECOND);
    let sent = lan.nodes[0].sent.clone();
    lan.set_priority(0, 85);
    assert_eq!(lan.nodes[0].sent, sent);
    lan.run_for(8 * SECOND);
    assert_eq!(lan.master(), [1]);
    let (next, priority) = lan.nodes[0].sent[sent.len()];
    assert_eq!((next, priority.get()), (sent.last().unwrap().0 + SECOND, 85));
    assert!(matches!(lan.nodes[0].reasons.last(), Some((_, _, Reason::BetterMaster { .. }))));
}

/// What a lesser router says has been told of; now it is the better one.
#[test]
fn an_advert_that_was_lesser_is_news_when_it_is_better() {
    let mut router = mastered(settings(60, 100));
    let mut actions = Vec::new();
    router.reconfigure(settings(60, 70), at(4_000), &mut actions);
    assert_eq!(actions, [Action::Absorb(None)]);
    actions.clear();
    router.reconfigure(settings(60, 70), at(4_100), &mut actions);
    assert_eq!(actions, []);
}

proptest! {
    /// Whatever becomes of the priorities, the best is master in the end, and never two answer for
    /// longer than an interval.
    #[test]
    fn the_best_is_master(
        changes in proptest::collection::vec((0_usize..4, 1_u8..=254, 0_u64..9_000), 0..12),
    ) {
        let mut lan = cube();
        lan.start_all();
        lan.run_for(10 * SECOND);
        for (index, priority, pause) in changes {
            lan.set_priority(index, priority);
            lan.run_for(Duration::from_millis(pause));
        }
        lan.run_for(20 * SECOND);
        let rank = |index: &usize| {
            let node = &lan.nodes[*index];
            (node.router.settings().priority, node.address)
        };
        let [master] = lan.master()[..] else { panic!("{:?}", lan.master()) };
        let best = (0..4).max_by_key(rank).unwrap();
        // Among equals whoever is master stays.
        prop_assert_eq!(rank(&master).0, rank(&best).0);
        prop_assert!(lan.longest_double_answer <= SECOND + Duration::from_millis(1));
    }
}
