//! Whether others than root could change what root runs.

use std::{
    fs, io,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

const GROUP_WRITES: u32 = 0o020;
const OTHERS_WRITE: u32 = 0o002;
const STICKY: u32 = 0o1000;

/// The first part of an absolute path that others than root could replace or change; `None` if
/// there is none. As keepalived: everything on the way has to be root's, and be writable by nobody
/// else, but that in a directory with the sticky bit others can add and not replace.
///
/// # Errors
/// When a part cannot be looked at.
pub(super) fn unsafe_part(path: &Path) -> io::Result<Option<PathBuf>> {
    let mut parts: Vec<&Path> = path.ancestors().collect();
    parts.reverse();
    for part in parts {
        let metadata = fs::symlink_metadata(part)?;
        let kind = metadata.file_type();
        let judged = Part {
            owner: metadata.uid(),
            group: metadata.gid(),
            mode: metadata.mode(),
            is_directory: kind.is_dir(),
            is_link: kind.is_symlink(),
        };
        if !judged.is_safe() {
            return Ok(Some(part.to_owned()));
        }
    }
    Ok(None)
}

#[derive(Clone, Copy, Debug)]
struct Part {
    owner: u32,
    group: u32,
    mode: u32,
    is_directory: bool,
    is_link: bool,
}

impl Part {
    const fn is_safe(self) -> bool {
        let by_group = self.group != 0 && self.mode & GROUP_WRITES != 0;
        let writable = by_group || self.mode & OTHERS_WRITE != 0;
        let is_sticky = self.is_directory && self.mode & STICKY != 0;
        // The mode of a link means nothing.
        self.owner == 0 && (!writable || is_sticky || self.is_link)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_roots_alone_is_safe() {
        for (owner, group, mode, is_directory, safe) in [
            (0, 0, 0o755, false, true),
            (0, 0, 0o775, false, true),
            (0, 50, 0o755, false, true),
            (0, 50, 0o775, false, false),
            (0, 0, 0o757, false, false),
            (1000, 0, 0o755, false, false),
            (0, 0, 0o755, true, true),
            (0, 0, 0o777, true, false),
            (0, 0, 0o1777, true, true),
            (0, 0, 0o1777, false, false),
            (1000, 0, 0o1777, true, false),
        ] {
            let part = Part { owner, group, mode, is_directory, is_link: false };
            assert_eq!(part.is_safe(), safe, "{part:?}");
        }
        let link = Part { owner: 0, group: 0, mode: 0o777, is_directory: false, is_link: true };
        assert!(link.is_safe());
    }
}
