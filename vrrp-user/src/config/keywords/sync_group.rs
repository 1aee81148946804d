//! Inside `vrrp_sync_group`.

use super::{Keyword, ignored, supported};

const SCRIPT: &str = "no script is run when the state changes";
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
    ignored("notify", SCRIPT),
    ignored("notify_master", SCRIPT),
    ignored("notify_backup", SCRIPT),
    ignored("notify_fault", SCRIPT),
    ignored("notify_stop", SCRIPT),
    ignored("notify_deleted", SCRIPT),
    ignored("notify_priority_changes", "no change of priority is written to a FIFO"),
    ignored("smtp_alert", "no mail is sent"),
];
