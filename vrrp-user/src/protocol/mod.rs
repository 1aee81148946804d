//! The vocabulary of VRRP: identifiers and intervals that cannot hold a wrong value.

mod advert_interval;
mod clock;
mod priority;
mod version;
mod vrid;

pub use advert_interval::{AdvertInterval, AdvertIntervalError};
pub use clock::Monotonic;
pub use priority::Priority;
pub use version::Version;
pub use vrid::Vrid;
