//! Inside `vrrp_instance` and its blocks.

use super::{Keyword, ignored, refused, supported};

const IPVLAN: &str = "the adverts would have another source address than the file asks for";
const NO_VMAC_INTERFACE: &str = "there is no virtual MAC interface, only its address";
const ADDRESS_FLAG: &str = "the address is added without this flag";
const ROUTES: &str = "it is not configured when this node becomes master";

pub(super) const KEYWORDS: &[Keyword] = &[
    supported("state"),
    supported("interface"),
    supported("virtual_router_id"),
    supported("priority"),
    supported("advert_int"),
    supported("version"),
    supported("authentication"),
    supported("auth_hmac"),
    supported("virtual_ipaddress"),
    supported("virtual_ipaddress_excluded"),
    supported("preempt"),
    supported("nopreempt"),
    supported("preempt_delay"),
    supported("mcast_src_ip"),
    supported("garp_master_delay"),
    supported("garp_master_repeat"),
    supported("garp_master_refresh"),
    supported("garp_master_refresh_repeat"),
    supported("garp_lower_prio_delay"),
    supported("garp_lower_prio_repeat"),
    supported("garp_extra_if"),
    supported("vmac_garp_intvl"),
    supported("lower_prio_no_advert"),
    supported("higher_prio_send_advert"),
    supported("owner_ignore_adverts"),
    supported("skip_check_adv_addr"),
    supported("strict_mode"),
    supported("accept"),
    supported("no_accept"),
    supported("v3_checksum_as_v2"),
    supported("down_timer_adverts"),
    supported("timer_expired_backup"),
    supported("thread_timer_expired"),
    supported("unicast_peer"),
    supported("unicast_src_ip"),
    supported("mcast_dst_ip"),
    supported("unicast_ttl"),
    supported("unicast_fault_no_peer"),
    supported("check_unicast_src"),
    supported("old_unicast_checksum"),
    supported("native_ipv6"),
    supported("no_virtual_ipaddress"),
    supported("use_vmac"),
    supported("use_vmac_addr"),
    supported("vmac_xmit_base"),
    refused("use_ipvlan", IPVLAN),
    refused("vrf", "the instance would run in another routing domain than the file asks for"),
    supported("track_interface"),
    supported("track_script"),
    supported("track_file"),
    supported("track_process"),
    supported("track_bfd"),
    supported("track_src_ip"),
    supported("dont_track_primary"),
    supported("notify"),
    supported("notify_master"),
    supported("notify_backup"),
    supported("notify_fault"),
    supported("notify_stop"),
    supported("notify_deleted"),
    supported("notify_master_rx_lower_pri"),
    supported("notify_priority_changes"),
    ignored("smtp_alert", "no mail is sent"),
    ignored("virtual_routes", ROUTES),
    ignored("virtual_rules", ROUTES),
    ignored("promote_secondaries", "the interface's sysctl is left as it is"),
    ignored("kernel_rx_buf_size", "what is heard is read at once"),
    ignored("debug", "what is logged is set for the whole daemon"),
    ignored("linkbeat_use_polling", "the kernel's own link state is used"),
    ignored("lvs_sync_daemon_interface", "the load balancer is not part of vrrp"),
];

pub(super) const AUTHENTICATION: &[Keyword] = &[supported("auth_type"), supported("auth_pass")];

pub(super) const HMAC: &[Keyword] = &[
    supported("key"),
    supported("active_key"),
    supported("time_window"),
    supported("anti_replay"),
    supported("mode"),
];

pub(super) const ADDRESS: &[Keyword] = &[
    supported("dev"),
    supported("scope"),
    supported("label"),
    supported("brd"),
    supported("broadcast"),
    ignored("peer", "the address is added without a peer"),
    ignored("home", ADDRESS_FLAG),
    ignored("-nodad", ADDRESS_FLAG),
    ignored("mngtmpaddr", ADDRESS_FLAG),
    ignored("noprefixroute", ADDRESS_FLAG),
    ignored("autojoin", ADDRESS_FLAG),
    ignored("no_track", "there is no tracking of addresses"),
    ignored("preferred_lft", "the address stays preferred for ever"),
    ignored("track_group", "there are no track groups"),
    supported("use_vmac"),
];

pub(super) const PEER: &[Keyword] = &[supported("min_ttl"), supported("max_ttl")];

pub(super) const VIRTUAL_MAC: &[Keyword] = &[
    supported("name"),
    ignored("group", NO_VMAC_INTERFACE),
    ignored("netlink_notify_msg", NO_VMAC_INTERFACE),
];
