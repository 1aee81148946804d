//! What a test needs from the machine.

use std::{env, path::Path};

use nix::unistd::Uid;

/// Something a test cannot do without.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Need {
    /// Root and network namespaces.
    Lab,
    /// Debian's keepalived.
    Keepalived,
    /// keepalived 2.3, unpacked. It comes from the network: nobody has to have it.
    Keepalived23,
    /// FRR's zebra and vrrpd.
    Frr,
    /// systemd's programs, and a control group to put them into. It need not run on the machine.
    Systemd,
    /// The `vrrp` binary, built before.
    Vrrp,
}

impl Need {
    fn missing(self) -> Option<String> {
        match self {
            Self::Lab if !Uid::effective().is_root() => Some("needs root".to_owned()),
            Self::Lab if !Path::new("/proc/self/ns/net").exists() => {
                Some("the kernel has no network namespaces".to_owned())
            }
            Self::Lab => absent("ip", "iproute2"),
            Self::Keepalived => absent("keepalived", "keepalived"),
            Self::Keepalived23 => crate::keepalived::root_2_3().is_none().then(|| {
                "needs keepalived 2.3 (cargo xtask setup --test, with a network)".to_owned()
            }),
            Self::Frr => (!Path::new("/usr/lib/frr/vrrpd").is_file())
                .then(|| "needs vrrpd (Debian package frr)".to_owned()),
            Self::Systemd if !Path::new("/usr/lib/systemd/systemd").is_file() => {
                Some("needs systemd (Debian package systemd)".to_owned())
            }
            Self::Systemd => crate::lab::cgroup_root()
                .is_none()
                .then(|| "needs a cgroup2 file system mounted for writing".to_owned()),
            Self::Vrrp => crate::vrrp_binary().err().map(|error| format!("{error:#}")),
        }
    }
}

/// Why a test with these needs cannot run here, if it cannot.
///
/// # Panics
/// With `VRRP_TESTS_REQUIRED=1` in the environment, as `cargo xtask test` sets it, a need that is
/// not met fails the test: a run that skipped everything must not look like a success. Only
/// [`Need::Keepalived23`] is a reason to skip even then.
#[must_use]
pub fn skip_reason(needs: &[Need]) -> Option<String> {
    let (need, reason) = needs.iter().find_map(|need| Some((need, need.missing()?)))?;
    let required = env::var_os("VRRP_TESTS_REQUIRED").is_some_and(|value| value == "1");
    let optional = *need == Need::Keepalived23;
    assert!(optional || !required, "this test may not be skipped: {reason}");
    Some(reason)
}

/// Returns from the test with `skipped: reason` unless the machine has all that is listed.
///
/// ```no_run
/// # use vrrp_tests::require;
/// # fn main() {
/// require!(Lab, Keepalived);
/// # }
/// ```
#[macro_export]
macro_rules! require {
    ($($need:ident),+ $(,)?) => {
        if let Some(reason) = $crate::skip_reason(&[$($crate::Need::$need),+]) {
            eprintln!("skipped: {reason}");
            return;
        }
    };
}

fn absent(program: &str, package: &str) -> Option<String> {
    let path = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&path)
        .chain(["/usr/sbin".into(), "/sbin".into()])
        .any(|folder| folder.join(program).is_file());
    (!found).then(|| format!("needs {program} (Debian package {package})"))
}
