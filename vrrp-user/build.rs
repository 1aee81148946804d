//! Hands the committed eBPF object to the crate, and fails the build when it is not the one that
//! the sources in `vrrp-ebpf` give.
//!
//! The crate finds the object's path in `VRRP_EBPF_OBJECT_FILE`. Setting `VRRP_EBPF_OBJECT` to a
//! path embeds that file instead, unchecked: for trying out a program that is being written.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

#[path = "../vrrp-ebpf/provenance.rs"]
mod provenance;

fn main() -> ExitCode {
    match object() {
        Ok(path) => {
            println!("cargo::rustc-env=VRRP_EBPF_OBJECT_FILE={}", path.display());
            ExitCode::SUCCESS
        }
        Err(reason) => {
            println!("cargo::error={reason}");
            ExitCode::FAILURE
        }
    }
}

/// Where the object to embed lies.
fn object() -> Result<PathBuf, String> {
    println!("cargo::rerun-if-env-changed=VRRP_EBPF_OBJECT");
    if let Some(chosen) = env::var_os("VRRP_EBPF_OBJECT").filter(|value| !value.is_empty()) {
        let chosen = PathBuf::from(chosen);
        rerun_if_changed(&chosen);
        return fs::canonicalize(&chosen)
            .map_err(|error| format!("VRRP_EBPF_OBJECT={}: {error}", chosen.display()));
    }

    let own = env::var_os("CARGO_MANIFEST_DIR").ok_or("cargo did not say where this crate is")?;
    let crate_dir = Path::new(&own).with_file_name("vrrp-ebpf");
    let object = crate_dir.join("prebuilt/vrrp.bpf.o");
    let recorded = crate_dir.join("prebuilt/provenance.json");
    let advice = "run `cargo xtask build-ebpf` and commit vrrp-ebpf/prebuilt";
    let read = |path: &Path| {
        rerun_if_changed(path);
        fs::read(path).map_err(|error| format!("{}: {error}; {advice}", path.display()))
    };

    let sources = provenance::sources(&crate_dir)
        .map_err(|error| format!("{}: {error}", crate_dir.display()))?;
    for path in &sources {
        rerun_if_changed(path);
    }
    // For files that come later.
    rerun_if_changed(&crate_dir.join("src"));
    rerun_if_changed(&crate_dir.join("provenance.rs"));
    let sources = provenance::sources_digest(&crate_dir)
        .map_err(|error| format!("{}: {error}", crate_dir.display()))?;
    let bytes = read(&object)?;
    let text = String::from_utf8_lossy(&read(&recorded)?).into_owned();
    if provenance::recorded(&text, "sources_sha256") != Some(&sources) {
        return Err(format!(
            "the sources in vrrp-ebpf have changed since the eBPF object was made; {advice}"
        ));
    }
    if provenance::recorded(&text, "object_sha256") != Some(&provenance::digest(&bytes)) {
        return Err(format!(
            "{} is not what provenance.json describes; {advice}",
            object.display()
        ));
    }
    Ok(object)
}

fn rerun_if_changed(path: &Path) {
    println!("cargo::rerun-if-changed={}", path.display());
}
