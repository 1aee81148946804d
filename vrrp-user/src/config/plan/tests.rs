use super::*;
use crate::config::{parse, testing::instance};

fn config(text: &str) -> Config {
    let loaded = parse("test", text.as_bytes());
    loaded.config.clone().unwrap_or_else(|| panic!("{}", loaded.render(false)))
}

/// A file with lines outside the instance, and in it.
fn file(lines: &str, body: &str) -> Config {
    config(&format!("{lines}\n{}", instance(body)))
}

#[track_caller]
fn changes(old: &Config, new: &Config) -> Vec<String> {
    Plan::between(old, new).changes.iter().map(ToString::to_string).collect()
}

#[test]
fn nothing_has_changed() {
    let one = file("", "priority 50");
    assert_eq!(Plan::between(&one, &one.clone()), Plan::default());
}

/// Lines of an instance in place of none, and what is said of it.
#[test]
fn each_keyword_of_an_instance_is_told_of_by_its_name() {
    for (body, expected) in [
        ("priority 50", &["~ priority 100 -> 50"][..]),
        ("advert_int 2", &["~ advert_int 1 -> 2"]),
        ("nopreempt", &["+ nopreempt"]),
        ("preempt_delay 2.5", &["+ preempt_delay 2.5"]),
        ("no_accept", &["+ no_accept"]),
        ("mcast_src_ip 10.0.0.1", &["+ mcast_src_ip 10.0.0.1"]),
        ("mcast_dst_ip 224.0.0.19", &["~ mcast_dst_ip 224.0.0.18 -> 224.0.0.19"]),
        ("down_timer_adverts 4", &["~ down_timer_adverts 3 -> 4"]),
        ("nopreempt\ntimer_expired_backup", &["+ nopreempt", "+ timer_expired_backup 254"]),
        ("virtual_ipaddress { 10.0.0.71 }", &["+ virtual_ipaddress 10.0.0.71/32"]),
        (
            "virtual_ipaddress_excluded { fe80::1/64 dev eth1 }",
            &["+ virtual_ipaddress_excluded fe80::1/64 dev eth1"],
        ),
        ("garp_master_refresh 0", &["~ garp_master_refresh 60 -> 0"]),
        ("garp_lower_prio_repeat 1", &["+ garp_lower_prio_delay 5", "+ garp_lower_prio_repeat 1"]),
        ("garp_extra_if all 9", &["+ garp_extra_if all 9"]),
        ("lower_prio_no_advert", &["+ lower_prio_no_advert"]),
        ("higher_prio_send_advert off", &["+ higher_prio_send_advert off"]),
        ("authentication {\nauth_type PASS\nauth_pass geheim\n}", &["+ auth_pass (hidden)"]),
    ] {
        let plan = Plan::between(&file("", ""), &file("", body));
        let found: Vec<String> = plan.changes.iter().map(Change::in_its_block).collect();
        assert_eq!(found, expected, "{body}");
        assert!(plan.changes.iter().all(|change| change.block == "vrrp_instance V"));
        assert_eq!(plan.instances, BTreeMap::from([("V".to_owned(), Fate::Changed)]));
    }
}

#[test]
fn another_virtual_router_of_the_same_name_restarts() {
    for (body, line) in [
        ("version 3", "~ version 2 -> 3"),
        ("virtual_router_id 52", "~ virtual_router_id 51 -> 52"),
        ("interface eth1", "~ interface eth0 -> eth1"),
        ("use_vmac", "+ use_vmac"),
    ] {
        let plan = Plan::between(&file("", ""), &file("", body));
        let found: Vec<String> = plan.changes.iter().map(Change::in_its_block).collect();
        assert_eq!(found, ["stops, and starts as another virtual router", line]);
        assert_eq!(plan.instances.get("V"), Some(&Fate::Restarted));
    }
}

#[test]
fn instances_and_groups_come_and_go() {
    let one = instance("");
    let two = one.replace("instance V", "instance W").replace("id 51", "id 52").replace("70", "71");
    let group = "vrrp_sync_group G {\ngroup {\nV\nW\n}\n}\n";
    let (small, large) = (config(&one), config(&format!("{one}{two}{group}")));
    assert_eq!(changes(&small, &large), ["vrrp_sync_group G: added", "vrrp_instance W: added"]);
    assert_eq!(changes(&large, &small), ["vrrp_sync_group G: removed", "vrrp_instance W: removed"]);
    let smaller = config(&format!("{one}{two}{}", group.replace("W\n", "")));
    assert_eq!(changes(&large, &smaller), ["vrrp_sync_group G: - group W"]);
    // Their order means nothing, but something was said to differ.
    let other_order = config(&format!("{two}{one}"));
    let plan = Plan::between(&config(&format!("{one}{two}")), &other_order);
    assert_eq!((plan.instances.len(), plan.changes.len()), (0, 1));
}

#[test]
fn the_order_of_addresses_counts() {
    let order = |addresses| file("", &format!("virtual_ipaddress {{ {addresses} }}"));
    let (old, new) = (order("10.0.0.71\n10.0.0.72"), order("10.0.0.72\n10.0.0.71"));
    assert_eq!(changes(&old, &new), ["vrrp_instance V: its lines are in another order"]);
}

#[test]
fn what_goes_for_all() {
    let lines = "global_defs {\nrouter_id n\nvrrp_rt_priority 5\nvrrp_cpu_affinity 0 1\n\
                 vrrp_garp_interval 0.01\nvrrp_startup_delay 2\nlog_unknown_vrids\nreload_file\n}\n\
                 garp_group {\ninterface eth1\ngarp_interval 0.5\n}\n\
                 interface_up_down_delays {\neth0 0.5\n}\n";
    assert_eq!(
        changes(&file("", ""), &file(lines, "")),
        [
            "global_defs: + router_id n",
            "global_defs: + vrrp_rt_priority 5",
            "global_defs: + vrrp_cpu_affinity 0 1",
            "global_defs: + vrrp_garp_interval 0.01",
            "global_defs: + vrrp_startup_delay 2",
            "global_defs: + log_unknown_vrids",
            "global_defs: + reload_file /run/keepalived.reload",
            "garp_group of eth1: added",
            "interface_up_down_delays: added",
        ]
    );
    let slower = lines.replace("eth0 0.5", "eth0 0.75 1");
    let found = changes(&file(lines, ""), &file(&slower, ""));
    assert_eq!(found, ["interface_up_down_delays: ~ eth0 0.5 0 -> eth0 0.75 1"]);
}

#[test]
fn a_secret_is_told_of_but_not_told() {
    let pass =
        |word: &str| file("", &format!("authentication {{\nauth_type PASS\nauth_pass {word}\n}}"));
    let found = changes(&pass("geheim"), &pass("anders"));
    assert_eq!(found, ["vrrp_instance V: ~ auth_pass (hidden) -> (hidden)"]);
    let key = |byte: char| {
        let secret: String = std::iter::repeat_n(byte, 32).collect();
        file("", &format!("auth_hmac {{\nkey 1 {secret}\nactive_key 1\n}}"))
    };
    let found = changes(&key('a'), &key('b'));
    assert_eq!(found, ["vrrp_instance V: ~ key 1 (hidden) -> 1 (hidden)"]);
}
