//! The `vrrp` command.

mod check;
mod cleanup;
mod explain;
mod keepalived;
mod log;
mod output;
mod reload;
mod run;
mod status;
mod syslog;

use std::{ffi::OsString, path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand, ValueEnum};
use nix::unistd::gethostname;

use crate::{
    config::{Code, ConfigId},
    dataplane::HookRequest,
    programs::become_program,
};

/// Where the configuration is looked for if none is named.
const DEFAULT_CONFIGS: [&str; 2] = ["/etc/vrrp/vrrp.conf", "/etc/keepalived/keepalived.conf"];

/// How the command ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub enum Exit {
    /// As it should.
    Success = 0,
    /// The daemon could not start or go on, or nobody answered.
    Failure = 1,
    /// The configuration has errors. (clap uses the same for a wrong command line.)
    Config = 2,
    /// keepalived's code for a test of a configuration that cannot be run.
    TestUnusable = 4,
    /// keepalived's code for a test of a configuration with errors that can be run.
    TestErrors = 5,
    /// There is no configuration file; keepalived's code.
    NoConfig = 6,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// VRRP with an eBPF data plane: shares a virtual IP among the nodes of a small cluster.
#[derive(Debug, Parser)]
#[command(
    name = "vrrp",
    version,
    after_help = "Exit codes: 0 success, 1 failure, 2 errors in the configuration or on the command \
                  line, 6 no configuration file."
)]
struct Cli {
    #[command(subcommand)]
    command: Subcommands,
}

#[derive(Debug, Subcommand)]
enum Subcommands {
    /// Take part in the election, in the foreground.
    ///
    /// SIGTERM and SIGINT resign (priority 0), remove the virtual addresses and end. SIGHUP reads the
    /// configuration again; a file with errors changes nothing.
    Run(RunArgs),
    /// Say what is wrong with a configuration, without touching the system.
    ///
    /// Exits with 0 if there are no errors (warnings and notes do not count), 2 if there are, 6
    /// without a file.
    Check(CheckArgs),
    /// Say what a running daemon does, and why.
    Status(StatusArgs),
    /// Have a running daemon read its configuration again, as on SIGHUP, and say what came of it.
    ///
    /// Exits with 0 if the daemon runs with the file, 2 if the file has errors, 6 without a file;
    /// in both cases the daemon goes on with what it had.
    Reload(ReloadArgs),
    /// Remove what a daemon that died has left: virtual addresses, eBPF programs and their pins.
    ///
    /// Refuses while a daemon runs. The next start of the daemon does the same.
    Cleanup(CleanupArgs),
    /// Do as keepalived: takes its options; `vrrp keepalived -h` lists them.
    ///
    /// A program called `keepalived`, such as a link to this one, does so without the word.
    #[command(disable_help_flag = true)]
    Keepalived(KeepalivedArgs),
}

#[derive(Args, Debug)]
struct ConfigArg {
    /// Configuration in the language of keepalived.conf
    /// [default: /etc/vrrp/vrrp.conf, else /etc/keepalived/keepalived.conf]
    #[arg(short = 'f', long = "file", value_name = "FILE")]
    file: Option<PathBuf>,
    /// Which node this is, for `@ID` lines [default: the host name up to its first dot]
    #[arg(short = 'i', long, value_name = "ID")]
    config_id: Option<String>,
}

/// The id that was given, or keepalived's default.
fn config_id(given: Option<&str>) -> ConfigId {
    if let Some(id) = given {
        return ConfigId::new(id);
    }
    let name = gethostname().unwrap_or_default();
    ConfigId::of_host(&name.to_string_lossy())
}

impl ConfigArg {
    fn id(&self) -> ConfigId {
        config_id(self.config_id.as_deref())
    }

    /// The file that was named, or the first default that exists, or the first default.
    fn path(&self) -> PathBuf {
        self.file.clone().unwrap_or_else(|| {
            let [first, _] = DEFAULT_CONFIGS;
            DEFAULT_CONFIGS
                .iter()
                .map(PathBuf::from)
                .find(|path| path.exists())
                .unwrap_or_else(|| PathBuf::from(first))
        })
    }
}

#[derive(Args, Debug)]
struct RuntimeDirArg {
    /// Where the daemon's lock and control socket lie.
    #[arg(long, value_name = "DIR", default_value = "/run/vrrp")]
    runtime_dir: PathBuf,
}

