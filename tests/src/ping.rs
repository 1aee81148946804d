//! Pinging without pause, to see for how long an address was gone.

use std::{
    net::{IpAddr, SocketAddrV4, SocketAddrV6},
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
        AddressFamily, MsgFlags, SockFlag, SockProtocol, SockType, SockaddrIn, SockaddrIn6,
        SockaddrLike, SockaddrStorage, recvfrom, sendto, socket,
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
    pub(crate) fn start(node: &Node, target: IpAddr, interval: Duration) -> Result<Self> {
        let (family, protocol) = match target {
            IpAddr::V4(_) => (AddressFamily::Inet, SockProtocol::Icmp),
            IpAddr::V6(_) => (AddressFamily::Inet6, SockProtocol::IcmpV6),
        };
        let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
        let socket = node.namespace().run(|| {
            socket(family, SockType::Raw, flags, protocol).context("opening a raw ICMP socket")
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

fn run(socket: &OwnedFd, target: IpAddr, interval: Duration, over: &AtomicBool) -> Vec<Echo> {
    let mark = u16::try_from(process::id() & 0xffff).unwrap_or_default();
    match target {
        IpAddr::V4(to) => {
            let to = SockaddrIn::from(SocketAddrV4::new(to, 0));
            run_to(socket, target, &to, mark, interval, over)
        }
        IpAddr::V6(to) => {
            let to = SockaddrIn6::from(SocketAddrV6::new(to, 0, 0, 0));
            run_to(socket, target, &to, mark, interval, over)
        }
    }
}

fn run_to(
    socket: &OwnedFd,
    target: IpAddr,
    to: &impl SockaddrLike,
    mark: u16,
    interval: Duration,
    over: &AtomicBool,
) -> Vec<Echo> {
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
                let request = echo_request(target.is_ipv6(), mark, echoes.len());
                echoes.push(Echo { sent: Moment::now(), answered: None });
                // An unreachable target is a lost request, nothing more.
                let _ = sendto(socket.as_raw_fd(), &request, to, MsgFlags::empty());
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

fn collect(socket: &OwnedFd, target: IpAddr, mark: u16, echoes: &mut [Echo]) {
    let mut packet = [0; 128];
    // The kernel queues a bounded number of packets; this ends when they are read.
    while let Ok((length, from)) = recvfrom::<SockaddrStorage>(socket.as_raw_fd(), &mut packet) {
        if from.is_none_or(|from| source(&from) != Some(target)) {
            continue;
        }
        let Some(index) = packet
            .get(..length)
            .and_then(|packet| if target.is_ipv4() { behind_header(packet) } else { Some(packet) })
            .and_then(|icmp| answered(icmp, target.is_ipv6(), mark))
        else {
            continue;
        };
        if let Some(echo) = echoes.get_mut(index) {
            echo.answered.get_or_insert_with(Moment::now);
        }
    }
}

fn source(from: &SockaddrStorage) -> Option<IpAddr> {
    let four = from.as_sockaddr_in().map(|from| from.ip().into());
    four.or_else(|| from.as_sockaddr_in6().map(|from| from.ip().into()))
}

/// What is behind the IPv4 header that raw sockets show; those of IPv6 do not.
fn behind_header(packet: &[u8]) -> Option<&[u8]> {
    packet.get(usize::from(packet.first()? & 15) * 4..)
}

/// Which of our requests an ICMP message answers.
fn answered(icmp: &[u8], ipv6: bool, mark: u16) -> Option<usize> {
    let reply = if ipv6 { 129 } else { 0 };
    let [kind, _, _, _, id_high, id_low, _, _, index @ ..] = icmp.first_chunk::<16>()?;
    let ours = *kind == reply && [*id_high, *id_low] == mark.to_be_bytes();
    ours.then(|| u64::from_be_bytes(*index).try_into().ok())?
}

/// The kernel makes the checksum of `ICMPv6` itself.
fn echo_request(ipv6: bool, mark: u16, index: usize) -> [u8; 16] {
    let index = u64::try_from(index).unwrap_or_default();
    let kind = if ipv6 { 128 } else { 8 };
    let [id_high, id_low] = mark.to_be_bytes();
    let [.., seq_high, seq_low] = index.to_be_bytes();
    let head = |[sum_high, sum_low]: [u8; 2]| {
        [kind, 0, sum_high, sum_low, id_high, id_low, seq_high, seq_low]
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
