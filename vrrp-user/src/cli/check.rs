//! `vrrp check`.

use super::{
    CheckArgs, Exit, explain,
    output::{colour_on_stderr, complain, print},
};
use crate::config::{self, Loaded, ReadError, Severity};

pub(super) fn check(args: &CheckArgs) -> Exit {
    if let Some(code) = args.explain {
        return print(explain::entry(code));
    }
    let path = args.config.path();
    let loaded = match config::load(&path, &args.config.id()) {
        Ok(loaded) => loaded,
        Err(error) => return no_file(&error),
    };
    let exit = if loaded.has_errors() { Exit::Config } else { Exit::Success };
    if args.json {
        let json = serde_json::to_string_pretty(&loaded.to_json()).unwrap_or_default();
        print(format_args!("{json}\n"));
        return exit;
    }
    let report = loaded.render(colour_on_stderr());
    if !report.is_empty() {
        complain(report.trim_end());
        complain("\n`vrrp check --explain CODE` tells more about what stands in brackets");
    }
    if args.lints && !loaded.notes.is_empty() {
        complain(loaded.render_notes(colour_on_stderr()).trim_end());
    }
    let more = match loaded.notes.len() {
        0 => String::new(),
        _ if args.lints => String::new(),
        count => format!("; {}, see --lints", plural(count, "note")),
    };
    print(format_args!("{}: {}{more}\n", path.display(), verdict(&loaded)));
    exit
}

/// Says why there is nothing to read.
pub(super) fn no_file(error: &ReadError) -> Exit {
    let cause = std::error::Error::source(error).map(|cause| format!(": {cause}"));
    complain(format_args!("error: {error}{}", cause.unwrap_or_default()));
    if matches!(error, ReadError::NotFound { .. }) {
        complain("help: name one with -f FILE, or put one at /etc/vrrp/vrrp.conf");
        return Exit::NoConfig;
    }
    Exit::Config
}

fn verdict(loaded: &Loaded) -> String {
    let count = |severity| {
        loaded.diagnostics.iter().filter(|diagnostic| diagnostic.severity == severity).count()
    };
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    let routers = loaded.config.as_ref().map_or(0, |config| config.instances.len());
    let found = match (errors, warnings) {
        (0, 0) => "no problems".to_owned(),
        (0, warnings) => format!("no errors, {}", plural(warnings, "warning")),
        (errors, warnings) => {
            format!("{}, {}", plural(errors, "error"), plural(warnings, "warning"))
        }
    };
    let usable = if loaded.is_usable() {
        plural(routers, "virtual router")
    } else {
        "vrrp run refuses this file".to_owned()
    };
    format!("{found}; {usable}")
}

fn plural(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}