#[derive(Args, Debug)]
struct CleanupArgs {
    #[command(flatten)]
    config: ConfigArg,
    #[command(flatten)]
    runtime_dir: RuntimeDirArg,
    /// Directory in a bpffs where the daemon kept its pins.
    #[arg(long, value_name = "DIR", default_value = "/sys/fs/bpf/vrrp")]
    bpffs: PathBuf,
}

#[derive(Args, Debug)]
struct RunArgs {
    #[command(flatten)]
    config: ConfigArg,
    #[command(flatten)]
    runtime_dir: RuntimeDirArg,
    /// Directory in a bpffs for the eBPF program, which so outlives a crash of the daemon and keeps
    /// the dead node from answering.
    #[arg(long, value_name = "DIR", default_value = "/sys/fs/bpf/vrrp")]
    bpffs: PathBuf,
    /// Where on the interface the eBPF program runs.
    #[arg(long, value_enum, default_value_t = HookArg::Auto)]
    hook: HookArg,
    /// Form of the log on standard error.
    #[arg(long, value_enum, default_value_t = LogFormat::Text)]
    log_format: LogFormat,
    /// Least severity that is logged: error, warn, info, debug or trace, or a filter such as
    /// `vrrp_user::daemon=debug`.
    #[arg(long, value_name = "LEVEL", default_value = "info")]
    log_level: String,
    /// Take the place of the daemon that runs with the same runtime directory, without a fail-over:
    /// mastership, timers and addresses go over. Without such a daemon, start as usual.
    #[arg(long)]
    replace: bool,
    /// Only until the next `--replace`; resign if none comes.
    #[arg(long, hide = true, requires = "replace")]
    stand_in: bool,
    /// Have the eBPF program log every frame it answers or drops. For a bench, not for a flood.
    #[arg(long)]
    trace: bool,
}

#[derive(Args, Debug)]
struct KeepalivedArgs {
    /// Options of keepalived
    #[arg(value_name = "OPTION", trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

#[derive(Args, Debug)]
struct CheckArgs {
    #[command(flatten)]
    config: ConfigArg,
    /// For programs.
    #[arg(long)]
    json: bool,
    /// Also note what is right and surprises many.
    #[arg(long)]
    lints: bool,
    /// Say what a code in brackets means, with an example, and look at no file.
    #[arg(
        long,
        value_name = "CODE",
        exclusive = true,
        hide_possible_values = true,
        value_parser = explain::code_parser(),
    )]
    explain: Option<Code>,
}

#[derive(Args, Debug)]
struct ReloadArgs {
    #[command(flatten)]
    runtime_dir: RuntimeDirArg,
    /// Only say what would change, and change nothing.
    #[arg(long)]
    dry_run: bool,
    /// For programs: the outcome, all changes and all findings in one object with a version.
    #[arg(long)]
    json: bool,
}

#[derive(Args, Debug)]
struct StatusArgs {
    #[command(flatten)]
    runtime_dir: RuntimeDirArg,
    /// For programs: everything, in one object with a version.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum HookArg {
    /// What fits the interface: native where the driver has it (never on veth), else tc.
    Auto,
    /// XDP in the driver.
    Native,
    /// XDP in the kernel's generic receive path: copies frames, and switches GRO off.
    Generic,
    /// tc ingress: tcx, before Linux 6.6 a filter of the clsact qdisc.
    Tc,
    /// No eBPF: raw sockets with the same checks; the kernel answers ARP.
    Off,
}

impl From<HookArg> for HookRequest {
    fn from(hook: HookArg) -> Self {
        match hook {
            HookArg::Auto => Self::Auto,
            HookArg::Native => Self::Native,
            HookArg::Generic => Self::Generic,
            HookArg::Tc => Self::Tc,
            HookArg::Off => Self::Off,
        }
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum LogFormat {
    /// One line each, for people.
    Text,
    /// One JSON object each, for programs.
    Json,
}

/// Runs the command line.
#[must_use]
pub fn main() -> ExitCode {
    if let Some(failure) = become_program() {
        return failure;
    }
    if let Some(arguments) = keepalived::arguments(std::env::args_os()) {
        return keepalived::keepalived(arguments).into();
    }
    let exit = match Cli::parse().command {
        Subcommands::Run(args) => run::run(args),
        Subcommands::Check(args) => check::check(&args),
        Subcommands::Status(args) => status::status(&args),
        Subcommands::Reload(args) => reload::reload(&args),
        Subcommands::Cleanup(args) => cleanup::cleanup(&args),
        Subcommands::Keepalived(args) => keepalived::keepalived(args.arguments),
    };
    exit.into()
}
