use std::time::{Duration, UNIX_EPOCH};

use super::*;
use crate::{
    config::model::HmacKey,
    hmac::tag::tag,
    protocol::{Version, Vrid},
};

const ROUTER: Router = Router { version: Version::V3, vrid: Vrid::new(51).unwrap() };
const MESSAGE: &[u8] = &[0x31, 51, 100, 1, 0, 100, 0xaa, 0xbb, 10, 0, 0, 70];
const SECONDS: u64 = 1_000_000;

fn source(last: u8) -> IpAddr {
    [10, 0, 0, last].into()
}

fn key() -> HmacKey {
    HmacKey((0..32).collect())
}

fn verifier(mode: HmacMode, anti_replay: AntiReplay) -> Verifier {
    let settings = HmacSettings { keys: [(7, key())].into(), active: 7, mode, anti_replay };
    Verifier::new(settings, ROUTER)
}

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

fn trailer(last: u8, id: u8, sequence: Sequence) -> [u8; TRAILER_LENGTH] {
    let prefix = Trailer::prefix(id, sequence);
    let tag = tag(&key(), ROUTER, source(last), MESSAGE, &prefix);
    [&prefix[..], &tag[..]].concat().try_into().unwrap()
}

const WINDOW: AntiReplay = AntiReplay::Time { window: Duration::from_secs(10) };

#[test]
fn a_missing_trailer_is_a_matter_of_mode() {
    for (mode, expected) in [
        (HmacMode::Enforce, Err(Refusal::Missing)),
        (HmacMode::Permissive, Ok(())),
        (HmacMode::ReceiveOnly, Ok(())),
    ] {
        let mut verifier = verifier(mode, WINDOW);
        assert_eq!(verifier.verify_at(at(SECONDS), source(1), MESSAGE, None), expected);
        // A wrong one is refused in every mode.
        let wrong = [0; TRAILER_LENGTH];
        let judged = verifier.verify_at(at(SECONDS), source(1), MESSAGE, Some(&wrong));
        assert_eq!(judged, Err(Refusal::Wrong));
    }
}

#[test]
fn every_bit_of_the_trailer_counts() {
    let mut verifier = verifier(HmacMode::Enforce, AntiReplay::Monotonic);
    let right = trailer(1, 7, Sequence::of(at(SECONDS)));
    for at_bit in 0..TRAILER_LENGTH * 8 {
        let mut bytes = right;
        bytes[at_bit / 8] ^= 1 << (at_bit % 8);
        let judged = verifier.verify_at(at(SECONDS), source(1), MESSAGE, Some(&bytes));
        let expected = if at_bit / 8 == 1 { Refusal::UnknownKey } else { Refusal::Wrong };
        assert_eq!(judged, Err(expected), "{at_bit}");
    }
    let judged = verifier.verify_at(at(SECONDS), source(2), MESSAGE, Some(&right));
    assert_eq!(judged, Err(Refusal::Wrong), "from somebody else");
    assert_eq!(verifier.verify_at(at(SECONDS), source(1), MESSAGE, Some(&right)), Ok(()));
}

#[test]
fn repetitions_are_told_by_sender() {
    let mut verifier = verifier(HmacMode::Enforce, WINDOW);
    let mut judge = |last, sequence, now| {
        let bytes = trailer(last, 7, sequence);
        verifier.verify_at(at(now), source(last), MESSAGE, Some(&bytes))
    };
    let first = Sequence::of(at(SECONDS));
    assert_eq!(judge(1, first, SECONDS), Ok(()));
    assert_eq!(judge(1, first, SECONDS), Err(Refusal::Replayed));
    assert_eq!(judge(2, first, SECONDS), Ok(()));
    assert_eq!(judge(1, first.next(), SECONDS), Ok(()));
    assert_eq!(judge(1, first, SECONDS + 5), Err(Refusal::Replayed));
    assert_eq!(judge(1, first, SECONDS + 11), Err(Refusal::Stale));
    assert_eq!(judge(1, Sequence::of(at(SECONDS + 22)), SECONDS + 11), Err(Refusal::Stale));
    // Both clocks were set back by an hour.
    let earlier = SECONDS - 3600;
    assert_eq!(judge(1, Sequence::of(at(earlier)), earlier), Ok(()));
}

#[test]
fn monotonic_asks_nothing_of_the_clock_and_never_goes_back() {
    let mut verifier = verifier(HmacMode::Enforce, AntiReplay::Monotonic);
    let mut judge = |sequence| {
        let bytes = trailer(1, 7, sequence);
        verifier.verify_at(at(SECONDS), source(1), MESSAGE, Some(&bytes))
    };
    assert_eq!(judge(Sequence::of(at(SECONDS + 9_999))), Ok(()));
    assert_eq!(judge(Sequence::of(at(SECONDS))), Err(Refusal::Replayed));
}

#[test]
fn the_memory_for_senders_is_bounded() {
    let mut verifier = verifier(HmacMode::Enforce, AntiReplay::Monotonic);
    for last in 0..=255 {
        let bytes = trailer(last, 7, Sequence::of(at(SECONDS + u64::from(last))));
        verifier.verify_at(at(SECONDS), source(last), MESSAGE, Some(&bytes)).unwrap();
    }
    assert_eq!(verifier.senders.len(), SENDERS);
    assert!(verifier.senders.contains_key(&source(255)));
}
