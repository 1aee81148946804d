use std::{fs, fs::File};

use super::*;
use crate::config::{
    MAX_FILE_BYTES,
    testing::{Scratch, reference},
};

/// As a node that no condition names.
fn load(path: &Path) -> Result<Loaded, ReadError> {
    super::load(path, &ConfigId::default())
}

#[test]
fn a_file_is_read_and_named_in_diagnostics() {
    let scratch = Scratch::new("file");
    let path = scratch.path().join("keepalived.conf");
    fs::write(&path, reference("MASTER", 100)).unwrap();
    let loaded = load(&path).unwrap();
    assert!(loaded.is_usable() && !loaded.has_errors());
    assert!(loaded.render(false).contains(&format!("--> {}:12:19", path.display())));
}

#[test]
fn what_is_no_readable_file() {
    let scratch = Scratch::new("other");
    let absent = scratch.path().join("absent");
    assert!(matches!(load(&absent), Err(ReadError::NotFound { .. })));
    let error = load(scratch.path()).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("{} is a directory, not a file", scratch.path().display())
    );
    let error = load(Path::new("/dev/zero")).unwrap_err();
    assert_eq!(error.to_string(), "/dev/zero is a device, not a file");
    let fifo = scratch.path().join("fifo");
    let made = std::process::Command::new("mkfifo").arg(&fifo).status().unwrap();
    assert!(made.success());
    let error = load(&fifo).unwrap_err();
    assert_eq!(error.to_string(), format!("{} is a FIFO, not a file", fifo.display()));
}

#[test]
fn the_size_is_bounded() {
    let scratch = Scratch::new("size");
    let path = scratch.path().join("large");
    let file = File::create(&path).unwrap();
    file.set_len(MAX_FILE_BYTES + 1).unwrap();
    assert!(matches!(load(&path), Err(ReadError::TooLarge { .. })));
    file.set_len(MAX_FILE_BYTES).unwrap();
    assert!(load(&path).is_ok());
}
