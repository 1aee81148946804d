use std::os::unix::fs::symlink;

use nix::unistd::{Gid, Uid, chown};

use super::*;

/// A directory of root's that goes with the test.
struct Folder(PathBuf);

impl Folder {
    /// `None` unless root.
    fn new(name: &str) -> Option<Self> {
        if !nix::unistd::geteuid().is_root() {
            eprintln!("skipped: not root");
            return None;
        }
        // Not in /tmp, which others can add to: everything on the way has to be root's.
        let path = PathBuf::from(format!("/run/vrrp-resolve-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Some(Self(path))
    }

    fn program(&self, name: &str, mode: u32) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, "#!/bin/sh\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

fn command(words: &[&str], user: Option<&str>) -> Command {
    let account = user.map(|user| Account { user: user.to_owned(), group: None });
    Command { words: words.iter().map(|&word| word.to_owned()).collect(), account }
}

fn resolver(user: &str, security: bool) -> Resolver {
    let account = Some(Account { user: user.to_owned(), group: None });
    Resolver::new(&Scripts { account, security, ..Scripts::default() })
}

#[test]
fn users_are_looked_up() {
    let mut root = resolver("root", false);
    let program = root.resolve(&command(&["/bin/true", "a b"], Some("nobody"))).unwrap();
    assert_eq!(program.ids, Ids { user: Uid::from_raw(65534), group: Gid::from_raw(65534) });
    assert_eq!(program.arguments, ["a b"]);
    let error = root.resolve(&command(&["/bin/true"], Some("no-such-user"))).unwrap_err();
    assert!(matches!(error, ResolveError::Account(AccountError::NoUser(_))), "{error}");
    let mut nobody = resolver("no-such-user", false);
    assert!(nobody.resolve(&command(&["/bin/true"], None)).is_err());
    assert!(nobody.resolve(&command(&["/bin/true"], Some("root"))).is_ok());
    assert!(matches!(nobody.into_problems().first(), Some(Problem::NoDefaultUser(_))));
}

#[test]
fn programs_are_found_by_name_and_keep_it() {
    let mut resolver = resolver("nobody", true);
    let found = resolver.resolve(&command(&["sh", "-c", "true"], None)).unwrap();
    assert_eq!(found.path.file_name().unwrap(), "sh");
    assert!(found.path.is_absolute());
    assert!(matches!(
        resolver.resolve(&command(&["no-such-program"], None)),
        Err(ResolveError::NotInPath(_))
    ));
    assert!(matches!(
        resolver.resolve(&command(&["/no/such/program"], None)),
        Err(ResolveError::NotFound { .. })
    ));
    assert!(matches!(
        resolver.resolve(&command(&["/usr/bin"], None)),
        Err(ResolveError::NotAFile(_))
    ));
    let opens = resolver.resolve(&command(&["< /etc/passwd"], None)).unwrap();
    assert_eq!(opens.arguments, ["-c", "exec <\"$0\"", "/etc/passwd"]);
}

#[test]
fn what_its_user_may_not_execute_is_not_run() {
    let Some(folder) = Folder::new("execute") else { return };
    let path = folder.program("private", 0o700);
    let words = [path.to_str().unwrap()];
    assert!(resolver("root", true).resolve(&command(&words, None)).is_ok());
    assert!(matches!(
        resolver("nobody", true).resolve(&command(&words, None)),
        Err(ResolveError::NotExecutable { user: 65534, .. })
    ));
    let path = folder.program("public", 0o755);
    let words = [path.to_str().unwrap()];
    assert!(resolver("nobody", true).resolve(&command(&words, None)).is_ok());
    fs::set_permissions(&folder.0, fs::Permissions::from_mode(0o700)).unwrap();
    assert!(matches!(
        resolver("nobody", true).resolve(&command(&words, None)),
        Err(ResolveError::NotExecutable { user: 65534, .. })
    ));
    let path = folder.program("private", 0o600);
    let words = [path.to_str().unwrap()];
    assert!(resolver("root", true).resolve(&command(&words, None)).is_err());
}

#[test]
fn root_runs_nothing_that_others_can_change() {
    let Some(folder) = Folder::new("security") else { return };
    let outcome = |path: &Path, user, security| {
        let mut resolver = resolver(user, security);
        let words = [path.to_str().unwrap()];
        let outcome = resolver.resolve(&command(&words, None)).map(|program| program.path);
        (outcome, resolver.into_problems())
    };
    let good = folder.program("good", 0o755);
    assert_eq!(outcome(&good, "root", true).0.unwrap(), good);
    let (path, problems) = outcome(&good, "root", false);
    assert_eq!((path.unwrap(), problems), (good.clone(), [Problem::AsRoot(good.clone())].into()));

    let bad = folder.program("bad", 0o757);
    assert!(matches!(outcome(&bad, "root", true).0, Err(ResolveError::Insecure { .. })));
    assert_eq!(outcome(&bad, "root", false).1, [Problem::Unsafe(bad.clone(), bad.clone())].into());
    // Whoever is not root has no more powers by it than before.
    assert!(outcome(&bad, "nobody", true).0.is_ok());
    fs::set_permissions(&bad, fs::Permissions::from_mode(0o4757)).unwrap();
    assert!(outcome(&bad, "nobody", true).0.is_err());

    // A link is followed, under its own name.
    let link = folder.0.join("link");
    symlink(&good, &link).unwrap();
    assert_eq!(outcome(&link, "root", true).0.unwrap(), link);

    let inner = folder.0.join("inner");
    fs::create_dir(&inner).unwrap();
    let within = inner.join("program");
    fs::copy(&good, &within).unwrap();
    assert!(outcome(&within, "root", true).0.is_ok());
    chown(&inner, Some(Uid::from_raw(65534)), None).unwrap();
    let Err(ResolveError::Insecure { part, .. }) = outcome(&within, "root", true).0 else {
        panic!("run from nobody's directory")
    };
    assert_eq!(part, inner);
}
