//! Inside `vrrp_script`.

use super::{Keyword, supported};

pub(super) const KEYWORDS: &[Keyword] = &[
    supported("script"),
    supported("interval"),
    supported("timeout"),
    supported("weight"),
    supported("rise"),
    supported("fall"),
    supported("user"),
    supported("init_fail"),
];
