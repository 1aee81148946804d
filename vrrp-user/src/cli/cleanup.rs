//! `vrrp cleanup`.

use super::{
    CleanupArgs, Exit,
    check::no_file,
    output::{complain, print},
};
use crate::{config, daemon, net::Claim};

pub(super) fn cleanup(args: &CleanupArgs) -> Exit {
    let path = args.config.path();
    let loaded = match config::load(&path, &args.config.id()) {
        Ok(loaded) => loaded,
        Err(error) => return no_file(&error),
    };
    let Some(config) = loaded.config else {
        complain(format_args!(
            "error: {} cannot be understood: vrrp check says why",
            path.display()
        ));
        return Exit::Config;
    };
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            complain(format_args!("error: cannot start: {error}"));
            return Exit::Failure;
        }
    };
    let runtime_dir = &args.runtime_dir.runtime_dir;
    let cleaned = match runtime.block_on(daemon::cleanup(&config, runtime_dir, &args.bpffs)) {
        Ok(cleaned) => cleaned,
        Err(error) => {
            complain(format_args!("error: {error}"));
            return Exit::Failure;
        }
    };
    for claim in &cleaned.removed {
        print(format_args!("removed {}\n", text(claim)));
    }
    for (claim, error) in &cleaned.failed {
        complain(format_args!("error: {}: {error}", text(claim)));
    }
    for what in &cleaned.routing {
        print(format_args!("removed {what}\n"));
    }
    for (what, error) in &cleaned.routing_failed {
        complain(format_args!("error: {what}: {error}"));
    }
    let is_clean = cleaned.failed.is_empty() && cleaned.routing_failed.is_empty();
    if is_clean { Exit::Success } else { Exit::Failure }
}

fn text(Claim { device, address }: &Claim) -> String {
    format!("{}/{} from {device}", address.address, address.prefix_length)
}
