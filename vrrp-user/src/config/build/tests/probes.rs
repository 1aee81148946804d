//! What a `vrrp_script` asks by itself.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::super::super::testing::{check, instance};
use crate::config::model::{
    probe::{DockerProbe, DockerSubject, Host, HttpProbe, Native, Target},
    script::{Check, Probe},
};

/// What a block with these lines asks.
#[track_caller]
fn asks(lines: &str, expected: &[&str]) -> Option<Native> {
    let text = format!("vrrp_script c {{\n{lines}\n}}\n{}", instance(""));
    match check(&text, expected).config?.checks.into_iter().next()? {
        Check { probe: Probe::Native(native), .. } => Some(native),
        other => panic!("{lines}: {other:?}"),
    }
}

fn at(host: impl Into<IpAddr>, port: u16) -> Target {
    Target { host: Host::Address(host.into()), port }
}

fn named(name: &str, port: u16) -> Target {
    Target { host: Host::Name(name.to_owned()), port }
}

#[test]
fn urls_and_ports() {
    let local = Ipv4Addr::LOCALHOST;
    for (url, target, host, path) in [
        ("http://127.0.0.1:8080/health?x=1", at(local, 8080), "127.0.0.1:8080", "/health?x=1"),
        ("http://127.0.0.1", at(local, 80), "127.0.0.1", "/"),
        ("http://[::1]:81/", at(Ipv6Addr::LOCALHOST, 81), "[::1]:81", "/"),
        ("http://web.local?x", named("web.local", 80), "web.local", "/?x"),
    ] {
        let wanted = HttpProbe {
            target,
            host: host.to_owned(),
            path: path.to_owned(),
            status: 200..=399,
            body: None,
        };
        assert_eq!(asks(&format!("http {url}"), &[]), Some(Native::Http(wanted)), "{url}");
    }
    for (word, target) in [
        ("127.0.0.1:5432", at(local, 5432)),
        ("[::1]:5432", at(Ipv6Addr::LOCALHOST, 5432)),
        ("db.local:1", named("db.local", 1)),
    ] {
        assert_eq!(asks(&format!("tcp {word}"), &[]), Some(Native::Tcp(target)), "{word}");
    }
    for (line, column) in [
        ("http https://127.0.0.1/", 6),
        ("http 127.0.0.1/health", 6),
        ("http http://", 6),
        ("http http://user@host/", 6),
        ("http http://host:0/", 6),
        ("http http://host:70000/", 6),
        ("http /health", 6),
        ("tcp 127.0.0.1", 5),
        ("tcp 127.0.0.1:0", 5),
        ("tcp :80", 5),
        ("tcp ::1:80", 5),
        ("tcp a_b/c:80", 5),
        ("docker_service a/b", 16),
        ("docker_container -x", 18),
    ] {
        assert_eq!(
            asks(line, &["1:13 !script", &format!("2:{column} !bad-value")]),
            None,
            "{line}"
        );
    }
}

#[test]
fn options_count_where_they_belong() {
    let Some(Native::Http(probe)) =
        asks("expect_body \"all well\"\nexpect_status 200-204\nhttp http://1.2.3.4/", &[])
    else {
        panic!()
    };
    assert_eq!((probe.status, probe.body.as_deref()), (200..=204, Some("all well")));
    let Some(Native::Http(probe)) = asks("http http://1.2.3.4/\nexpect_status 418", &[]) else {
        panic!()
    };
    assert_eq!(probe.status, 418..=418);
    for status in ["99", "204-200", "600", "2xx", "-", "200-"] {
        let lines = format!("http http://1.2.3.4/\nexpect_status {status}");
        assert!(asks(&lines, &["3:15 !bad-value"]).is_some());
    }
    let target = Some(Native::Tcp(at([1, 2, 3, 4], 5)));
    let lines = "tcp 1.2.3.4:5\nexpect_body x\nexpect_status 200\ndocker_socket /x";
    assert_eq!(asks(lines, &["3:1 no-effect", "4:1 no-effect", "5:1 no-effect"]), target);
    // Of two questions the last one counts, and a program is not run beside one.
    assert_eq!(asks("docker_node\ntcp 1.2.3.4:5", &["3:1 !repeated-keyword"]), target);
    assert_eq!(asks("script /x\ntcp 1.2.3.4:5", &["3:1 !script"]), target);
}

#[test]
fn docker_is_asked_at_its_socket() {
    let docker = |lines| match asks(lines, &[]) {
        Some(Native::Docker(DockerProbe { socket, subject })) => {
            (socket.display().to_string(), subject)
        }
        other => panic!("{other:?}"),
    };
    let usual = "/var/run/docker.sock".to_owned();
    assert_eq!(docker("docker_node"), (usual, DockerSubject::Node));
    let (socket, subject) = docker("docker_socket /run/podman.sock\ndocker_service shop_web");
    assert_eq!(socket, "/run/podman.sock");
    let DockerSubject::Service(name) = subject else { panic!() };
    assert_eq!(name.as_str(), "shop_web");
    let (_, subject) = docker("docker_container traefik.1");
    assert!(matches!(subject, DockerSubject::Container(name) if name.as_str() == "traefik.1"));
}
