//! Compiling the eBPF program with a stable compiler.

use std::{fs, path::Path, process::Command};

use anyhow::{Context, Result, ensure};

use super::toolchain::{TARGET, Toolchain};
use crate::paths;

/// Builds the program below `target_dir` and returns the object without its DWARF.
pub(super) fn object(toolchain: &Toolchain, target_dir: &Path) -> Result<Vec<u8>> {
    let workspace = paths::workspace();
    let status = Command::new(paths::cargo())
        .current_dir(&workspace)
        .args(["build", "--release", "--package", "vrrp-ebpf", "--bin", "vrrp-ebpf"])
        .args(["--target", TARGET, "--target-dir"])
        .arg(target_dir)
        .env("RUSTC", &toolchain.rustc)
        // aya-ebpf is the one crate that wants an unstable feature (asm_experimental_arch).
        .env("RUSTC_BOOTSTRAP", "aya_ebpf")
        .env("CARGO_ENCODED_RUSTFLAGS", flags(toolchain, &workspace).join("\x1f"))
        // Said here and not left to the workspace's profile, which is made for the daemon.
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "1")
        .env("CARGO_PROFILE_RELEASE_LTO", "off")
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "3")
        .env("CARGO_PROFILE_RELEASE_PANIC", "abort")
        .env("CARGO_INCREMENTAL", "0")
        .env_remove("RUSTFLAGS")
        .env_remove("RUSTC_WRAPPER")
        .env_remove("RUSTC_WORKSPACE_WRAPPER")
        .status()
        .context("starting cargo")?;
    ensure!(status.success(), "the eBPF program does not compile");

    let linked = target_dir.join(TARGET).join("release/vrrp-ebpf");
    let stripped = target_dir.join("vrrp.bpf.o");
    let status = Command::new(&toolchain.objcopy)
        .arg("--strip-debug")
        .arg(&linked)
        .arg(&stripped)
        .status()
        .with_context(|| format!("starting {}", toolchain.objcopy.display()))?;
    ensure!(status.success(), "{} failed on {}", toolchain.objcopy.display(), linked.display());
    fs::read(&stripped).with_context(|| stripped.display().to_string())
}

/// The compiler's flags. No path of this machine may get into the object, since the object has
/// to come out the same from every checkout.
fn flags(toolchain: &Toolchain, workspace: &Path) -> Vec<String> {
    vec![
        // Only decides how aya-ebpf reads registers of traced programs; the object runs anywhere.
        "--cfg=bpf_target_arch=\"x86_64\"".to_owned(),
        "-Cdebuginfo=2".to_owned(),
        format!("-Clinker={}", toolchain.bpf_linker.display()),
        "-Clink-arg=--btf".to_owned(),
        format!("--remap-path-prefix={}=/vrrp", workspace.display()),
        format!("--remap-path-prefix={}=/cargo", paths::cargo_home().display()),
    ]
}
