//! `vrrp run`.

use super::{
    Exit, LogFormat, RunArgs,
    check::no_file,
    log::{self, Destination},
    output::{colour_on_stderr, complain},
};
use crate::{
    config::{self, Severity, model::Config},
    daemon,
};

pub(super) fn run(args: RunArgs) -> Exit {
    if let Err(error) = start_log(&args) {
        complain(format_args!("error: --log-level {}: {error}", args.log_level));
        return Exit::Config;
    }
    let path = args.config.path();
    let config_id = args.config.id();
    let loaded = match config::load(&path, &config_id) {
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
        config_id,
        runtime_dir: args.runtime_dir.runtime_dir,
        bpffs: args.bpffs,
        hook: args.hook.into(),
        trace: args.trace,
        replace: args.replace,
        stand_in: args.stand_in,
        pid_files: Vec::new(),
        namespace: None,
    };
    serve(options, config)
}

/// Runs the daemon to its end. The log has been started.
pub(super) fn serve(options: daemon::Options, config: Config) -> Exit {
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
pub(super) fn tell_of_problems(loaded: &config::Loaded, format: LogFormat) {
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
        let file = loaded.source.file_name(diagnostic.span.start);
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
    log::start(Destination::Stderr(args.log_format), &level)?;
    if args.trace {
        tracing_log::LogTracer::init()?;
    }
    Ok(())
}
