use std::{
    fmt::Write as _,
    net::{Ipv4Addr, Ipv6Addr},
    process::Command as Process,
    thread,
};

use nix::sched::{CloneFlags, unshare};
use tokio::time::timeout;

use super::*;
use crate::{
    config::model::VirtualAddress,
    net::netlink::requests::{Addresses as _, Removed},
};

fn ip(arguments: &str) {
    let status = Process::new("ip").args(arguments.split_whitespace()).status().unwrap();
    assert!(status.success(), "ip {arguments}");
}

fn ip_batch(commands: &str) {
    let id = thread::current().id();
    let file = std::env::temp_dir().join(format!("vrrp-netlink-{}-{id:?}", std::process::id()));
    std::fs::write(&file, commands).unwrap();
    ip(&format!("-batch {}", file.display()));
    std::fs::remove_file(&file).unwrap();
}

/// Runs `test` in a network namespace and a runtime of its own.
fn in_namespace<F: Future<Output = ()>>(test: impl FnOnce() -> F + Send + 'static) {
    let body = move || match unshare(CloneFlags::CLONE_NEWNET) {
        Ok(()) => tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
            .block_on(test()),
        Err(errno) => eprintln!("skipped: no network namespace for the test: {errno}"),
    };
    if let Err(panic) = thread::spawn(body).join() {
        std::panic::resume_unwind(panic);
    }
}

/// Here the worker shares its thread with the test, so that it reads nothing while `ip` runs, and
/// its buffer is as small as can be.
#[test]
fn what_was_lost_in_an_overrun_is_found_again() {
    in_namespace(|| async {
        ip("link add v0 type veth peer name v1");
        let (commands, receiver) = mpsc::unbounded_channel();
        let (events, mut stream) = mpsc::unbounded_channel();
        let monitor = Monitor::with_buffer(4096).unwrap();
        let requests = Requests::open().unwrap();
        let worker = Worker::new(monitor, requests, receiver, Events(events));
        tokio::spawn(worker.run());
        let mut next = async || timeout(Duration::from_secs(5), stream.recv()).await.unwrap();

        commands.send(Command::Watch(BTreeSet::from(["v0".into(), "w0".into()]))).unwrap();
        let address = VirtualAddress::new(Ipv4Addr::new(10, 0, 0, 70).into(), 32);
        let claim = Claim { device: "v0".into(), address: address.clone() };
        commands.send(Command::Claim(claim, true)).unwrap();
        let device = String::from("v0");
        while next().await
            != Some(Event::AddressAdded { device: device.clone(), address: address.clone() })
        {
        }
        // Takes in the notification of that.
        while timeout(Duration::from_millis(50), next()).await.is_ok() {}

        let mut batch = String::new();
        for last in 1..=200 {
            writeln!(batch, "addr add 10.0.1.{last}/32 dev v1").unwrap();
        }
        batch.push_str("addr del 10.0.0.70/32 dev v0\n");
        batch.push_str("link add w0 type veth peer name w1\n");
        ip_batch(&batch);

        let (mut resynchronised, mut restored, mut appeared) = (false, false, false);
        while !(resynchronised && restored && appeared) {
            match next().await.unwrap() {
                Event::Resynchronised => resynchronised = true,
                Event::AddressRestored { .. } => restored = true,
                Event::Link { name, link: Some(_) } if name == "w0" => appeared = true,
                Event::Link { .. } => {}
                other => panic!("{other:?}"),
            }
        }
    });
}

#[test]
fn a_listing_too_large_for_one_datagram_is_whole() {
    in_namespace(|| async {
        let mut batch = String::new();
        for n in 0..100 {
            writeln!(batch, "link add v{n} type veth peer name w{n}").unwrap();
            writeln!(batch, "addr add 10.1.{n}.1/24 dev v{n}").unwrap();
        }
        ip_batch(&batch);
        let mut links = Links::default();
        let mut addresses = 0;
        for found in list().await.unwrap() {
            match found {
                Notification::Link(report) => drop(links.update(report)),
                Notification::Address(..) => addresses += 1,
                other => panic!("{other:?}"),
            }
        }
        assert!((0..100).all(|n| links.get(&format!("v{n}")).is_some()));
        assert!((0..100).all(|n| links.get(&format!("w{n}")).is_some()));
        assert_eq!(addresses, 100);
    });
}

#[test]
fn where_there_is_no_ipv6_there_is_no_address_of_it_to_remove() {
    in_namespace(|| async {
        ip("link add v0 mtu 1200 type veth peer name v1");
        ip("link set v0 up");
        let index = nix::net::if_::if_nametoindex("v0").unwrap();
        let address =
            VirtualAddress::new(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0x70).into(), 128);
        let mut requests = Requests::open().unwrap();
        assert_eq!(requests.remove(index, &address, false).await, Ok(Removed::Absent));
        assert!(requests.add(index, &address).await.is_err());
    });
}
