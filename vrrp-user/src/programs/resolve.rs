//! From a command of the file to a program that can be run, or the reason why it is not.

use std::{
    collections::BTreeSet,
    ffi::OsString,
    fs::{self, Metadata},
    io,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use super::{
    account::{AccountError, Ids},
    path_safety::unsafe_part,
};
use crate::config::model::script::{Account, Command, Scripts};

/// Where programs are looked for if the daemon has no `PATH`.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// A program that exists, and whom it runs as.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Program {
    /// Absolute.
    pub(super) path: PathBuf,
    pub(super) arguments: Vec<String>,
    pub(super) ids: Ids,
}

/// Why a program is not run.
#[derive(Debug, thiserror::Error)]
pub enum ResolveError {
    /// Its user or group.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// It is not in the `PATH`.
    #[error("there is no program `{0}` in the PATH")]
    NotInPath(String),
    /// It cannot be found.
    #[error("{path}: {source}")]
    NotFound {
        /// As it was given.
        path: String,
        /// The reason.
        source: io::Error,
    },
    /// It is a directory, or something else.
    #[error("{} is not a file", .0.display())]
    NotAFile(PathBuf),
    /// Its user may not execute it, or not enter the folder that it is in.
    #[error("{} may not be executed by user {user}, group {group}", path.display())]
    NotExecutable {
        /// The program.
        path: PathBuf,
        /// The user's number.
        user: u32,
        /// The group's number.
        group: u32,
    },
    /// `enable_script_security`: it would run as root, and others could change it.
    #[error(
        "with `enable_script_security` {} is not run as root: others than root can change {}",
        path.display(), part.display()
    )]
    Insecure {
        /// The program.
        path: PathBuf,
        /// What others can change.
        part: PathBuf,
    },
}

/// What people should know about programs that are run all the same.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Problem {
    /// `script_user` cannot be used, so that nothing runs that names no user of its own.
    NoDefaultUser(String),
    /// It runs as root.
    AsRoot(PathBuf),
    /// It runs as root, and others can change a part of its path.
    Unsafe(PathBuf, PathBuf),
    /// It was found in the `PATH`.
    Searched(String, PathBuf),
}

/// Finds programs as one configuration wants it. Looks at files and asks for users, both of which
/// can take long.
#[derive(Debug)]
pub struct Resolver {
    default: Result<Ids, AccountError>,
    security: bool,
    problems: BTreeSet<Problem>,
}

impl Resolver {
    /// For what `global_defs` says.
    #[must_use]
    pub fn new(scripts: &Scripts) -> Self {
        let default = scripts.account.as_ref().map_or_else(|| Ok(Ids::by_default()), Ids::of);
        let problems =
            default.as_ref().err().map(|error| Problem::NoDefaultUser(error.to_string()));
        Self { default, security: scripts.security, problems: problems.into_iter().collect() }
    }

    /// What has been noticed.
    pub(super) fn into_problems(self) -> BTreeSet<Problem> {
        self.problems
    }

    /// Whom a program or FIFO of this account belongs to.
    pub(super) fn ids(&self, account: Option<&Account>) -> Result<Ids, AccountError> {
        account.map_or_else(|| self.default.clone(), Ids::of)
    }

