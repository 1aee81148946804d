//! Whom a program runs as.

use nix::unistd::{Gid, Group, Uid, User, getegid, geteuid};

use crate::config::model::script::Account;

/// What keepalived's own user for programs is called.
const DEFAULT_USER: &str = "keepalived_script";

/// A user and a group, by number.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Ids {
    pub(super) user: Uid,
    pub(super) group: Gid,
}

/// Why an account cannot be used.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum AccountError {
    /// There is no such user.
    #[error("there is no user `{0}`")]
    NoUser(String),
    /// There is no such group.
    #[error("there is no group `{0}`")]
    NoGroup(String),
    /// The system could not be asked.
    #[error("`{name}` cannot be looked up: {source}")]
    Lookup {
        /// The user or group.
        name: String,
        /// The reason.
        source: nix::Error,
    },
}

impl Ids {
    /// The daemon's own.
    pub(super) fn own() -> Self {
        Self { user: geteuid(), group: getegid() }
    }

    /// Of names; a user without a group has its own one.
    pub(super) fn of(account: &Account) -> Result<Self, AccountError> {
        let failed = |name: &str| {
            let name = name.to_owned();
            move |source| AccountError::Lookup { name, source }
        };
        let name = &account.user;
        let user = User::from_name(name)
            .map_err(failed(name))?
            .ok_or_else(|| AccountError::NoUser(name.clone()))?;
        let group = match &account.group {
            None => user.gid,
            Some(name) => Group::from_name(name)
                .map_err(failed(name))?
                .map(|group| group.gid)
                .ok_or_else(|| AccountError::NoGroup(name.clone()))?,
        };
        Ok(Self { user: user.uid, group })
    }

    /// Where the file names nobody: the user `keepalived_script` where there is one, else the
    /// daemon's own.
    pub(super) fn by_default() -> Self {
        Self::of(&Account { user: DEFAULT_USER.to_owned(), group: None })
            .unwrap_or_else(|_| Self::own())
    }

    /// Whether a program has the powers of root.
    pub(super) fn is_root(self) -> bool {
        self.user.is_root() || self.group.as_raw() == 0
    }
}
