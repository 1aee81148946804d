//! `demo`: a four-node cluster shares its address, loses its master and gets it back; live.

mod acts;
mod cluster;
mod story;

use std::{ffi::OsStr, path::Path};

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use vrrp_tests::{Lab, interrupt};

use self::{cluster::Cluster, story::Story};
use crate::{
    cargo, root,
    setup::{self, Group},
    tell,
};

/// How to show it.
#[derive(Args)]
#[expect(clippy::struct_excessive_bools, reason = "flags of a command line are independent")]
pub(crate) struct Options {
    /// Do not ask before packages are installed.
    #[arg(long, short)]
    yes: bool,
    /// Leave the cluster running at the end and say how to look around in it.
    #[arg(long)]
    keep: bool,
    /// Only remove what an earlier --keep left running.
    #[arg(long, conflicts_with = "keep")]
    clean: bool,
    /// The daemon's --hook: auto, native, tc, generic or off.
    #[arg(long, default_value = "auto")]
    hook: String,
    /// The daemon on the nodes; keepalived is there for comparison.
    #[arg(long, value_enum, default_value_t = Kind::Vrrp)]
    daemon: Kind,
    /// Set when this has become root: everything is built.
    #[arg(long, hide = true)]
    as_root: bool,
}

/// Which daemon runs on the nodes.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Kind {
    /// Ours.
    Vrrp,
    /// Debian's keepalived.
    Keepalived,
}

/// Runs `demo`.
pub(crate) fn run(options: &Options) -> Result<()> {
    if !options.as_root {
        let mut groups = vec![Group::Demo];
        if options.daemon == Kind::Keepalived {
            groups.push(Group::Test);
        }
        if !options.clean {
            setup::ensure(&groups, options.yes)?;
        }
        let daemon = if options.clean || options.daemon == Kind::Keepalived {
            None
        } else {
            Some(cargo::build_daemon()?)
        };
        if !root::is_root() {
            tell::step("going on as root, who alone may make network namespaces");
            let daemon = daemon.as_deref().map_or(OsStr::new(""), Path::as_os_str);
            return root::exec_self(&[("VRRP_DEMO_BIN", daemon)]);
        }
        return show(options, daemon.as_deref());
    }
    let daemon = std::env::var_os("VRRP_DEMO_BIN").filter(|path| !path.is_empty());
    show(options, daemon.as_deref().map(Path::new))
}

fn show(options: &Options, daemon: Option<&Path>) -> Result<()> {
    interrupt::catch()?;
    let swept = Lab::sweep()?;
    if options.clean {
        tell::note(&format!("{swept} namespaces removed"));
        return Ok(());
    }
    let mut story = Story::new();
    let mut cluster = Cluster::new(options.daemon, daemon, &options.hook)
        .context("setting the cluster up; nothing is left of it")?;
    let told = acts::play(&mut story, &mut cluster);
    if let Err(error) = told {
        story.failed(&error);
        if !interrupt::raised() {
            cluster.explain(&story);
        }
        if options.keep {
            cluster.keep(&story);
        }
        return Err(error.context("the demo did not go as it should"));
    }
    if options.keep {
        cluster.keep(&story);
        return Ok(());
    }
    acts::clean_up(&mut story, cluster).inspect_err(|error| story.failed(error))
}
