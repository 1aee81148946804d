//! The files that a pattern stands for.

use std::path::{Path, PathBuf};

use glob::{MatchOptions, Pattern};

use super::braces;

/// As in glob(3): `/` and a leading dot must be written out. The library has no way to ask for the
/// latter where it is written out.
fn options(pattern: &str) -> MatchOptions {
    let dots = pattern.starts_with('.') || pattern.contains("/.");
    MatchOptions {
        case_sensitive: true,
        require_literal_separator: true,
        require_literal_leading_dot: !dots,
    }
}

/// Linux takes no longer path.
const LONGEST: usize = 4096;

const WILDCARDS: [char; 3] = ['*', '?', '['];

/// What a pattern stands for.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// What is there, in the order in which it counts; directories and the like too.
    pub(crate) paths: Vec<PathBuf>,
    /// What is not.
    pub(crate) lacks: Option<Lack>,
}

/// What a pattern names that is not there.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Lack {
    /// A file without wildcards, or the directory that the wildcards stand in.
    File,
    /// Nothing matches the wildcards.
    Wildcard,
    /// Nothing is there for one of the alternatives in braces.
    Brace,
    /// No pattern at all, or one of more than a thousand files or alternatives.
    Sense,
}

/// Looks for the files that a pattern stands for, from a directory.
pub(crate) fn find(directory: &Path, pattern: &str, most: usize) -> Found {
    let short = pattern.len() <= LONGEST;
    let Some(alternatives) = short.then(|| braces::expand(pattern)).flatten() else {
        return Found { paths: Vec::new(), lacks: Some(Lack::Sense) };
    };
    let braces = alternatives.len() > 1;
    let mut found = Found::default();
    for alternative in &alternatives {
        let lack = one(directory, alternative, most, &mut found.paths);
        let lack = match lack {
            Some(Lack::File | Lack::Wildcard) if braces => Some(Lack::Brace),
            lack => lack,
        };
        found.lacks = found.lacks.or(lack);
    }
    found
}

/// The same without braces.
fn one(directory: &Path, pattern: &str, most: usize, paths: &mut Vec<PathBuf>) -> Option<Lack> {
    if !pattern.contains(WILDCARDS) {
        let path = directory.join(pattern);
        if path.symlink_metadata().is_err() {
            return Some(Lack::File);
        }
        paths.push(path);
        return None;
    }
    let whole = if pattern.starts_with('/') {
        tidy(pattern)
    } else {
        let directory = directory.to_str()?;
        let separator = if directory.is_empty() || directory.ends_with('/') { "" } else { "/" };
        format!("{}{separator}{}", Pattern::escape(directory), tidy(pattern))
    };
    let Ok(matches) = glob::glob_with(&whole, options(pattern)) else {
        return Some(Lack::Sense);
    };
    let before = paths.len();
    // What cannot be looked into has nothing that matches, as in glob(3).
    paths.extend(matches.filter_map(Result::ok).take((most + 1).saturating_sub(before)));
    if paths.len() > most {
        return Some(Lack::Sense);
    }
    if paths.len() > before {
        return None;
    }
    let fixed = pattern.split(WILDCARDS).next().unwrap_or_default();
    let folder = fixed.rsplit_once('/').map_or("", |(folder, _)| folder);
    let folder = if folder.is_empty() && fixed.starts_with('/') { "/" } else { folder };
    let there = folder.is_empty() || directory.join(folder).is_dir();
    Some(if there { Lack::Wildcard } else { Lack::File })
}

/// In the library's words: `**` has no meaning of its own in glob(3), and `[^a]` is `[!a]`.
fn tidy(pattern: &str) -> String {
    let mut tidy = pattern.replace("[^", "[!");
    while tidy.contains("**") {
        tidy = tidy.replace("**", "*");
    }
    tidy
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::config::testing::Scratch;

    #[test]
    fn files_are_found_in_order() {
        let scratch = Scratch::new("pattern");
        let root = scratch.path();
        fs::create_dir(root.join("d[1]")).unwrap();
        for name in ["b.conf", "a.conf", ".hidden.conf", "d[1]/c.conf", "x.txt"] {
            fs::write(root.join(name), "").unwrap();
        }
        for (pattern, expected, lacks) in [
            ("*.conf", "a.conf b.conf", None),
            ("**.conf", "a.conf b.conf", None),
            ("[^a].conf", "b.conf", None),
            ("?.conf", "a.conf b.conf", None),
            (".*.conf", ".hidden.conf", None),
            ("{b,a}.conf", "b.conf a.conf", None),
            ("{b,c}.conf", "b.conf", Some(Lack::Brace)),
            ("{*.conf,*.ini}", "a.conf b.conf", Some(Lack::Brace)),
            ("a.conf", "a.conf", None),
            ("none", "", Some(Lack::File)),
            ("none/*.conf", "", Some(Lack::File)),
            ("*.ini", "", Some(Lack::Wildcard)),
            ("*/*.conf", "d[1]/c.conf", None),
            ("[", "", Some(Lack::Sense)),
            ("{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}", "", Some(Lack::Sense)),
        ] {
            let found = find(root, pattern, 1000);
            let shown: Vec<&str> = found
                .paths
                .iter()
                .map(|path| path.strip_prefix(root).unwrap().to_str().unwrap())
                .collect();
            assert_eq!((shown.join(" ").as_str(), found.lacks), (expected, lacks), "{pattern}");
        }
        let inside = find(&root.join("d[1]"), "*.conf", 1000);
        assert_eq!(inside.paths, [root.join("d[1]/c.conf")]);
        let absolute = find(Path::new("/nowhere"), &format!("{}/a*", root.display()), 1000);
        assert_eq!(absolute.paths, [root.join("a.conf")]);
        assert_eq!(find(root, "*.conf", 1).lacks, Some(Lack::Sense));
    }
}
