//! What keepalived says of itself, for who asks to find out what it can do.

use nix::sys::utsname::uname;

use super::flags::{FLAGS, OWN, Standing};
use crate::cli::{Exit, output::complain};

/// The version of keepalived whose command line and dumps these are.
const LIKE: &str = "2.2.7";

/// On standard error, as keepalived does. Exporters take the version from the second word of the
/// first line, and look for `--enable-json`.
pub(super) fn version() -> Exit {
    let own = env!("CARGO_PKG_VERSION");
    complain(format_args!("Keepalived v{LIKE} (this is vrrp {own}, in keepalived's place)\n"));
    if let Ok(system) = uname() {
        let (name, release) = (system.sysname().display(), system.release().display());
        complain(format_args!("Running on {name} {release} {}\n", system.version().display()));
    }
    complain("configure options: --enable-json\n");
    complain("Config options:  VRRP VRRP_AUTH VRRP_VMAC JSON SYSTEMD_NOTIFY");
    Exit::Success
}

/// On standard error, as keepalived does.
pub(super) fn help() -> Exit {
    complain("Usage: keepalived [OPTION...], or vrrp keepalived [OPTION...]\n");
    let spellings: Vec<String> =
        FLAGS.iter().chain(OWN).map(super::flags::Flag::spelling).collect();
    let width = spellings.iter().map(String::len).max().unwrap_or(0);
    for (flag, spelling) in FLAGS.iter().chain(OWN).zip(spellings) {
        let what = match flag.standing {
            Standing::Done(what) => what.to_owned(),
            Standing::Ignored(why) => format!("does nothing: {why}"),
            Standing::Refused(why) => format!("is refused: {why}"),
        };
        complain(format_args!("  {spelling:width$}  {what}"));
    }
    complain("\nThis is vrrp in keepalived's place; `vrrp help` tells of its own commands.");
    Exit::Success
}
