//! The dumps as keepalived's readers take them apart.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr},
    time::{Duration, UNIX_EPOCH},
};

use serde_json::Value;

use super::*;
use crate::{
    config::{self, model::dumps::JsonVersion},
    election::State,
    protocol::{AdvertInterval, Priority},
};

const FILE: &str = "vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    priority 150
    advert_int 1
    garp_master_refresh 0
    authentication {
        auth_type PASS
        auth_pass secret42
    }
    virtual_ipaddress {
        10.0.0.70
        10.0.0.71/24 brd 10.0.0.255 dev eth1 scope link label eth1:1
    }
    virtual_ipaddress_excluded {
        fd00::70
    }
}
vrrp_instance VI_2 {
    interface eth0
    virtual_router_id 52
    version 3
    advert_int 0.25
    nopreempt
    notify_master \"/bin/tell x\"
    unicast_peer {
        10.0.0.61 min_ttl 250
    }
    virtual_ipaddress {
        10.0.0.72
    }
}
vrrp_script chk {
    script \"/bin/chk a\"
    interval 2
}
vrrp_script web {
    http http://127.0.0.1/health
}
vrrp_sync_group G {
    group {
        VI_1
        VI_2
    }
}
";

fn report() -> Report {
    let config = config::parse("test.conf", FILE.as_bytes()).config.unwrap();
    let stats = Stats { advert_rcvd: 7, advert_sent: 1, pri_zero_rcvd: 2, ..Stats::default() };
    let routers = config.instances.into_iter().zip([State::Master, State::Backup]);
    let routers = routers.map(|(instance, state)| RouterReport {
        priority: instance.priority,
        instance,
        state,
        last_transition: UNIX_EPOCH + Duration::from_micros(1_673_674_892_348_360),
        master: (state == State::Backup).then(|| MasterReport {
            address: Ipv4Addr::new(10, 0, 0, 61).into(),
            priority: Priority::new(200),
            interval: AdvertInterval::DEFAULT,
        }),
        master_down: Duration::from_micros(3_414_062),
        source: Some(IpAddr::from([10, 0, 0, 60])),
        sync_group: Some("G".to_owned()),
        stats,
    });
    Report {
        settings: config.dumps,
        namespace: None,
        router_id: None,
        routers: routers.collect(),
        groups: config.sync_groups,
        checks: config
            .checks
            .into_iter()
            .map(|check| CheckReport { is_good: check.name == "chk", check })
            .collect(),
    }
}

fn json(report: &Report) -> Value {
    serde_json::from_str(&json::text(report)).unwrap()
}

/// The names and the types of values, of which `1` and `1.0` are two: readers in Go take the one
/// for an integer and fail on the other.
#[test]
fn json_has_the_fields_of_keepalived_with_their_types() {
    let json = json(&report());
    let data = &json[0]["data"];
    for (name, wanted) in [
        ("iname", Value::from("VI_1")),
        ("dont_track_primary", 0.into()),
        ("skip_check_adv_addr", 0.into()),
        ("strict_mode", 0.into()),
        ("vmac_ifname", "".into()),
        ("ifp_ifname", "eth0".into()),
        ("master_priority", 0.into()),
        ("last_transition", 1_673_674_892.348_36.into()),
        ("garp_delay", 5.into()),
        ("garp_refresh", 0.into()),
        ("garp_rep", 5.into()),
        ("garp_refresh_rep", 1.into()),
        ("garp_lower_prio_delay", 5.into()),
        ("garp_lower_prio_rep", 5.into()),
        ("lower_prio_no_advert", 0.into()),
        ("higher_prio_send_advert", 1.into()),
        ("vrid", 51.into()),
        ("base_priority", 150.into()),
        ("effective_priority", 150.into()),
        ("vipset", true.into()),
        ("promote_secondaries", false.into()),
        ("adver_int", 1.into()),
        ("master_adver_int", 1.into()),
        ("accept", 1.into()),
        ("nopreempt", false.into()),
        ("preempt_delay", 0.into()),
        ("state", 2.into()),
        ("version", 2.into()),
        ("smtp_alert", false.into()),
        ("notify_deleted", false.into()),
        ("auth_type", 1.into()),
        ("auth_data", "********".into()),
    ] {
        assert_eq!(data[name], wanted, "{name}");
    }
    let vips = [
        "10.0.0.70 dev eth0 scope global set",
        "10.0.0.71/24 brd 10.0.0.255 dev eth1 scope link label eth1:1 set",
    ];
    assert_eq!(data["vips"], Value::from(vips.to_vec()));
    assert_eq!(data["evips"][0], "fd00::70 dev eth0 scope global deprecated set");
    let other = &json[1]["data"];
    assert_eq!((&other["adver_int"], &other["master_adver_int"]), (&0.25.into(), &1.into()));
    assert_eq!((&other["nopreempt"], &other["state"]), (&true.into(), &1.into()));
    assert_eq!(other["vips"][0], "10.0.0.72 dev eth0 scope global");
    assert_eq!(other["script_master"], "'/bin/tell' 'x'");
    assert!(other.get("evips").is_none() && other.get("auth_data").is_none());
    let stats = json[1]["stats"].as_object().unwrap();
    assert_eq!(stats.len(), 14, "{stats:?}");
    assert_eq!((&stats["advert_rcvd"], &stats["pri_zero_rcvd"]), (&7.into(), &2.into()));
}

