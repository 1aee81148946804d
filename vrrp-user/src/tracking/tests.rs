use proptest::prelude::*;

use super::{
    Condition::{Absent, Ill, Value, Well},
    *,
};
use crate::config::model::tracking::Weight;

/// A script called after its place, with a weight and what is known of it.
type Row = (i16, bool, Option<Condition>);

fn tracks(rows: &[Row]) -> Vec<Track> {
    rows.iter()
        .enumerate()
        .map(|(index, &(points, reverse, _))| Track {
            what: Tracked::Script(index.to_string()),
            weight: Weight { points, reverse },
        })
        .collect()
}

/// The effective priority, and which of the things bars the router or is awaited.
fn judged(base: u8, rows: &[Row]) -> (u8, Option<usize>, Option<usize>) {
    let tracks = tracks(rows);
    let verdict = judge(Priority::new(base), &tracks, |what| {
        what.name().parse::<usize>().ok().and_then(|index| rows.get(index)?.2)
    });
    let place = |track: Option<&Track>| track.and_then(|track| track.what.name().parse().ok());
    (verdict.priority.get(), place(verdict.bar), place(verdict.awaited))
}

#[test]
fn each_weight_with_each_condition() {
    use Contribution::{Awaited, Bars, Points};
    for (points, reverse, [well, ill, unknown]) in [
        (0, false, [Points(0), Bars, Awaited]),
        (0, true, [Bars, Points(0), Awaited]),
        (20, false, [Points(20), Points(0), Points(0)]),
        (20, true, [Points(-20), Points(0), Points(0)]),
        (-20, false, [Points(0), Points(-20), Points(0)]),
        (-20, true, [Points(0), Points(20), Points(0)]),
        (254, true, [Points(-254), Points(0), Points(0)]),
    ] {
        let weight = Weight { points, reverse };
        for (condition, expected) in [(Some(Well), well), (Some(Ill), ill), (None, unknown)] {
            assert_eq!(contribution(weight, condition), expected, "{weight:?} {condition:?}");
        }
        assert_eq!(contribution(weight, Some(Absent)), Points(0));
    }
}

#[test]
fn files_count_what_they_hold() {
    use Contribution::{Bars, Points};
    for (points, reverse, value, expected) in [
        (0, false, 0, Points(0)),
        (0, false, 1, Bars),
        (0, false, -7, Bars),
        (0, true, 0, Bars),
        (0, true, 1, Points(0)),
        (1, false, 10, Points(10)),
        (1, true, 10, Points(-10)),
        (-2, false, 10, Points(-20)),
        (1, false, 253, Points(253)),
        (1, false, 300, Points(253)),
        (1, false, -253, Points(-253)),
        (1, false, -254, Bars),
        (-254, false, 1, Bars),
        (254, true, 1, Bars),
        (254, false, 1, Points(253)),
        (254, false, i64::MAX, Points(253)),
        (254, false, i64::MIN, Bars),
        (-254, true, i64::MIN, Bars),
    ] {
        let weight = Weight { points, reverse };
        assert_eq!(contribution(weight, Some(Value(value))), expected, "{weight:?} {value}");
    }
}

#[test]
fn the_sum_is_kept_within_bounds() {
    for (base, rows, expected) in [
        (100, &[][..], (100, None, None)),
        (100, &[(20, false, Some(Well)), (-30, false, Some(Ill))], (90, None, None)),
        (250, &[(20, false, Some(Well))], (254, None, None)),
        (10, &[(-20, false, Some(Ill))], (1, None, None)),
        // Only the sum is bounded, and not on the way.
        (250, &[(20, false, Some(Well)), (-20, false, Some(Ill))], (250, None, None)),
        (255, &[(-20, false, Some(Ill)), (0, false, Some(Ill))], (255, Some(1), None)),
        (1, &[(0, false, None), (9, false, Some(Well)), (0, true, None)], (10, None, Some(0))),
        (9, &[(0, false, Some(Well)), (0, true, Some(Well))], (9, Some(1), None)),
    ] {
        assert_eq!(judged(base, rows), expected, "{base} {rows:?}");
    }
}

fn condition() -> impl Strategy<Value = Option<Condition>> {
    prop_oneof![
        Just(None),
        Just(Some(Well)),
        Just(Some(Ill)),
        Just(Some(Absent)),
        any::<i64>().prop_map(|value| Some(Value(value))),
        (-300_i64..300).prop_map(|value| Some(Value(value))),
    ]
}

fn row() -> impl Strategy<Value = Row> {
    (-254_i16..=254, any::<bool>(), condition())
}

proptest! {
    /// The order does not matter, 255 is never left or reached, and what is not known moves nothing.
    #[test]
    fn whatever_is_tracked(
        base in 1_u8..=255,
        rows in proptest::collection::vec(row(), 0..20),
    ) {
        let (priority, bar, awaited) = judged(base, &rows);
        prop_assert_eq!(priority == 255, base == 255);
        prop_assert!(priority > 0);
        let mut reversed = rows.clone();
        reversed.reverse();
        let (backwards, other_bar, other_awaited) = judged(base, &reversed);
        prop_assert_eq!(priority, backwards);
        prop_assert_eq!(bar.is_some(), other_bar.is_some());
        prop_assert_eq!(awaited.is_some(), other_awaited.is_some());
        let known: Vec<Row> = rows.into_iter().filter(|row| row.2.is_some()).collect();
        let (alone, _, none) = judged(base, &known);
        prop_assert_eq!((priority, None), (alone, none));
    }
}
