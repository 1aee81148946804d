//! Where the log goes, and in what form.

use std::{error::Error, fmt::Debug, io};

use nix::sys::stat::fstat;
use tracing::field::Field;
use tracing_subscriber::{
    EnvFilter,
    fmt::{
        self,
        format::{Writer, debug_fn},
    },
    layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

use super::{LogFormat, output::colour_on_stderr, syslog::Syslog};

/// Where the log goes.
pub(super) enum Destination {
    /// Standard error, in this form.
    Stderr(LogFormat),
    /// syslog.
    Syslog(Syslog),
    /// Nowhere.
    Nowhere,
}

/// Starts the log. `level` is the least severity, or a filter.
///
/// # Errors
/// When `level` is neither.
pub(super) fn start(destination: Destination, level: &str) -> Result<(), Box<dyn Error>> {
    let registry = tracing_subscriber::registry().with(EnvFilter::try_new(level)?);
    match destination {
        Destination::Stderr(LogFormat::Text) => {
            let layer = fmt::layer().fmt_fields(debug_fn(write_field)).with_target(false);
            let layer = layer.with_writer(io::stderr).with_ansi(colour_on_stderr());
            if under_journal() {
                registry.with(layer.without_time()).try_init()?;
            } else {
                registry.with(layer).try_init()?;
            }
        }
        Destination::Stderr(LogFormat::Json) => {
            let layer = fmt::layer().json().flatten_event(true).with_writer(io::stderr);
            registry.with(layer).try_init()?;
        }
        Destination::Syslog(syslog) => {
            let layer = fmt::layer().fmt_fields(debug_fn(write_field)).with_target(false);
            let layer = layer.with_writer(syslog).with_ansi(false).with_level(false);
            registry.with(layer.without_time()).try_init()?;
        }
        Destination::Nowhere => registry.try_init()?,
    }
    Ok(())
}

/// Whether standard error goes to the journal, which has the time already: systemd names the
/// stream's device and inode, since the variable alone is inherited by whoever redirects.
fn under_journal() -> bool {
    let Some(stream) = std::env::var_os("JOURNAL_STREAM") else { return false };
    fstat(io::stderr())
        .is_ok_and(|stat| stream.to_str() == Some(&format!("{}:{}", stat.st_dev, stat.st_ino)))
}

/// For people the message is enough: it names what the fields of its kind repeat for programs.
fn write_field(writer: &mut Writer<'_>, field: &Field, value: &dyn Debug) -> std::fmt::Result {
    match field.name() {
        "message" => write!(writer, "{value:?}"),
        "error" | "held_back" | "bpffs" | "pin" | "file" => write!(writer, " {field}={value:?}"),
        _ => Ok(()),
    }
}
