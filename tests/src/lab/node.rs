//! A machine in the lab.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fs::{self, File},
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, Result, anyhow};
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use serde_json::Value;

use super::{Daemon, Namespace, NativePort, global_address, link_local_address, mac_of};
use crate::{command, wait_until};

const COMMAND_LIMIT: Duration = Duration::from_secs(30);

/// A machine with an interface `eth0` and maybe more; clones are the same machine.
#[derive(Clone, Debug)]
pub struct Node(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    name: String,
    address: Ipv4Addr,
    dual: bool,
    namespace: Namespace,
    switch: Namespace,
    folder: PathBuf,
    bpffs: OnceLock<std::result::Result<PathBuf, String>>,
    started: AtomicU32,
}

impl Node {
    pub(super) fn new(
        name: &str,
        address: Ipv4Addr,
        dual: bool,
        namespace: Namespace,
        switch: Namespace,
        folder: PathBuf,
    ) -> Result<Self> {
        // /run itself need not be traversable for other users: everybody here is root.
        fs::create_dir(folder.join("run")).with_context(|| folder.display().to_string())?;
        Ok(Self(Arc::new(Inner {
            name: name.to_owned(),
            address,
            dual,
            namespace,
            switch,
            folder,
            bpffs: OnceLock::new(),
            started: AtomicU32::new(0),
        })))
    }

    /// The name given to it; its port of the switch has the same.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The address of its own on `eth0`.
    #[must_use]
    pub fn address(&self) -> Ipv4Addr {
        self.0.address
    }

    /// The global IPv6 address of its own on `eth0`, if it has IPv6.
    #[must_use]
    pub fn address6(&self) -> Ipv6Addr {
        global_address(self.0.address)
    }

    /// The link-local address on `eth0`, if it has IPv6.
    #[must_use]
    pub fn link_local(&self) -> Ipv6Addr {
        link_local_address(self.0.address)
    }

    /// Where its adverts of a family come from: [`Node::address`] or [`Node::link_local`].
    #[must_use]
    pub fn source(&self, ipv6: bool) -> IpAddr {
        if ipv6 { self.link_local().into() } else { self.0.address.into() }
    }

    /// Whether it has IPv6.
    #[must_use]
    pub fn is_dual(&self) -> bool {
        self.0.dual
    }

    /// The MAC address of `eth0`.
    #[must_use]
    pub fn mac(&self) -> [u8; 6] {
        mac_of(self.0.address)
    }

    /// Its network namespace.
    #[must_use]
    pub fn namespace(&self) -> &Namespace {
        &self.0.namespace
    }

