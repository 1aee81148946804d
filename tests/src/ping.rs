//! Pinging without pause, to see for how long an address was gone.

use std::{
    net::{Ipv4Addr, SocketAddrV4},
    os::fd::{AsFd, AsRawFd, OwnedFd},
    process,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow};
use nix::{
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::socket::{
        AddressFamily, MsgFlags, SockFlag, SockProtocol, SockType, SockaddrIn, recv, sendto, socket,
    },
};

use crate::{Moment, Node, craft::checksum};

/// Requests remembered; pinging on beyond that only forgets.
const CAPACITY: usize = 1_000_000;
/// How long the last requests may take to be answered.
const GRACE: Duration = Duration::from_millis(200);

/// A ping that is running.
#[derive(Debug)]
pub struct Ping {
    over: Arc<AtomicBool>,
    thread: JoinHandle<Vec<Echo>>,
}

/// One request.
#[derive(Clone, Copy, Debug)]
pub struct Echo {
    /// When it was sent.
    pub sent: Moment,
    /// When its answer was read, if one came.
    pub answered: Option<Moment>,
}

/// How it went.
#[derive(Clone, Debug)]
pub struct PingReport {
    /// Every request in order.
    pub echoes: Vec<Echo>,
}

impl Ping {
    pub(crate) fn start(node: &Node, target: Ipv4Addr, interval: Duration) -> Result<Self> {
        let socket = node.namespace().run(|| {
            socket(
                AddressFamily::Inet,
                SockType::Raw,
                SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK,
                SockProtocol::Icmp,
            )
            .context("opening a raw ICMP socket")
        })?;
        let over = Arc::new(AtomicBool::new(false));
        let theirs = Arc::clone(&over);
        let thread = thread::Builder::new()
            .name("ping".to_owned())
            .spawn(move || run(&socket, target, interval.max(Duration::from_micros(100)), &theirs))
            .context("starting the ping")?;
        Ok(Self { over, thread })
    }

    /// Ends it and tells how it went.
    ///
    /// # Errors
    /// When its thread panicked.
    pub fn finish(self) -> Result<PingReport> {
        self.over.store(true, Ordering::Relaxed);
        let echoes = self.thread.join().map_err(|_| anyhow!("the ping panicked"))?;
        Ok(PingReport { echoes })
    }
}

impl PingReport {
    /// How many requests were sent.
    #[must_use]
    pub fn sent(&self) -> usize {
        self.echoes.len()
    }

    /// How many were not answered.
    #[must_use]
    pub fn lost(&self) -> usize {
        self.echoes.iter().filter(|echo| echo.answered.is_none()).count()
    }

    /// The longest time without service: from the last request answered before a loss to the
    /// first one answered after it. Zero without losses; a loss that lasted to the end counts
    /// up to the last request.
    #[must_use]
    pub fn longest_outage(&self) -> Duration {
        let mut longest = Duration::ZERO;
        let mut good: Option<Moment> = None;
        let mut losing = false;
        for echo in &self.echoes {
            let start = *good.get_or_insert(echo.sent);
            if losing || echo.answered.is_none() {
                longest = longest.max(echo.sent.since(start));
            }
            losing = echo.answered.is_none();
            if !losing {
                good = Some(echo.sent);
            }
        }
        longest
    }
}

fn run(socket: &OwnedFd, target: Ipv4Addr, interval: Duration, over: &AtomicBool) -> Vec<Echo> {
    let mark = u16::try_from(process::id() & 0xffff).unwrap_or_default();
    let to = SockaddrIn::from(SocketAddrV4::new(target, 0));
    let mut echoes: Vec<Echo> = Vec::new();
    let mut next = Instant::now();
    let mut end = None;
    loop {
        let now = Instant::now();
        if end.is_none() && (over.load(Ordering::Relaxed) || echoes.len() >= CAPACITY) {
            end = Some(now + GRACE);
        }
        match end {
            Some(end) if now >= end || echoes.iter().all(|echo| echo.answered.is_some()) => {
                return echoes;
            }
            None if now >= next => {
                let request = echo_request(mark, echoes.len());
                echoes.push(Echo { sent: Moment::now(), answered: None });
                // An unreachable target is a lost request, nothing more.
                let _ = sendto(socket.as_raw_fd(), &request, &to, MsgFlags::empty());
                // On a fixed grid, without a burst after a pause.
                next += interval;
                if next < now {
                    next = now + interval;
                }
            }
            Some(_) | None => {}
        }
        let until = end.unwrap_or(next).saturating_duration_since(Instant::now());
        wait(socket, until);
        collect(socket, target, mark, &mut echoes);
    }
}