    /// Finds a program.
    ///
    /// # Errors
    /// When it is not to be run; keepalived does not run it either.
    pub fn resolve(&mut self, command: &Command) -> Result<Program, ResolveError> {
        let ids = self.ids(command.account.as_ref())?;
        let (first, arguments) =
            command.words.split_first().map_or(("", &[][..]), |(first, rest)| (first, rest));
        if let Some(file) = file_to_open(first) {
            return Ok(Program {
                path: PathBuf::from("/bin/sh"),
                arguments: vec!["-c".to_owned(), "exec <\"$0\"".to_owned(), file.to_owned()],
                ids,
            });
        }
        let given = if first.contains('/') { first.into() } else { self.search(first, ids)? };
        let not_found = |source| ResolveError::NotFound { path: first.to_owned(), source };
        let real = fs::canonicalize(&given).map_err(not_found)?;
        let metadata = fs::metadata(&real).map_err(not_found)?;
        if !metadata.is_file() {
            return Err(ResolveError::NotAFile(real));
        }
        if !may_execute(&metadata, ids) || !may_reach(&real, ids) {
            let (user, group) = (ids.user.as_raw(), ids.group.as_raw());
            return Err(ResolveError::NotExecutable { path: real, user, group });
        }
        let path = under_its_name(&given, &real);
        if ids.is_root() || becomes_root(&metadata) {
            self.guard(&path, &real, ids)?;
        }
        Ok(Program { path, arguments: arguments.to_vec(), ids })
    }

    fn search(&mut self, name: &str, ids: Ids) -> Result<PathBuf, ResolveError> {
        let path = std::env::var_os("PATH").unwrap_or_else(|| OsString::from(PATH));
        let found = std::env::split_paths(&path).map(|directory| directory.join(name)).find(|it| {
            fs::metadata(it).is_ok_and(|metadata| metadata.is_file() && may_execute(&metadata, ids))
        });
        let found = found.ok_or_else(|| ResolveError::NotInPath(name.to_owned()))?;
        self.problems.insert(Problem::Searched(name.to_owned(), found.clone()));
        Ok(found)
    }

    /// Sees to it that root runs nothing that others can change, or says that it does.
    fn guard(&mut self, path: &Path, real: &Path, ids: Ids) -> Result<(), ResolveError> {
        let not_found =
            |source| ResolveError::NotFound { path: path.display().to_string(), source };
        let mut found = None;
        for one in [path, real] {
            found = found.or(unsafe_part(one).map_err(not_found)?);
        }
        if let Some(part) = found {
            if self.security {
                return Err(ResolveError::Insecure { path: path.to_owned(), part });
            }
            self.problems.insert(Problem::Unsafe(path.to_owned(), part));
        } else if ids.user.is_root() && !self.security {
            self.problems.insert(Problem::AsRoot(path.to_owned()));
        }
        Ok(())
    }
}

/// keepalived's `script "</path"`: whether a file can be opened.
fn file_to_open(word: &str) -> Option<&str> {
    let path = word.strip_prefix('<')?.trim_start_matches([' ', '\t']);
    path.starts_with('/').then_some(path)
}

/// The real path, but under the name that it was given: some programs go by what they are called.
fn under_its_name(given: &Path, real: &Path) -> PathBuf {
    let named = real.parent().zip(given.file_name()).map(|(folder, name)| folder.join(name));
    named
        .filter(|named| fs::canonicalize(named).is_ok_and(|path| path == real))
        .unwrap_or_else(|| real.to_owned())
}

fn may_execute(metadata: &Metadata, ids: Ids) -> bool {
    let mode = metadata.permissions().mode();
    let bit = if ids.user.is_root() {
        0o111
    } else if metadata.uid() == ids.user.as_raw() {
        0o100
    } else if metadata.gid() == ids.group.as_raw() {
        0o010
    } else {
        0o001
    };
    mode & bit != 0
}

/// Whether every folder on the way may be entered.
fn may_reach(path: &Path, ids: Ids) -> bool {
    ids.user.is_root()
        || path
            .ancestors()
            .skip(1)
            .all(|folder| fs::metadata(folder).is_ok_and(|metadata| may_execute(&metadata, ids)))
}

/// Whether it has the powers of root whoever starts it.
fn becomes_root(metadata: &Metadata) -> bool {
    const SET_USER: u32 = 0o4100;
    const SET_GROUP: u32 = 0o2010;
    let mode = metadata.permissions().mode();
    (metadata.uid() == 0 && mode & SET_USER == SET_USER)
        || (metadata.gid() == 0 && mode & SET_GROUP == SET_GROUP)
}

#[cfg(test)]
mod tests;
