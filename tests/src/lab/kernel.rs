//! What the kernel of a namespace is told, so that only what is tested shows on the wire.

use std::{fs, path::Path};

use anyhow::{Context, Result};

use super::Namespace;

const CONF_IPV6: &str = "/proc/sys/net/ipv6/conf";

/// Router solicitations and MLD reports are noise on a wire that tests look at. Kernels without
/// IPv6 have nothing to switch off.
pub(super) fn disable_ipv6(namespace: &Namespace) -> Result<()> {
    namespace.run(|| {
        let switch = format!("{CONF_IPV6}/all/disable_ipv6");
        if Path::new(&switch).exists() {
            fs::write(switch, "1").context("switching IPv6 off")?;
        }
        Ok(())
    })
}

/// Interfaces that are made from now on have no addresses but those given to them, and look for no
/// routers. They do report their groups (MLD).
pub(super) fn quieten_ipv6(namespace: &Namespace) -> Result<()> {
    namespace.run(|| {
        for (name, value) in [
            ("accept_ra", "0"),
            ("autoconf", "0"),
            ("router_solicitations", "0"),
            // No link-local address made from the MAC address.
            ("addr_gen_mode", "1"),
        ] {
            let switch = format!("{CONF_IPV6}/default/{name}");
            fs::write(&switch, value).with_context(|| switch.clone())?;
        }
        Ok(())
    })
}

/// A switch forwards frames as they are. With netfilter in it, it would cut off their padding and
/// throw away what it cannot read.
pub(super) fn disable_netfilter(namespace: &Namespace) -> Result<()> {
    namespace.run(|| {
        for table in ["arp", "ip", "ip6"] {
            let switch = format!("/proc/sys/net/bridge/bridge-nf-call-{table}tables");
            if Path::new(&switch).exists() {
                fs::write(&switch, "0").with_context(|| switch.clone())?;
            }
        }
        Ok(())
    })
}
