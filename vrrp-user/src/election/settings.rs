//! What a virtual router is told, and the intervals that follow from it.

use std::{net::IpAddr, time::Duration};

use super::{Advert, KnownMaster};
use crate::{
    config::model::{GarpSchedule, Manners, Preemption},
    protocol::{AdvertInterval, Priority, Version},
};

/// This node's part in a virtual router.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Settings {
    /// Protocol version.
    pub version: Version,
    /// Our priority, 1 to 255.
    pub priority: Priority,
    /// Our interval.
    pub advert_interval: AdvertInterval,
    /// What to do about a lesser master.
    pub preemption: Preemption,
    /// Adverts that may go missing before the master is taken for dead (RFC 9568 §6.1 says 3), and
    /// that a master's lease lasts.
    pub down_adverts: u8,
    /// A master that wakes up so late that a backup of this priority has taken over by then
    /// becomes a backup without a word (keepalived's `timer_expired_backup`).
    pub late_below: Option<Priority>,
    /// Whether it is a member of a sync group, which decides together: its own timer only makes it
    /// want to be master.
    pub grouped: bool,
    /// Source address of our adverts; decides between equal priorities.
    pub own_address: IpAddr,
    /// The schedule of gratuitous ARP.
    pub garp: GarpSchedule,
    /// What to do about other masters.
    pub manners: Manners,
}

impl Settings {
    /// `Skew_Time`: the lower the priority, the longer (RFC 3768 §6.1: of a second; RFC 9568
    /// §6.1: of the master's interval).
    #[must_use]
    pub fn skew_time(&self, master_interval: AdvertInterval) -> Duration {
        self.skew_time_of(self.priority, master_interval)
    }

    fn skew_time_of(&self, priority: Priority, master_interval: AdvertInterval) -> Duration {
        let whole = match self.version {
            Version::V2 => Duration::from_secs(1),
            Version::V3 => master_interval.as_duration(),
        };
        whole * (256 - u32::from(priority.get())) / 256
    }

    /// `Master_Down_Interval`: after so long a silence the master is taken for dead.
    #[must_use]
    pub fn master_down_interval(&self, master_interval: AdvertInterval) -> Duration {
        master_interval.as_duration() * u32::from(self.down_adverts)
            + self.skew_time(master_interval)
    }

    /// How long after an advert has left this node may answer for the addresses. Ends before any
    /// peer's `Master_Down_Interval` does, since every peer adds its skew; that of an owner is as
    /// long as the margin.
    #[must_use]
    pub fn lease(&self) -> Duration {
        // The most eager backup, but for another owner, has this skew: half of it bridges what an
        // advert may come late.
        let margin = self.skew_time_of(Priority::new(254), self.advert_interval) / 2;
        self.advert_interval.as_duration() * u32::from(self.down_adverts) + margin
    }

    /// How much before its time a master may advertise, so that one wake-up serves many routers. The
    /// grid of its adverts stays as it is.
    pub(super) fn earliness(&self) -> Duration {
        const MOST: Duration = Duration::from_millis(1);
        (self.advert_interval.as_duration() / 64).min(MOST)
    }

    /// How long past the end of its lease a master may wake up without having been replaced by a
    /// backup of the priority in `late_below`; `None` if it does not care.
    pub(super) fn lateness_allowed(&self) -> Option<Duration> {
        self.late_below.map(|priority| self.skew_time_of(priority, self.advert_interval))
    }

    /// Whether a backup follows such a master without a thought of taking over.
    pub(super) fn yields_to(&self, master: &KnownMaster) -> bool {
        master.priority >= self.priority || self.preemption == Preemption::Never
    }

    /// Whether an advert beats us while we are master (RFC 9568 §6.4.3).
    pub(super) fn is_beaten_by(&self, advert: &Advert) -> bool {
        advert.priority > self.priority
            || (advert.priority == self.priority && advert.source > self.own_address)
    }
}
