use std::{fs, path::PathBuf};

use super::*;
use crate::config::testing::reference;

/// A directory that goes with the test.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("vrrp-load-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

#[test]
fn a_file_is_read_and_named_in_diagnostics() {
    let scratch = Scratch::new("file");
    let path = scratch.0.join("keepalived.conf");
    fs::write(&path, reference("MASTER", 100)).unwrap();
    let loaded = load(&path).unwrap();
    assert!(loaded.is_usable() && !loaded.has_errors());
    assert!(loaded.render(false).contains(&format!("--> {}:12:19", path.display())));
}

#[test]
fn what_is_no_readable_file() {
    let scratch = Scratch::new("other");
    let absent = scratch.0.join("absent");
    assert!(matches!(load(&absent), Err(ReadError::NotFound { .. })));
    let error = load(&scratch.0).unwrap_err();
    assert_eq!(error.to_string(), format!("{} is a directory, not a file", scratch.0.display()));
    let error = load(Path::new("/dev/zero")).unwrap_err();
    assert_eq!(error.to_string(), "/dev/zero is a device, not a file");
    let fifo = scratch.0.join("fifo");
    let made = std::process::Command::new("mkfifo").arg(&fifo).status().unwrap();
    assert!(made.success());
    let error = load(&fifo).unwrap_err();
    assert_eq!(error.to_string(), format!("{} is a FIFO, not a file", fifo.display()));
}

#[test]
fn the_size_is_bounded() {
    let scratch = Scratch::new("size");
    let path = scratch.0.join("large");
    let file = File::create(&path).unwrap();
    file.set_len(MAX_FILE_BYTES + 1).unwrap();
    assert!(matches!(load(&path), Err(ReadError::TooLarge { .. })));
    file.set_len(MAX_FILE_BYTES).unwrap();
    assert!(load(&path).is_ok());
}