fn wait(socket: &OwnedFd, until: Duration) {
    // Sub-millisecond pauses: poll counts milliseconds and would come late.
    if until < Duration::from_millis(1) {
        thread::sleep(until);
        return;
    }
    let millis = u16::try_from(until.as_millis()).unwrap_or(u16::MAX).min(50);
    let mut ready = [PollFd::new(socket.as_fd(), PollFlags::POLLIN)];
    // An interrupted wait is a short wait.
    let _ = poll(&mut ready, PollTimeout::from(millis));
}

fn collect(socket: &OwnedFd, target: Ipv4Addr, mark: u16, echoes: &mut [Echo]) {
    let mut packet = [0; 128];
    // The kernel queues a bounded number of packets; this ends when they are read.
    while let Ok(length) = recv(socket.as_raw_fd(), &mut packet, MsgFlags::MSG_DONTWAIT) {
        let Some(index) = packet.get(..length).and_then(|packet| answered(packet, target, mark))
        else {
            continue;
        };
        if let Some(echo) = echoes.get_mut(index) {
            echo.answered.get_or_insert_with(Moment::now);
        }
    }
}

/// Which of our requests a packet answers.
fn answered(packet: &[u8], target: Ipv4Addr, mark: u16) -> Option<usize> {
    let header = usize::from(packet.first()? & 15) * 4;
    let source = Ipv4Addr::from(*packet.get(12..)?.first_chunk::<4>()?);
    let icmp = packet.get(header..)?;
    let [kind, _, _, _, id_high, id_low, _, _, index @ ..] = icmp.first_chunk::<16>()?;
    let ours = *kind == 0 && [*id_high, *id_low] == mark.to_be_bytes() && source == target;
    ours.then(|| u64::from_be_bytes(*index).try_into().ok())?
}

fn echo_request(mark: u16, index: usize) -> [u8; 16] {
    let index = u64::try_from(index).unwrap_or_default();
    let [id_high, id_low] = mark.to_be_bytes();
    let [.., seq_high, seq_low] = index.to_be_bytes();
    let head = |[sum_high, sum_low]: [u8; 2]| {
        [8, 0, sum_high, sum_low, id_high, id_low, seq_high, seq_low]
    };
    let sum = checksum(&[&head([0, 0]), &index.to_be_bytes()]);
    let mut request = [0; 16];
    let bytes = head(sum.to_be_bytes()).into_iter().chain(index.to_be_bytes());
    for (to, from) in request.iter_mut().zip(bytes) {
        *to = from;
    }
    request
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(answers: &[bool]) -> PingReport {
        let at = |index: usize| Moment::from_nanos(u64::try_from(index).unwrap() * 10);
        let echoes = answers.iter().enumerate().map(|(index, answered)| Echo {
            sent: at(index),
            answered: answered.then(|| at(index)),
        });
        PingReport { echoes: echoes.collect() }
    }

    #[test]
    fn an_outage_lasts_from_the_last_good_request_to_the_next() {
        assert_eq!(report(&[]).longest_outage(), Duration::ZERO);
        assert_eq!(report(&[true, true, true]).longest_outage(), Duration::ZERO);
        assert_eq!(report(&[true, false, false, true]).longest_outage(), Duration::from_nanos(30));
        assert_eq!(report(&[true, false, false]).longest_outage(), Duration::from_nanos(20));
        assert_eq!(report(&[false, true, true]).longest_outage(), Duration::from_nanos(10));
        assert_eq!(report(&[true, false, true]).lost(), 1);
    }
}
