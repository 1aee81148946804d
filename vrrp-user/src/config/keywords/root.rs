//! Outside any block.

use super::{Keyword, ignored, refused, skipped, supported};

const LVS: &str = "the load balancer is not part of vrrp";
const NAMESPACE: &str = "the daemon would run in another network namespace than the file asks for";

pub(super) const KEYWORDS: &[Keyword] = &[
    supported("global_defs"),
    supported("vrrp_instance"),
    supported("vrrp_sync_group"),
    supported("vrrp_script"),
    supported("garp_group"),
    supported("interface_up_down_delays"),
    supported("vrrp_track_process"),
    supported("track_process"),
    supported("track_file"),
    supported("vrrp_track_file"),
    supported("bfd_instance"),
    supported("static_ipaddress"),
    supported("static_routes"),
    supported("static_rules"),
    supported("track_group"),
    ignored("linkbeat_interfaces", "the kernel's own link state is used"),
    ignored("linkbeat_use_polling", "the kernel's own link state is used"),
    ignored("instance", super::global::INSTANCE),
    ignored("use_pid_dir", "no pid file is written"),
    ignored("child_wait_time", "there is no child process"),
    ignored("namespace_with_ipsets", "no ipset is used"),
    ignored("net_namespace_ipvs", LVS),
    refused("net_namespace", NAMESPACE),
    skipped("virtual_server", LVS),
    skipped("virtual_server_group", LVS),
    skipped("SSL", LVS),
    supported("include"),
    supported("includer"),
    supported("includem"),
    supported("includew"),
    supported("includeb"),
    supported("includea"),
];

pub(super) const GARP_GROUP: &[Keyword] = &[
    supported("garp_interval"),
    supported("gna_interval"),
    supported("interface"),
    supported("interfaces"),
];
