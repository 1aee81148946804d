//! Inside `vrrp_sync_group`.

use super::{Keyword, ignored, supported};

const TRACK: &str = "neither the priority nor the state of its members depends on it";

pub(super) const KEYWORDS: &[Keyword] = &[
    supported("group"),
    ignored("track_interface", TRACK),
    ignored("track_script", TRACK),
    ignored("track_file", TRACK),
    ignored("track_process", TRACK),
    ignored("track_bfd", TRACK),
    ignored("global_tracking", TRACK),
    ignored("sync_group_tracking_weight", TRACK),
    supported("notify"),
    supported("notify_master"),
    supported("notify_backup"),
    supported("notify_fault"),
    supported("notify_stop"),
    ignored("notify_deleted", "a sync group is not told of when a reload takes it away"),
    supported("notify_priority_changes"),
    ignored("smtp_alert", "no mail is sent"),
];
