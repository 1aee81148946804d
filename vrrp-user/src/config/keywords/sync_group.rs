//! Inside `vrrp_sync_group`.

use super::{Keyword, ignored, supported};

pub(super) const KEYWORDS: &[Keyword] = &[
    supported("group"),
    supported("track_interface"),
    supported("track_script"),
    supported("track_file"),
    supported("track_process"),
    supported("track_bfd"),
    supported("global_tracking"),
    supported("sync_group_tracking_weight"),
    supported("notify"),
    supported("notify_master"),
    supported("notify_backup"),
    supported("notify_fault"),
    supported("notify_stop"),
    ignored("notify_deleted", "a sync group is not told of when a reload takes it away"),
    supported("notify_priority_changes"),
    ignored("smtp_alert", "no mail is sent"),
];