    /// A folder of its own, deleted with the lab.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.0.folder
    }

    /// The `--runtime-dir` of its daemon.
    #[must_use]
    pub fn runtime_dir(&self) -> PathBuf {
        self.0.folder.join("run")
    }

    /// A bpffs of its own, mounted when first asked for: `ip netns exec` covers /sys with a fresh
    /// sysfs, so that the machine's bpffs cannot be seen from inside.
    ///
    /// # Errors
    /// When the kernel has none.
    pub fn bpffs(&self) -> Result<PathBuf> {
        let mounted = self.0.bpffs.get_or_init(|| {
            let point = self.0.folder.join("bpffs");
            fs::create_dir(&point).map_err(|error| error.to_string())?;
            mount(Some("bpf"), &point, Some("bpf"), MsFlags::empty(), None::<&str>)
                .map_err(|error| format!("mounting a bpffs at {}: {error}", point.display()))?;
            Ok(point)
        });
        mounted.clone().map_err(|error| anyhow!(error))
    }

    /// Runs a program on the node to its end, for 30 s at most.
    ///
    /// # Errors
    /// When it cannot be started or does not end; a failure of the program itself is an answer.
    pub fn run<S: AsRef<OsStr>>(&self, program: &[S]) -> Result<Output> {
        command::run(self.exec().args(program), &[], COMMAND_LIMIT)
    }

    /// Runs a program on the node, which has to succeed, and returns what it printed.
    ///
    /// # Errors
    /// When it fails.
    pub fn output<S: AsRef<OsStr>>(&self, program: &[S]) -> Result<String> {
        command::must(self.exec().args(program))
    }

    /// Starts a program on the node that keeps running; its output goes to a file named after
    /// `name` in the node's folder.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn spawn<S: AsRef<OsStr>>(&self, name: &str, program: &[S]) -> Result<Daemon> {
        let mut command = self.exec();
        command.args(program);
        self.spawn_command(name, command)
    }

    /// As [`Node::spawn`], with a command of [`Node::exec`] that has been given arguments and
    /// environment.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn spawn_command(&self, name: &str, command: Command) -> Result<Daemon> {
        let count = self.0.started.fetch_add(1, Ordering::Relaxed);
        let log = self.0.folder.join(format!("{name}-{count}.log"));
        let file = File::create(&log).with_context(|| log.display().to_string())?;
        Daemon::spawn(&format!("{name} on {}", self.0.name), command, file, log)
    }

    /// A command that runs what its arguments say on the node. `ip netns exec` execs, so the
    /// process keeps its pid.
    #[must_use]
    pub fn exec(&self) -> Command {
        command::ip(["netns", "exec", self.0.namespace.name()])
    }

    /// Writes a file into the node's folder.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_file(&self, name: &str, contents: &str) -> Result<PathBuf> {
        let path = self.0.folder.join(name);
        fs::write(&path, contents).with_context(|| path.display().to_string())?;
        Ok(path)
    }

    /// The addresses on an interface, as `(address, mask length)`.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn addresses_on(&self, interface: &str) -> Result<Vec<(IpAddr, u8)>> {
        let text = self.0.namespace.ip(&["-j", "addr", "show", "dev", interface])?;
        let links: Value = serde_json::from_str(&text).context("ip -j addr")?;
        let entries = links.as_array().into_iter().flatten();
        let entries = entries.filter_map(|link| link.get("addr_info")?.as_array()).flatten();
        Ok(entries
            .filter_map(|entry| {
                let address = entry.get("local")?.as_str()?.parse().ok()?;
                let length = entry.get("prefixlen")?.as_u64()?.try_into().ok()?;
                Some((address, length))
            })
            .collect())
    }

    /// Whether an interface has this address, whatever the mask. No when it cannot be read.
    #[must_use]
    pub fn has_address_on(&self, interface: &str, address: impl Into<IpAddr>) -> bool {
        let address = address.into();
        self.addresses_on(interface).is_ok_and(|all| all.iter().any(|(one, _)| *one == address))
    }

    /// Whether `eth0` has this address, whatever the mask. No when it cannot be read.
    #[must_use]
    pub fn has_address(&self, address: impl Into<IpAddr>) -> bool {
        self.has_address_on("eth0", address)
    }

    /// The settings of the kernel for its interfaces, of both families, by their path below
    /// `/proc/sys/net`.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn sysctls(&self) -> Result<BTreeMap<String, String>> {
        self.0.namespace.run(|| {
            let mut settings = BTreeMap::new();
            for family in ["ipv4", "ipv6"] {
                let folder = format!("/proc/sys/net/{family}/conf");
                let Ok(interfaces) = fs::read_dir(&folder) else { continue };
                for interface in interfaces.flatten() {
                    for entry in fs::read_dir(interface.path())?.flatten() {
                        let path = entry.path().display().to_string();
                        // Some cannot be read, such as those that only take orders.
                        let Ok(value) = fs::read_to_string(entry.path()) else { continue };
                        settings.insert(path, value.trim().to_owned());
                    }
                }
            }
            Ok(settings)
        })
    }

    /// Makes what a native XDP program on `eth0` sends back arrive at the switch.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn native_port(&self) -> Result<NativePort> {
        NativePort::open(&self.0.switch, &self.0.name)
    }

    /// Pulls the cable: the switch's port goes down and `eth0` loses its carrier. The kernel
    /// takes up to a second to say so to its listeners.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn unplug(&self) -> Result<()> {
        self.0.switch.ip(&["link", "set", &self.0.name, "down"]).map(drop)
    }

    /// Plugs the cable in and waits for the carrier.
    ///
    /// # Errors
    /// When the kernel refuses, or no carrier comes within five seconds.
    pub fn plug(&self) -> Result<()> {
        self.0.switch.ip(&["link", "set", &self.0.name, "up"])?;
        self.wait_for_carrier(true)
    }

    /// Sets `eth0` administratively down.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn admin_down(&self) -> Result<()> {
        self.0.namespace.ip(&["link", "set", "eth0", "down"]).map(drop)
    }

    /// Sets `eth0` administratively up.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn admin_up(&self) -> Result<()> {
        self.0.namespace.ip(&["link", "set", "eth0", "up"]).map(drop)
    }

    /// Waits until `ip link` shows that `eth0` has, or has not, a carrier.
    ///
    /// # Errors
    /// When that takes more than five seconds.
    pub fn wait_for_carrier(&self, carrier: bool) -> Result<()> {
        self.wait_for_carrier_on("eth0", carrier)
    }

    /// As [`Node::wait_for_carrier`], for any interface.
    ///
    /// # Errors
    /// When that takes more than five seconds.
    pub fn wait_for_carrier_on(&self, interface: &str, carrier: bool) -> Result<()> {
        let what = format!("the carrier of {interface} on {} to be {carrier}", self.0.name);
        wait_until(Duration::from_secs(5), &what, || {
            self.0.namespace.ip(&["link", "show", "dev", interface]).is_ok_and(|text| {
                // `state` lags behind the flag by the kernel's link watch; daemons go by both.
                text.contains("LOWER_UP") == carrier && text.contains("state UP") == carrier
            })
        })
        .map(drop)
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        // The lab's folder cannot be deleted before. A second attempt is made by the lab.
        if let Some(Ok(point)) = self.bpffs.get() {
            let _ = umount2(point, MntFlags::MNT_DETACH);
        }
    }
}
