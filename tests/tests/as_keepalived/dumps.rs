//! The dumps of both on the same file, field by field.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};
use vrrp_tests::require;

use super::support::{Place, SECOND, Whose};

/// Two instances with what the dumps tell of.
const FILE: &str = "
vrrp_instance VI_1 {
    state BACKUP
    interface eth0
    virtual_router_id 51
    version 3
    priority 150
    advert_int 0.1
    garp_master_delay 3
    garp_master_refresh 60
    nopreempt
    higher_prio_send_advert true
    lower_prio_no_advert true
    garp_lower_prio_delay 7
    virtual_ipaddress {
        10.0.0.70
        10.0.0.71/24 brd 10.0.0.255 dev eth0 label eth0:v
    }
    virtual_ipaddress_excluded {
        10.0.0.72/32
    }
}
vrrp_instance VI_2 {
    state BACKUP
    interface eth0
    virtual_router_id 52
    priority 200
    advert_int 1
    preempt_delay 1
    higher_prio_send_advert true
    garp_master_refresh 0
    authentication {
        auth_type PASS
        auth_pass secret42
    }
    unicast_peer {
        10.0.0.99
    }
    virtual_ipaddress {
        10.0.0.73
    }
}
";

fn json_signal() -> i32 {
    libc::SIGRTMIN() + 2
}

/// The JSON of a place whose instances have both become master.
fn json(place: &Place) -> Value {
    let is_master = |text: &str| {
        serde_json::from_str::<Value>(text).is_ok_and(|json| {
            let instances = json.as_array().map(Vec::as_slice).unwrap_or_default();
            instances.len() == 2 && instances.iter().all(|one| one["data"]["state"] == 2)
        })
    };
    serde_json::from_str(&place.dump(json_signal(), "keepalived.json", is_master)).unwrap()
}

fn fields<'a>(json: &'a Value, index: usize, part: &str) -> &'a Map<String, Value> {
    json[index][part].as_object().unwrap_or_else(|| panic!("{json}"))
}

/// A number with a fraction is another type than one without for readers in Go.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Number(number) if number.is_f64() => "fraction",
        Value::Number(_) => "number",
        Value::String(_) => "text",
        Value::Bool(_) => "switch",
        _ => "list",
    }
}

/// The lines with values of each section of a text, as exporters take it apart.
fn sections(text: &str, start: &str, indent: &str, between: &str) -> Vec<BTreeMap<String, String>> {
    let mut sections = Vec::new();
    for section in text.split(start).skip(1) {
        let lines = section.lines().skip(1).take_while(|line| line.starts_with(' '));
        let own = lines.filter_map(|line| {
            let (name, value) = line.strip_prefix(indent)?.split_once(between)?;
            Some((name.trim().to_owned(), value.to_owned()))
        });
        sections.push(own.collect());
    }
    sections
}

#[test]
fn the_dumps_are_those_of_keepalived_on_the_same_file() {
    require!(Lab, Vrrp, Keepalived);
    let [ours, theirs] = [Whose::Ours, Whose::Keepalived].map(Place::new);
    let mut daemons = [ours.start(FILE), theirs.start(FILE)];
    let (our_json, their_json) = (json(&ours), json(&theirs));
    for index in [0, 1] {
        let (ours, theirs) = (fields(&our_json, index, "data"), fields(&their_json, index, "data"));
        let names = |map: &Map<String, Value>| map.keys().cloned().collect::<BTreeSet<_>>();
        assert_eq!(names(ours), names(theirs));
        for (name, theirs) in theirs {
            let ours = &ours[name];
            assert_eq!(kind(ours), kind(theirs), "{name}: {ours} and {theirs}");
            match name.as_str() {
                "last_transition" => {
                    let apart = ours.as_f64().unwrap() - theirs.as_f64().unwrap();
                    assert!(apart.abs() < 20.0, "{ours} and {theirs}");
                }
                "auth_data" => assert_eq!(ours, "********"),
                _ => assert_eq!(ours, theirs, "{name}"),
            }
        }
        let (ours, theirs) =
            (fields(&our_json, index, "stats"), fields(&their_json, index, "stats"));
        for (name, theirs) in theirs {
            let ours = &ours[name];
            if name == "advert_sent" {
                assert!(ours.as_u64().unwrap() > 0, "{ours}");
            } else {
                assert_eq!(ours, theirs, "{name}");
            }
        }
        assert_eq!(names(ours), names(theirs));
    }

    let data =
        |place: &Place| place.dump(libc::SIGUSR1, "keepalived.data", |text| text.contains("VI_2"));
    let data = [data(&ours), data(&theirs)];
    assert!(!data[0].contains("secret42"), "{}", data[0]);
    let [our_data, their_data] =
        data.each_ref().map(|text| sections(text, " VRRP Instance = ", "   ", " = "));
    assert_eq!(our_data.len(), 2, "{}", data[0]);
    for (ours, theirs) in our_data.iter().zip(&their_data) {
        assert!(ours.len() > 20, "{ours:?}");
        for (name, value) in ours {
            let beside = theirs.get(name).unwrap_or_else(|| panic!("{name}\n{}", data[1]));
            if !["Last transition", "Password"].contains(&name.as_str()) {
                assert_eq!(value, beside, "{name}");
            }
        }
    }

    let stats = |place: &Place, signal| {
        place.dump(signal, "keepalived.stats", |text| text.matches("Priority Zero").count() == 2)
    };
    let plain = [&ours, &theirs].map(|place| stats(place, libc::SIGUSR2));
    let names = |text: &str| -> Vec<String> {
        text.lines()
            .map(|line| line.trim_end_matches(|c: char| c.is_ascii_digit()).to_owned())
            .collect()
    };
    assert_eq!(names(&plain[0]), names(&plain[1]));
    // The counters start anew after they have been told once more.
    for place in [&ours, &theirs] {
        let sent = |text: &str| -> u64 {
            let (_, rest) = text.split_once("Sent: ").unwrap();
            rest.lines().next().unwrap().parse().unwrap()
        };
        let before = stats(place, libc::SIGRTMAX() - 1);
        let after = stats(place, libc::SIGUSR2);
        assert!(sent(&before) > sent(&after), "{before}{after}");
        assert!(after.contains("  Became master: 0\n"), "{after}");
    }
    for daemon in &mut daemons {
        assert!(daemon.terminate(5 * SECOND).unwrap().success(), "{}", daemon.log());
    }
    assert!(!ours.path("main.pid").exists() && !ours.path("vrrp.pid").exists());
}
