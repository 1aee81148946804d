//! Watching the wire, and putting frames on it.

mod advert;
pub mod frame;
mod group;
mod neighbour;
mod packet;
mod sender;
pub(crate) mod socket;

use std::{
    collections::{HashMap, VecDeque},
    net::IpAddr,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use nix::net::if_::if_nametoindex;

use self::socket::{ETH_P_ALL, PacketSocket, Received};
pub use self::{
    frame::{
        Advert, Advertisement, Arp, Checksum, Frame, Kind, Report, Solicitation, Trailer, Wish,
    },
    sender::FrameSender,
};
use crate::{Lab, Moment, Node, interrupt};

/// An observer keeps this many frames; older ones are forgotten and counted.
const CAPACITY: usize = 50_000;

/// How often the observer looks whether it should end.
const TICK: Duration = Duration::from_millis(50);

/// An observer at every port of the switch: it sees each frame once, at the port where it comes
/// in, also those that the switch then sends to one other port only.
///
/// It knows the ports that were in the lab when it was opened.
#[derive(Debug)]
pub struct Wire {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    seen: Mutex<Seen>,
    news: Condvar,
    over: AtomicBool,
}

#[derive(Debug, Default)]
struct Seen {
    frames: VecDeque<Frame>,
    count: u64,
    forgotten: u64,
    failure: Option<String>,
}

/// What an observer takes down.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Interest {
    /// Adverts, ARP, Neighbor Discovery and reports about groups; a ping flood would push them out of memory.
    Protocol,
    /// Every frame.
    Everything,
}

impl Wire {
    /// Watches the protocol's frames from now on.
    ///
    /// # Errors
    /// When no packet socket can be opened in the switch's namespace.
    pub fn open(lab: &Lab) -> Result<Self> {
        Self::open_for(lab, Interest::Protocol)
    }

    /// Watches what is of interest from now on.
    ///
    /// # Errors
    /// When no packet socket can be opened in the switch's namespace.
    pub fn open_for(lab: &Lab, interest: Interest) -> Result<Self> {
        let names = lab.ports().to_vec();
        let ports = lab.switch().run(|| {
            let mut ports = HashMap::new();
            for name in names {
                let index = if_nametoindex(name.as_str()).with_context(|| name.clone())?;
                ports.insert(usize::try_from(index)?, name);
            }
            Ok(ports)
        })?;
        Self::watch_over(lab, ports, None, interest)
    }

    /// Watches what comes in from one node and nothing else, so that a flood from another is no
    /// work for the observer.
    ///
    /// # Errors
    /// When no packet socket can be opened in the switch's namespace.
    pub fn open_at(lab: &Lab, node: &Node) -> Result<Self> {
        let name = node.name().to_owned();
        let index = lab.switch().run(|| if_nametoindex(name.as_str()).context(name.clone()))?;
        let ports = HashMap::from([(usize::try_from(index)?, name.clone())]);
        Self::watch_over(lab, ports, Some(&name), Interest::Protocol)
    }

