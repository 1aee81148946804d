//! The vocabulary of VRRP: identifiers and intervals that cannot hold a wrong value.

mod advert_interval;
mod clock;
mod family;
mod priority;
mod version;
mod virtual_mac;
mod vrid;

pub use advert_interval::{AdvertInterval, AdvertIntervalError};
pub use clock::Monotonic;
pub use family::Family;
pub use priority::Priority;
pub use version::Version;
pub use virtual_mac::virtual_mac;
pub use vrid::Vrid;