#[test]
fn version_2_of_json_has_the_instances_in_an_object() {
    let mut report = report();
    report.settings.json_version = JsonVersion::V2;
    assert_eq!(json(&report)["vrrp"][1]["data"]["iname"], "VI_2");
}

#[test]
fn no_dump_has_the_password() {
    let report = report();
    for text in [json::text(&report), data::text(&report), stats::text(&report)] {
        assert!(!text.contains("secret42"), "{text}");
    }
}

/// Exporters find an instance by its line, which has one space before it, and its properties by
/// theirs, which have three; items of a list have five.
#[test]
fn data_is_in_sections_of_lines_with_names_and_values() {
    let text = data::text(&report());
    let (_, section) = text.split_once(" VRRP Instance = VI_1\n").unwrap();
    let (section, other) = section.split_once(" VRRP Instance = VI_2\n").unwrap();
    let values: BTreeMap<_, _> = section
        .lines()
        .filter_map(|line| line.strip_prefix("   ").filter(|line| !line.starts_with(' ')))
        .filter_map(|line| line.split_once(" = "))
        .collect();
    for (name, wanted) in [
        ("VRRP Version", "2"),
        ("Sync group", "G"),
        ("State", "MASTER"),
        ("Interface", "eth0"),
        ("Using src_ip", "10.0.0.60"),
        ("Gratuitous ARP delay", "5"),
        ("Virtual Router ID", "51"),
        ("Effective priority", "150"),
        ("Advert interval", "1 sec"),
        ("Last transition", "1673674892.348360 (Sat, 14 Jan 2023 05:41:32 GMT)"),
        ("Master down timer", "3414062 usecs"),
        ("Authentication type", "SIMPLE_PASSWORD"),
    ] {
        assert_eq!(values.get(name), Some(&wanted), "{name}\n{section}");
    }
    assert!(section.contains("   Virtual IP (2):\n     10.0.0.70 dev eth0 scope global set\n"));
    assert!(section.contains("   Virtual IP Excluded :\n     fd00::70 dev eth0 "));
    for line in [
        "   State = BACKUP",
        "   Master router = 10.0.0.61",
        "   Master priority = 200",
        "   Master advert int = 1.00 sec",
        "   Advert interval = 250 milli-sec",
        "   Preempt = disabled",
        "     Using unicast",
        "     10.0.0.61 min_ttl 250 max_ttl 255",
    ] {
        assert!(other.lines().any(|one| one == line), "{line}\n{other}");
    }
    assert!(text.contains(" VRRP Sync Group = G\n"), "{text}");
    let scripts: Vec<_> = text
        .lines()
        .skip_while(|line| *line != "------< VRRP Scripts >------")
        .filter(|line| {
            ["VRRP Script", "Command", "Status", "State"]
                .iter()
                .any(|it| line.trim().starts_with(it))
        })
        .map(str::trim)
        .collect();
    let wanted = [
        "VRRP Script = chk",
        "Command = '/bin/chk' 'a'",
        "Status = GOOD",
        "State = idle",
        "VRRP Script = web",
        "Command = http http://127.0.0.1/health",
        "Status = BAD",
        "State = idle",
    ];
    assert_eq!(scripts, wanted);
}

#[test]
fn stats_are_those_since_they_were_cleared() {
    let text = stats::text(&report());
    assert!(text.starts_with("VRRP Instance: VI_1\n  Advertisements:\n    Received: 7\n"));
    assert!(text.ends_with("  Priority Zero:\n    Received: 2\n    Sent: 0\n"), "{text}");
    let before = Stats { advert_rcvd: 5, advert_sent: 2, ..Stats::default() };
    let now = Stats { hmac: Some(HmacStats::default()), ..report().routers[0].stats };
    let left = now.since(&before);
    assert_eq!((left.advert_rcvd, left.advert_sent, left.pri_zero_rcvd), (2, 0, 2));
    let fields = serde_json::to_value(left).unwrap();
    assert_eq!(fields["auth_ext_missing"], 0, "{fields}");
}
