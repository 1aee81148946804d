//! Finding a compiler and a linker for eBPF that fit each other.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail, ensure};

use super::Provenance;
use crate::paths;

/// The target of the object: little endian, as x86-64 and the Raspberry Pi are.
pub(super) const TARGET: &str = "bpfel-unknown-none";

/// The tools, and their versions as they say them.
pub(super) struct Toolchain {
    pub(super) rustc: PathBuf,
    pub(super) bpf_linker: PathBuf,
    pub(super) objcopy: PathBuf,
    pub(super) rustc_version: String,
    pub(super) bpf_linker_version: String,
    pub(super) llvm_version: String,
}

impl Toolchain {
    /// Looks for the tools that `cargo xtask setup --ebpf` installs.
    pub(super) fn find() -> Result<Self> {
        let rustc = env::var_os("VRRP_EBPF_RUSTC")
            .map_or_else(|| PathBuf::from("/usr/bin/rustc"), PathBuf::from);
        let about = output(Command::new(&rustc).arg("-vV"))
            .with_context(|| format!("no eBPF compiler at {}; {ADVICE}", rustc.display()))?;
        let sysroot = output(Command::new(&rustc).args(["--print", "sysroot"]))?;
        let core = Path::new(sysroot.trim()).join("lib/rustlib").join(TARGET);
        ensure!(core.is_dir(), "{} has no core for {TARGET}; {ADVICE}", rustc.display());
        let rustc_version = about.lines().next().unwrap_or_default().to_owned();
        let llvm_version = about
            .lines()
            .find_map(|line| line.strip_prefix("LLVM version: "))
            .context("rustc -vV names no LLVM")?
            .to_owned();
        let llvm_major = llvm_version.split('.').next().unwrap_or_default();

        // Where `setup` puts it, before any other.
        let bpf_linker = Some(paths::cargo_home().join("bin/bpf-linker"))
            .filter(|path| path.exists())
            .or_else(|| in_path("bpf-linker"))
            .with_context(|| format!("no bpf-linker; {ADVICE}"))?;
        let said = output(Command::new(&bpf_linker).arg("--version"))?;
        let bpf_linker_version =
            said.split_whitespace().nth(1).unwrap_or_else(|| said.trim()).to_owned();

        let own = PathBuf::from(format!("/usr/lib/llvm-{llvm_major}/bin/llvm-objcopy"));
        let objcopy = if own.exists() {
            own
        } else {
            match in_path(&format!("llvm-objcopy-{llvm_major}")).or_else(|| in_path("llvm-objcopy"))
            {
                Some(path) => path,
                None => bail!("no llvm-objcopy {llvm_major}; {ADVICE}"),
            }
        };
        Ok(Self { rustc, bpf_linker, objcopy, rustc_version, bpf_linker_version, llvm_version })
    }

    /// What keeps this toolchain from making the very bytes that `recorded` describes.
    pub(super) fn difference(&self, recorded: &Provenance) -> Option<String> {
        [
            ("rustc", &self.rustc_version, &recorded.rustc),
            ("bpf-linker", &self.bpf_linker_version, &recorded.bpf_linker),
            ("LLVM", &self.llvm_version, &recorded.llvm),
        ]
        .into_iter()
        .find(|(_, installed, recorded)| installed != recorded)
        .map(|(tool, installed, recorded)| {
            format!("the object was made with {tool} {recorded} and here is {installed}")
        })
    }
}

const ADVICE: &str = "run cargo xtask setup --ebpf";

/// Where on the path a program lies.
fn in_path(program: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?)
        .map(|folder| folder.join(program))
        .find(|path| path.is_file())
}

fn output(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("starting {command:?}"))?;
    ensure!(output.status.success(), "{command:?}: {}", output.status);
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
