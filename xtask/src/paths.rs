//! Where things lie.

use std::{
    env,
    path::{Path, PathBuf},
};

/// The top of the checkout.
///
/// Asked at run time first: two checkouts may share one target directory, and then the path
/// compiled in can be that of the other.
pub(crate) fn workspace() -> PathBuf {
    let own = env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    own.parent().map_or_else(|| own.clone(), Path::to_path_buf)
}

/// Where cargo puts what it builds.
pub(crate) fn target() -> PathBuf {
    let workspace = workspace();
    match env::var_os("CARGO_TARGET_DIR") {
        // A relative one is relative to where cargo was started, like every argument.
        Some(chosen) => env::current_dir().unwrap_or(workspace).join(chosen),
        None => workspace.join("target"),
    }
}

/// Where cargo keeps the sources of dependencies.
pub(crate) fn cargo_home() -> PathBuf {
    env::var_os("CARGO_HOME").map_or_else(
        || PathBuf::from(env::var_os("HOME").unwrap_or_default()).join(".cargo"),
        PathBuf::from,
    )
}

/// The cargo that started us, else the one on the path.
pub(crate) fn cargo() -> PathBuf {
    env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from)
}
