//! `vrrp run`.

use std::{fmt::Debug, io};

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

use super::{
    Exit, LogFormat, RunArgs,
    check::no_file,
    output::{colour_on_stderr, complain},
};
use crate::{
    config::{self, Severity},
    daemon,
};

pub(super) fn run(args: RunArgs) -> Exit {
    if let Err(error) = start_log(&args) {
        complain(format_args!("error: --log-level {}: {error}", args.log_level));
        return Exit::Config;
    }
    let path = args.config.path();
    let loaded = match config::load(&path) {
        Ok(loaded) => loaded,
        Err(error) => return no_file(&error),
    };
    tell_of_problems(&loaded, args.log_format);
    let Some(config) = loaded.config else {
        complain(format_args!("error: {} cannot be run as it is", path.display()));
        return Exit::Config;
    };
    let options = daemon::Options {
        config: path,
        runtime_dir: args.runtime_dir.runtime_dir,
        bpffs: args.bpffs,
        hook: args.hook.into(),
        trace: args.trace,
        replace: args.replace,
        stand_in: args.stand_in,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let outcome = match runtime {
        Ok(runtime) => {
            let outcome = runtime.block_on(daemon::run(options, config));
            // A file that is being read on a file system that hangs must not keep us.
            runtime.shutdown_background();
            outcome
        }
        Err(error) => {
            complain(format_args!("error: cannot start: {error}"));
            return Exit::Failure;
        }
    };
    match outcome {
        Ok(()) => Exit::Success,
        Err(error) => {
            tracing::error!("{error}");
            Exit::Failure
        }
    }
}

/// As a compiler would for people, as log records for programs.
fn tell_of_problems(loaded: &config::Loaded, format: LogFormat) {
    if loaded.diagnostics.is_empty() {
        return;
    }
    if format == LogFormat::Text {
        complain(loaded.render(colour_on_stderr()).trim_end());
        return;
    }
    for diagnostic in &loaded.diagnostics {
        let at = loaded.source.position(diagnostic.span.start);
        let (code, message) = (diagnostic.code.as_str(), &diagnostic.message);
        let file = loaded.source.name();
        if diagnostic.severity == Severity::Error {
            tracing::error!(file, line = at.line, column = at.column, code, "{message}");
        } else {
            tracing::warn!(file, line = at.line, column = at.column, code, "{message}");
        }
    }
}

fn start_log(args: &RunArgs) -> Result<(), Box<dyn std::error::Error>> {
    // What the eBPF program traces comes through the `log` crate, at level debug.
    let level = if args.trace {
        format!("{},vrrp_ebpf=debug", args.log_level)
    } else {
        args.log_level.clone()
    };
    let registry = tracing_subscriber::registry().with(EnvFilter::try_new(level)?);
    match args.log_format {
        LogFormat::Text => {
            let layer = fmt::layer().fmt_fields(debug_fn(write_field)).with_target(false);
            let layer = layer.with_writer(io::stderr).with_ansi(colour_on_stderr());
            if under_journal() {
                registry.with(layer.without_time()).try_init()?;
            } else {
                registry.with(layer).try_init()?;
            }
        }
        LogFormat::Json => {
            let layer = fmt::layer().json().flatten_event(true).with_writer(io::stderr);
            registry.with(layer).try_init()?;
        }
    }
    if args.trace {
        tracing_log::LogTracer::init()?;
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
