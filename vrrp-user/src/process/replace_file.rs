//! Replacing a file in a directory that others may write to, such as `/tmp`.

use std::{
    ffi::OsString,
    fs::{self, File},
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

/// For everybody to read, as keepalived's are; the umask may say otherwise.
const MODE: u32 = 0o644;

/// Why a file is not replaced.
#[derive(Debug, thiserror::Error)]
pub enum ReplaceError {
    /// The path does not end in a name.
    #[error("{path} is no file")]
    NoName {
        /// The path.
        path: PathBuf,
    },
    /// The new file, beside the old one, cannot be made or filled.
    #[error("cannot write {path}: {source}")]
    New {
        /// The new file.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// It cannot take the place of the old one.
    #[error("cannot replace {path}: {source}")]
    Replace {
        /// The old file.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
}

/// Puts a new file in the place of whatever has that name. A symbolic link there is replaced and
/// not followed, and who reads sees the old content or the new, never a part of it.
///
/// # Errors
/// When that cannot be done. What was there before is then as it was.
pub fn replace_file(path: &Path, content: &[u8]) -> Result<(), ReplaceError> {
    let name = path.file_name().ok_or_else(|| ReplaceError::NoName { path: path.to_owned() })?;
    let new = path.with_file_name(temporary(name));
    let filled = File::options()
        .write(true)
        // `O_EXCL`, which follows no link either.
        .create_new(true)
        .mode(MODE)
        .custom_flags(libc::O_NOFOLLOW | libc::O_CLOEXEC)
        .open(&new)
        .and_then(|mut file| {
            file.write_all(content).inspect_err(|_| {
                let _ = fs::remove_file(&new);
            })
        });
    filled.map_err(|source| ReplaceError::New { path: new.clone(), source })?;
    fs::rename(&new, path).map_err(|source| {
        let _ = fs::remove_file(&new);
        ReplaceError::Replace { path: path.to_owned(), source }
    })
}

/// A name that nobody can have taken before.
fn temporary(name: &std::ffi::OsStr) -> OsString {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut temporary = OsString::from(".");
    temporary.push(name);
    temporary.push(format!(".{}.{}", std::process::id(), now.as_nanos()));
    temporary
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;
    use crate::process::testing::Folder;

    #[test]
    fn a_link_is_replaced_and_what_it_leads_to_is_left_alone() {
        let folder = Folder::new("link");
        let (precious, trap) = (folder.path("precious"), folder.path("keepalived.data"));
        fs::write(&precious, "mine").unwrap();
        symlink(&precious, &trap).unwrap();
        replace_file(&trap, b"state").unwrap();
        assert_eq!(fs::read_to_string(&precious).unwrap(), "mine");
        assert!(fs::symlink_metadata(&trap).unwrap().is_file());
        assert_eq!(fs::read_to_string(&trap).unwrap(), "state");
        assert_eq!(fs::metadata(&trap).unwrap().permissions().mode() & 0o022, 0);
    }

    #[test]
    fn nothing_is_left_behind_when_it_cannot_be_done() {
        let folder = Folder::new("left");
        let taken = folder.path("keepalived.json");
        fs::create_dir(&taken).unwrap();
        assert!(matches!(replace_file(&taken, b"{}"), Err(ReplaceError::Replace { .. })));
        assert!(matches!(replace_file(Path::new("/"), b""), Err(ReplaceError::NoName { .. })));
        let nowhere = folder.path("nowhere/keepalived.json");
        assert!(matches!(replace_file(&nowhere, b""), Err(ReplaceError::New { .. })));
        let left: Vec<_> = fs::read_dir(folder.path(".")).unwrap().flatten().collect();
        assert_eq!(left.len(), 1, "{left:?}");
    }
}
