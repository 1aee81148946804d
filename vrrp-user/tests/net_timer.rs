//! The timer against the clock.

#![expect(clippy::unwrap_used, reason = "the helpers of a test fail it by panicking")]

use std::{future::Future, pin::pin, task::Poll, time::Duration};

use tokio::time::timeout;
use vrrp_user::{
    net::{Timer, monotonic_now},
    protocol::Monotonic,
};

const SOON: Duration = Duration::from_millis(20);

async fn fires(timer: &mut Timer, within: Duration) -> bool {
    match timeout(within, timer.expired()).await {
        Ok(result) => {
            result.unwrap();
            true
        }
        Err(_) => false,
    }
}

#[tokio::test(flavor = "current_thread")]
async fn deadlines_are_kept() {
    let mut timer = Timer::new().unwrap();
    let mut late = Vec::new();
    for _ in 0..50 {
        let deadline = monotonic_now() + Duration::from_millis(10);
        timer.arm(Some(deadline)).unwrap();
        timer.expired().await.unwrap();
        assert!(monotonic_now() >= deadline);
        late.push(monotonic_now().since(deadline));
    }
    late.sort();
    println!("late by: median {:?}, worst {:?}", late[25], late[49]);
    assert!(late[25] < Duration::from_millis(5));
}

#[tokio::test(flavor = "current_thread")]
async fn a_deadline_in_the_past_expires_at_once_and_only_once() {
    let mut timer = Timer::new().unwrap();
    for past in [Monotonic::ZERO, Monotonic::from_nanos(1), monotonic_now()] {
        timer.arm(Some(past)).unwrap();
        assert!(fires(&mut timer, Duration::from_secs(1)).await, "{past:?}");
        assert!(!fires(&mut timer, SOON).await);
        // The same again is a new deadline, as the old one has been reported.
        timer.arm(Some(past)).unwrap();
        assert!(fires(&mut timer, Duration::from_secs(1)).await);
    }
}

#[tokio::test(flavor = "current_thread")]
async fn a_timer_can_be_put_off_and_disarmed() {
    let mut timer = Timer::new().unwrap();
    assert!(!fires(&mut timer, SOON).await);
    timer.arm(Some(monotonic_now())).unwrap();
    // Expired, but not reported yet.
    std::thread::sleep(Duration::from_millis(5));
    timer.arm(Some(monotonic_now() + Duration::from_secs(60))).unwrap();
    assert!(!fires(&mut timer, SOON).await);
    timer.arm(Some(Monotonic::ZERO)).unwrap();
    timer.arm(None).unwrap();
    assert!(!fires(&mut timer, SOON).await);
    timer.arm(Some(Monotonic::from_nanos(u64::MAX))).unwrap();
    assert!(!fires(&mut timer, SOON).await);
}

#[tokio::test(flavor = "current_thread")]
async fn an_expiry_survives_a_cancelled_wait() {
    let mut timer = Timer::new().unwrap();
    timer.arm(Some(monotonic_now() + SOON)).unwrap();
    {
        let mut wait = pin!(timer.expired());
        let polled = std::future::poll_fn(|cx| Poll::Ready(wait.as_mut().poll(cx))).await;
        assert!(polled.is_pending());
    }
    tokio::time::sleep(SOON * 2).await;
    assert!(fires(&mut timer, Duration::from_millis(5)).await);
}
