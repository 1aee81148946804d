//! Names for the numbers of routing: the kernel's and those of /etc/iproute2, as `ip` and keepalived
//! read them.

use std::fs;

/// What is named.
#[derive(Clone, Copy, Debug)]
pub(super) enum Naming {
    Tables,
    Protocols,
    Scopes,
    TypesOfService,
    Realms,
    Groups,
}

/// More than any of the files holds.
const LONGEST_FILE: u64 = 1 << 20;

impl Naming {
    /// The number that `word` is or stands for.
    pub(super) fn number(self, word: &str) -> Option<u32> {
        let number = match number(word) {
            Some(number) => u32::try_from(number).ok(),
            None => self.own(word).or_else(|| self.in_file(word)),
        };
        number.filter(|number| *number <= self.most())
    }

    /// What may be written, for a message.
    pub(super) const fn takes(self) -> &'static str {
        match self {
            Self::Tables => "a table: its number, or a name of /etc/iproute2/rt_tables",
            Self::Protocols => "a protocol: its number, or a name of /etc/iproute2/rt_protos",
            Self::Scopes => "a scope: `global`, `site`, `link`, `host`, `nowhere`, or its number",
            Self::TypesOfService => {
                "a type of service: its number, or a name of /etc/iproute2/rt_dsfield"
            }
            Self::Realms => "realms such as `1/2`: numbers, or names of /etc/iproute2/rt_realms",
            Self::Groups => "a group: its number, or a name of /etc/iproute2/group",
        }
    }

    const fn most(self) -> u32 {
        match self {
            Self::Tables | Self::Groups => u32::MAX,
            Self::Protocols | Self::Scopes | Self::TypesOfService => u8::MAX as u32,
            Self::Realms => u16::MAX as u32,
        }
    }

    /// The kernel's own names.
    fn own(self, word: &str) -> Option<u32> {
        let names: &[(&str, u32)] = match self {
            Self::Tables => &[("default", 253), ("main", 254), ("local", 255)],
            Self::Protocols => &[
                ("none", 0),
                ("redirect", 1),
                ("kernel", 2),
                ("boot", 3),
                ("static", 4),
                ("gated", 8),
                ("ra", 9),
                ("mrt", 10),
                ("zebra", 11),
                ("bird", 12),
                ("dnrouted", 13),
                ("xorp", 14),
                ("ntk", 15),
                ("dhcp", 16),
                ("keepalived", 18),
                ("babel", 42),
            ],
            Self::Scopes => {
                &[("global", 0), ("site", 200), ("link", 253), ("host", 254), ("nowhere", 255)]
            }
            Self::TypesOfService | Self::Realms | Self::Groups => &[],
        };
        names.iter().find(|(name, _)| *name == word).map(|(_, number)| *number)
    }

    fn in_file(self, word: &str) -> Option<u32> {
        let name = match self {
            Self::Tables => "rt_tables",
            Self::Protocols => "rt_protos",
            Self::Scopes => "rt_scopes",
            Self::TypesOfService => "rt_dsfield",
            Self::Realms => "rt_realms",
            Self::Groups => "group",
        };
        let path = format!("/etc/iproute2/{name}");
        fs::metadata(&path).ok().filter(|file| file.is_file() && file.len() <= LONGEST_FILE)?;
        find(&fs::read_to_string(path).ok()?, word)
    }
}

/// The number of `word` in a file of numbers and names.
fn find(text: &str, word: &str) -> Option<u32> {
    text.lines().find_map(|line| {
        let mut words = line.split('#').next()?.split_whitespace();
        let (id, name) = (words.next()?, words.next()?);
        (name == word).then(|| number(id)).flatten()?.try_into().ok()
    })
}

/// A whole number, decimal or with `0x` before it, or octal with `0`.
pub(super) fn number(word: &str) -> Option<u64> {
    let (digits, radix) = match word.strip_prefix("0x").or_else(|| word.strip_prefix("0X")) {
        Some(digits) => (digits, 16),
        None if word.len() > 1 && word.starts_with('0') => (word, 8),
        None => (word, 10),
    };
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_number.then(|| u64::from_str_radix(digits, radix).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names() {
        for (word, expected) in [
            ("0", Some(0)),
            ("254", Some(254)),
            ("0x10", Some(16)),
            ("010", Some(8)),
            ("main", Some(254)),
            ("4294967295", Some(u32::MAX)),
            ("4294967296", None),
            ("", None),
            ("0x", None),
            ("-1", None),
            ("+1", None),
            ("no-such-table", None),
        ] {
            assert_eq!(Naming::Tables.number(word), expected, "{word}");
        }
        assert_eq!(Naming::Scopes.number("256"), None);
        assert_eq!(Naming::Realms.number("65536"), None);
    }

    #[test]
    fn files_have_comments_and_other_bases() {
        let text = "# numbers\n\n  255\tlocal\n0x28 AF11 # assured\n1 a b\nx y\n7\n";
        assert_eq!(find(text, "local"), Some(255));
        assert_eq!(find(text, "AF11"), Some(40));
        assert_eq!(find(text, "a"), Some(1));
        assert_eq!(find(text, "y"), None);
        assert_eq!(find(text, "numbers"), None);
    }
}
