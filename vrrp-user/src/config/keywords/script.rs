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
    supported("http"),
    supported("expect_status"),
    supported("expect_body"),
    supported("tcp"),
    supported("docker_node"),
    supported("docker_service"),
    supported("docker_container"),
    supported("docker_socket"),
];
