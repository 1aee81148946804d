//! `build-ebpf`: makes the object that vrrp embeds, or checks the committed one.

mod compile;
#[path = "../../../vrrp-ebpf/provenance.rs"]
mod provenance;
mod toolchain;

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use serde::{Deserialize, Serialize};

use self::toolchain::Toolchain;
use crate::{paths, tell};

/// What to do about the object.
#[derive(Args)]
pub(crate) struct Options {
    /// Build aside and compare with the committed object; change nothing.
    #[arg(long)]
    check: bool,
}

/// `provenance.json`: what the committed object was made from and with.
#[derive(Deserialize, Serialize)]
struct Provenance {
    sources_sha256: String,
    object_sha256: String,
    rustc: String,
    bpf_linker: String,
    llvm: String,
}

/// Runs `build-ebpf`.
pub(crate) fn build(options: &Options) -> Result<()> {
    if options.check { check_committed() } else { write(&crate_dir()) }
}

/// Runs `build-ebpf --check`.
pub(crate) fn check_committed() -> Result<()> {
    check(&crate_dir())
}

fn crate_dir() -> PathBuf {
    paths::workspace().join("vrrp-ebpf")
}

fn write(crate_dir: &Path) -> Result<()> {
    let toolchain = Toolchain::find()?;
    tell::step(&format!(
        "eBPF object: {}, bpf-linker {}",
        toolchain.rustc_version, toolchain.bpf_linker_version
    ));
    let sources_sha256 = digest(crate_dir)?;
    let object = compile::object(&toolchain, &paths::target().join("bpf"))?;
    ensure!(
        digest(crate_dir)? == sources_sha256,
        "the sources changed during the build; try again"
    );
    let provenance = Provenance {
        sources_sha256,
        object_sha256: provenance::digest(&object),
        rustc: toolchain.rustc_version,
        bpf_linker: toolchain.bpf_linker_version,
        llvm: toolchain.llvm_version,
    };
    let (object_path, provenance_path) = committed(crate_dir);
    fs::create_dir_all(crate_dir.join("prebuilt"))?;
    fs::write(&object_path, &object)?;
    fs::write(&provenance_path, serde_json::to_string_pretty(&provenance)? + "\n")?;
    tell::note(&format!("{} ({} bytes)", object_path.display(), object.len()));
    Ok(())
}

fn check(crate_dir: &Path) -> Result<()> {
    let (object_path, provenance_path) = committed(crate_dir);
    let committed = fs::read(&object_path)
        .with_context(|| format!("{}; run cargo xtask build-ebpf", object_path.display()))?;
    let text = fs::read_to_string(&provenance_path)
        .with_context(|| format!("{}; run cargo xtask build-ebpf", provenance_path.display()))?;
    let recorded: Provenance =
        serde_json::from_str(&text).with_context(|| provenance_path.display().to_string())?;

    if digest(crate_dir)? != recorded.sources_sha256 {
        bail!(
            "the sources in vrrp-ebpf have changed since the object was made; run cargo xtask build-ebpf and commit vrrp-ebpf/prebuilt"
        );
    }
    // The build script reads this file by its own means: they have to agree.
    for (field, expected) in
        [("sources_sha256", &recorded.sources_sha256), ("object_sha256", &recorded.object_sha256)]
    {
        ensure!(
            provenance::recorded(&text, field) == Some(expected),
            "{} is not as cargo xtask build-ebpf writes it",
            provenance_path.display(),
        );
    }
    ensure!(
        provenance::digest(&committed) == recorded.object_sha256,
        "{} is not the object that provenance.json describes; run cargo xtask build-ebpf",
        object_path.display(),
    );

    let toolchain = match Toolchain::find() {
        Ok(toolchain) => toolchain,
        Err(error) => {
            tell::note(&format!("only the hashes were checked: {error:#}"));
            return Ok(());
        }
    };
    if let Some(difference) = toolchain.difference(&recorded) {
        tell::note(&format!("only the hashes were checked, since {difference}"));
        return Ok(());
    }
    tell::step("eBPF object: building aside to compare");
    let aside = paths::target().join(format!("bpf-check-{}", std::process::id()));
    let rebuilt = compile::object(&toolchain, &aside);
    // What is left of it is only disk space.
    let _ = fs::remove_dir_all(&aside);
    let rebuilt = rebuilt?;
    if rebuilt != committed {
        let kept = paths::target().join("vrrp.bpf.o.rebuilt");
        fs::write(&kept, &rebuilt)?;
        bail!(
            "{} differs from what its sources give now (kept as {}); run cargo xtask build-ebpf and commit the result",
            object_path.display(),
            kept.display(),
        );
    }
    tell::note(&format!(
        "the committed object is what its sources give, {} bytes",
        committed.len()
    ));
    Ok(())
}

fn committed(crate_dir: &Path) -> (PathBuf, PathBuf) {
    let folder = crate_dir.join("prebuilt");
    (folder.join("vrrp.bpf.o"), folder.join("provenance.json"))
}

fn digest(crate_dir: &Path) -> Result<String> {
    provenance::sources_digest(crate_dir)
        .with_context(|| format!("reading the sources in {}", crate_dir.display()))
}
