//! Files that cannot work: `vrrp check` says what to write instead.

use std::net::Ipv6Addr;

use vrrp_tests::{Conf, Lab, cube, hmac::Key, require, vrrp};

/// A mistake, the exit code, and what has to be said of it, in one of these ways each.
struct Mistake {
    what: &'static str,
    text: String,
    code: i32,
    says: &'static [&'static [&'static str]],
}

fn mistakes() -> Vec<Mistake> {
    let mixed = Conf::fast(100).text().replace("10.0.0.70", "10.0.0.70\n        2001:db8::46");
    let ah = Conf::cube(100).text().replace("auth_type PASS", "auth_type AH");
    let unicast = |lines: &str| Conf::fast(100).with(lines).text();
    let hmac = |keys: &[Key], lines: &[&str]| Conf::fast(100).auth_hmac(keys, lines).text();
    let v2 = Conf { version: 2, password: None, ..Conf::fast6(100) };
    vec![
        Mistake {
            what: "version 2 with 0.1 s",
            text: Conf::cube(100).text().replace("advert_int 1", "advert_int 0.1"),
            // keepalived rounds it as well.
            code: 0,
            says: &[&["1 s"], &["version 3"]],
        },
        Mistake {
            what: "a password in version 3",
            text: Conf { password: Some("secret"), ..Conf::fast(100) }.text(),
            code: 0,
            says: &[&["version 2", "auth_hmac"]],
        },
        Mistake {
            what: "two families in one list",
            text: mixed,
            code: 2,
            says: &[&["virtual_ipaddress_excluded"]],
        },
        Mistake { what: "AH", text: ah, code: 2, says: &[&["AH"], &["PASS", "auth_hmac"]] },
        Mistake {
            what: "version 2 over IPv6",
            text: v2.text(),
            code: 2,
            says: &[&["version 3"], &["IPv6"]],
        },
        Mistake {
            what: "a peer of another family",
            text: unicast("unicast_peer {\n fe80::1\n }"),
            code: 2,
            says: &[&["fe80::1"], &["IPv4", "family"]],
        },
        Mistake {
            what: "an active key that is none",
            text: hmac(&[Key::example(1)], &["active_key 2"]),
            code: 2,
            says: &[&["active_key 1"]],
        },
        Mistake {
            what: "a short key",
            text: hmac(&[Key { id: 1, secret: vec![7; 31] }], &["active_key 1"]),
            code: 2,
            says: &[&["31"], &["32"]],
        },
        Mistake {
            what: "a member that is none",
            text: Conf::fast(100).text() + &vrrp_tests::conf::sync_group("G", &["VI_1", "VI_9"]),
            code: 2,
            says: &[&["VI_9"]],
        },
    ]
}

#[test]
fn what_cannot_work_is_explained() {
    require!(Lab, Vrrp);
    let mut lab = Lab::new("mistakes").unwrap();
    let node = lab.add_dual_node("dut", "10.0.0.60/24").unwrap();
    let check = |text: &str| {
        let file = node.write_file("check.conf", text).unwrap();
        let output = vrrp::run(&node, &["check", "-f", file.to_str().unwrap()]).unwrap();
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        (output.status.code(), said)
    };
    let mut wrong = Vec::new();
    for Mistake { what, text, code, says } in mistakes() {
        let (got, said) = check(&text);
        let named = said.contains("check.conf:");
        let told = says.iter().all(|ways| ways.iter().any(|way| said.contains(way)));
        if got != Some(code) || !named || !told {
            wrong.push(format!("{what}: exit {got:?}, wanted {code} and {says:?}:\n{said}"));
        }
        assert!(!said.contains(&Key::example(1).hex()), "a secret is shown: {said}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));

    // What can work is not complained about.
    let six = || {
        let gateway = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0x51);
        Conf::fast6(100).named("VI_6", 6).vips(&[gateway, cube::VIP6])
    };
    for text in [
        six().text(),
        Conf::fast(100).use_vmac().text(),
        Conf::fast(100).unicast(node.address(), &[cube::CLIENT]).text(),
        Conf::fast(100).auth_hmac(&[Key::example(1)], &["active_key 1", "mode permissive"]).text(),
        Conf { excluded: vec![cube::VIP6.into()], ..Conf::fast(100) }.text(),
        Conf::fast(100).text()
            + &six().text()
            + &vrrp_tests::conf::sync_group("G", &["VI_1", "VI_6"]),
    ] {
        let (code, said) = check(&text);
        let complains = said.contains("warning") || said.contains("error");
        assert!(code == Some(0) && !complains, "{text}\n{said}");
    }
}
