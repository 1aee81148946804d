//! The linker for eBPF, built against the LLVM of the compiler that feeds it.

use std::process::Command;

use anyhow::Result;

use crate::{cargo, paths, tell};

const VERSION: &str = "0.13.0";
const LLVM: &str = "/usr/lib/llvm-22";

/// For questions.
pub(super) const WHAT: &str = "bpf-linker 0.13.0 from crates.io";

/// Whether the very version is there.
pub(super) fn is_present() -> bool {
    let in_cargo_home = paths::cargo_home().join("bin/bpf-linker");
    let program = if in_cargo_home.exists() { in_cargo_home } else { "bpf-linker".into() };
    Command::new(program).arg("--version").output().is_ok_and(|output| {
        String::from_utf8_lossy(&output.stdout).split_whitespace().nth(1) == Some(VERSION)
    })
}

/// What to type to get the same.
pub(super) fn by_hand() -> String {
    format!("LLVM_PREFIX={LLVM} cargo {}", arguments().join(" "))
}

/// Builds it; as the user we are, into cargo's own folder.
pub(super) fn install() -> Result<()> {
    tell::step(&format!("cargo install bpf-linker {VERSION}, which takes about a minute"));
    let mut command = cargo::command(&arguments());
    // Its own target directory: a shared one would collect LLVM's bulk.
    command.env("LLVM_PREFIX", LLVM).env_remove("CARGO_TARGET_DIR");
    cargo::must_command(&mut command, "cargo install bpf-linker")
}

const fn arguments() -> [&'static str; 8] {
    [
        "install",
        "bpf-linker",
        "--version",
        VERSION,
        "--force",
        "--no-default-features",
        "--features",
        "llvm-22",
    ]
}
