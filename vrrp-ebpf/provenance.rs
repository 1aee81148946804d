//! What ties the committed object to the sources it was made from.
//!
//! Not a module of this crate: `cargo xtask build-ebpf`, which writes the object, and
//! `vrrp-user/build.rs`, which embeds it, both include this file by path, so that the two can
//! never disagree about what counts as a source.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

/// The files that the object is made from: `Cargo.toml` and every `.rs` file below `src`, sorted.
pub(crate) fn sources(crate_dir: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = vec![crate_dir.join("Cargo.toml")];
    let mut folders = vec![crate_dir.join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let path = entry.path();
            if entry.file_type()?.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// One digest over the relative path and the contents of every file of [`sources`].
///
/// Lengths go in too, so that moving bytes from one file to the next changes the digest.
pub(crate) fn sources_digest(crate_dir: &Path) -> io::Result<String> {
    let mut hash = Sha256::new();
    for path in sources(crate_dir)? {
        let contents = fs::read(&path)?;
        let name = path.strip_prefix(crate_dir).unwrap_or(&path).to_string_lossy();
        hash.update(format!("{name}\n{}\n", contents.len()));
        hash.update(contents);
    }
    Ok(hex(&hash.finalize()))
}

/// The SHA-256 of some bytes in hexadecimal.
pub(crate) fn digest(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// A text field of `provenance.json`, read without a JSON parser: build scripts should be small,
/// and the file is written by one program in one shape.
pub(crate) fn recorded<'a>(provenance: &'a str, field: &str) -> Option<&'a str> {
    let (_, rest) = provenance.split_once(&format!("\"{field}\""))?;
    let (_, rest) = rest.split_once('"')?;
    let (value, _) = rest.split_once('"')?;
    Some(value)
}

fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('?');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}
