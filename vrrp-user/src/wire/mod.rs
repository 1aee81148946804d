//! The frames that a node sends: adverts and announcements. How received ones are read is in
//! `vrrp_ebpf`, where the kernel needs it.

mod advert_frame;
mod announcement;
mod checksum;
mod gratuitous_arp;
mod ip_header;
mod message;
mod unsolicited_advertisement;

pub use advert_frame::{AdvertContent, AdvertFrame};
pub use announcement::Announcement;
pub use message::MessageContent;