    fn watch_over(
        lab: &Lab,
        ports: HashMap<usize, String>,
        port: Option<&str>,
        interest: Interest,
    ) -> Result<Self> {
        let socket = PacketSocket::open(lab.switch(), ETH_P_ALL, port)?;
        // The bridge's own device and the ports it sends to show the same frame again.
        socket.ignore_outgoing()?;
        let shared = Arc::new(Shared::default());
        let theirs = Arc::clone(&shared);
        let thread = thread::Builder::new()
            .name("wire".to_owned())
            .spawn(move || theirs.collect(&socket, &ports, interest))
            .context("starting the observer")?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// The number the next frame will have: begin here to see only what happens from now on.
    #[must_use]
    pub fn mark(&self) -> u64 {
        self.shared.lock().count
    }

    /// How many frames have been forgotten for want of room.
    #[must_use]
    pub fn forgotten(&self) -> u64 {
        self.shared.lock().forgotten
    }

    /// The frames seen so far that `wanted` says yes to.
    #[must_use]
    pub fn frames(&self, wanted: impl Fn(&Frame) -> bool) -> Vec<Frame> {
        self.shared.lock().frames.iter().filter(|frame| wanted(frame)).cloned().collect()
    }

    /// The last frame so far that `wanted` says yes to.
    #[must_use]
    pub fn last(&self, wanted: impl Fn(&Frame) -> bool) -> Option<Frame> {
        self.shared.lock().frames.iter().rev().find(|frame| wanted(frame)).cloned()
    }

    /// All adverts from an address.
    #[must_use]
    pub fn adverts_from(&self, source: impl Into<IpAddr>) -> Vec<Frame> {
        let source = source.into();
        self.frames(|frame| frame.is_advert_from(source))
    }

    /// The last advert from an address.
    #[must_use]
    pub fn last_advert_from(&self, source: impl Into<IpAddr>) -> Option<Frame> {
        let source = source.into();
        self.last(|frame| frame.is_advert_from(source))
    }

    /// When each node's advert came last: the port and the moment, the latest first.
    #[must_use]
    pub fn speakers_since(&self, moment: Moment) -> Vec<(String, Moment)> {
        let mut latest: HashMap<String, Moment> = HashMap::new();
        for frame in self.frames(|frame| frame.advert().is_some() && frame.at >= moment) {
            latest.insert(frame.port, frame.at);
        }
        let mut speakers: Vec<_> = latest.into_iter().collect();
        speakers.sort_by_key(|(_, at)| std::cmp::Reverse(*at));
        speakers
    }

    /// Waits for a frame that `wanted` says yes to, among those seen already or yet to come.
    ///
    /// # Errors
    /// After `timeout`, naming `what` was waited for.
    pub fn expect(
        &self,
        timeout: Duration,
        what: &str,
        wanted: impl Fn(&Frame) -> bool,
    ) -> Result<Frame> {
        self.expect_from(0, timeout, what, wanted)
    }

    /// As [`Wire::expect`], for frames from a [`Wire::mark`] on.
    ///
    /// # Errors
    /// After `timeout`, naming `what` was waited for.
    pub fn expect_from(
        &self,
        mark: u64,
        timeout: Duration,
        what: &str,
        wanted: impl Fn(&Frame) -> bool,
    ) -> Result<Frame> {
        let deadline = Instant::now() + timeout;
        let mut next = mark;
        let mut seen = self.shared.lock();
        loop {
            let fresh = |frame: &&Frame| frame.number >= next;
            // From the back: the fresh ones are few.
            let start = seen.frames.iter().rev().take_while(fresh).count();
            let found = seen.frames.iter().rev().take(start).rev().find(|frame| wanted(frame));
            if let Some(frame) = found {
                return Ok(frame.clone());
            }
            next = seen.count.max(mark);
            if let Some(failure) = &seen.failure {
                bail!("the observer gave up: {failure}");
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                bail!("{what} did not come within {timeout:?}");
            }
            if interrupt::raised() {
                bail!("interrupted while waiting for {what}");
            }
            seen = self
                .shared
                .news
                .wait_timeout(seen, left.min(TICK))
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    /// Watches for a while and returns what came in that time and `wanted` says yes to.
    #[must_use]
    pub fn watch(&self, window: Duration, wanted: impl Fn(&Frame) -> bool) -> Vec<Frame> {
        let mark = self.mark();
        let deadline = Instant::now() + window;
        while !interrupt::raised() {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            thread::sleep(left.min(TICK));
        }
        self.frames(|frame| frame.number >= mark && wanted(frame))
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // A panic of the observer has been reported on stderr already.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn collect(&self, socket: &PacketSocket, ports: &HashMap<usize, String>, interest: Interest) {
        while !self.over.load(Ordering::Relaxed) {
            match socket.receive(TICK) {
                Ok(Some(received)) => self.note(received, ports, interest),
                Ok(None) => {}
                Err(error) => {
                    self.lock().failure = Some(format!("{error:#}"));
                    self.news.notify_all();
                    return;
                }
            }
        }
    }

    fn note(&self, received: Received, ports: &HashMap<usize, String>, interest: Interest) {
        let Some(port) = ports.get(&received.interface) else { return };
        let Some((destination_mac, source_mac, kind)) = frame::decode(&received.bytes) else {
            return;
        };
        if interest == Interest::Protocol && matches!(kind, Kind::Other(_)) {
            return;
        }
        let mut seen = self.lock();
        let number = seen.count;
        seen.count += 1;
        if seen.frames.len() == CAPACITY {
            seen.frames.pop_front();
            seen.forgotten += 1;
        }
        seen.frames.push_back(Frame {
            number,
            at: received.at,
            port: port.clone(),
            source_mac,
            destination_mac,
            kind,
            bytes: received.bytes,
        });
        drop(seen);
        self.news.notify_all();
    }
}
