//! Where secrets stand in a text, so that none reaches a log or a terminal.
//!
//! It goes by the text, line by line, and not by the tree: a secret that was read wrongly must not
//! show either. Rather too much is taken for a secret than too little.

mod definitions;

use super::{
    Span,
    keywords::{self, Context},
};
pub(crate) use definitions::{definitions, names, tells};

const PASSWORD: &str = "auth_pass";

/// The stretches that tell a secret: what follows `auth_pass` or the number of a `key` on its line,
/// and whatever else stands in `auth_hmac { … }` and is no keyword. In order, never overlapping.
pub(crate) fn find(text: &str) -> Vec<Span> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut in_keys = false;
    let mut awaited = false;
    for line in text.split_inclusive('\n') {
        let blank = line.trim().is_empty() || line.trim_start().starts_with(['#', '!']);
        let from = secret_from(line, &mut in_keys);
        // A password on the line after its keyword is wrong, and a password.
        let from = if awaited && !line.trim_start().starts_with('}') { Some(0) } else { from };
        if let Some(from) = from {
            found.push(Span::new(start + from, start + line.len()));
        }
        awaited = line.trim_end().ends_with(PASSWORD) || (awaited && blank);
        start += line.len();
    }
    found
}

/// The characters in these stretches, each by one of as many bytes that tells nothing.
pub(crate) fn mask(text: &str, secrets: &[Span]) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut at = 0;
    for secret in secrets {
        masked.push_str(text.get(at..secret.start).unwrap_or_default());
        let characters = text.get(secret.start..secret.end).unwrap_or_default().chars();
        masked.extend(characters.map(mask_character));
        at = secret.end;
    }
    masked.push_str(text.get(at..).unwrap_or_default());
    masked
}

fn mask_character(secret: char) -> char {
    match secret.len_utf8() {
        _ if secret.is_ascii_whitespace() => secret,
        1 => '*',
        2 => '·',
        3 => '•',
        _ => '\u{1f784}',
    }
}

/// Where the secret of a line begins. `in_keys` is whether the line starts in `auth_hmac`.
fn secret_from(line: &str, in_keys: &mut bool) -> Option<usize> {
    let password = after(line, PASSWORD);
    let keyed = key_value(line);
    let opened = after(line, "auth_hmac");
    let inside = match opened {
        Some(at) => in_block(line, at),
        None if *in_keys => in_block(line, 0),
        None => None,
    };
    *in_keys |= opened.is_some();
    *in_keys &= !line.get(opened.unwrap_or(0)..).unwrap_or_default().contains('}');
    [password, keyed, inside].into_iter().flatten().min()
}

fn after(line: &str, word: &str) -> Option<usize> {
    line.find(word).map(|at| at + word.len())
}

/// The value in `key NUMBER VALUE`, wherever on the line; a file's name is none.
fn key_value(line: &str) -> Option<usize> {
    let mut at = 0;
    let mut previous = "";
    for part in line.split_inclusive(|c: char| c.is_whitespace() || "{}\"".contains(c)) {
        let word = part.trim_end_matches(|c: char| c.is_whitespace() || "{}\"".contains(c));
        at += part.len();
        if word.is_empty() {
            continue;
        }
        let number = word.len() <= 3 && word.bytes().all(|byte| byte.is_ascii_digit());
        if previous == "key" && number {
            let rest = line.get(at..).unwrap_or_default();
            let path = rest.trim_start().trim_start_matches('"').starts_with("file:");
            return (!path).then_some(at);
        }
        previous = word;
    }
    None
}

/// What is secret on a line of `auth_hmac`, from `at` on: all but its keyword, and that too unless
/// it looks like one.
fn in_block(line: &str, at: usize) -> Option<usize> {
    let rest = line.get(at..).unwrap_or_default();
    let text = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '{' || c == '"');
    let from = at + rest.len() - text.len();
    let word = text.split(|c: char| c.is_whitespace() || "{}\"#!".contains(c)).next()?;
    match word {
        "" => text.starts_with('}').then_some(from + 1),
        "active_key" | "time_window" | "anti_replay" | "mode" => None,
        "key" => {
            let value = text.get(word.len()..).unwrap_or_default().trim_start();
            let digits = value.bytes().take_while(u8::is_ascii_digit).count();
            let numbered = (1..=3).contains(&digits)
                && value.get(digits..).is_some_and(|rest| rest.starts_with(char::is_whitespace));
            // With a number, the rule for the whole line knows better.
            (!numbered).then_some(from + word.len())
        }
        word if keywords::nearest(Context::Hmac, word).is_some() => Some(from + word.len()),
        _ => Some(from),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(text: &str) -> String {
        mask(text, &find(text))
    }

    #[test]
    fn what_is_masked_and_what_is_not() {
        for (text, expected) in [
            ("auth_pass abc # x\n", "auth_pass *** * *\n"),
            ("auth_pass \"ü €\"", "auth_pass *· •*"),
            ("auth_pass\n\nabc\nd", "auth_pass\n\n***\nd"),
            ("auth_pass\n#x\nabc\nd", "auth_pass\n**\n***\nd"),
            ("auth_pass\n}\nd", "auth_pass\n}\nd"),
            ("auth_hmac {\nkey 1 abc\n}\nkey\nx", "auth_hmac {\nkey 1 ***\n}\nkey\nx"),
            ("auth_hmac { key 1 abc }", "auth_hmac { key 1 *** *"),
            ("auth_hmac { mode x key 17 abc }\nkeep", "auth_hmac { mode x key 17 *** *\nkeep"),
            ("auth_hmac\n{\nkey 1 \"a b\"\n}", "auth_hmac\n{\nkey 1 ** **\n}"),
            ("auth_hmac {\nkey abc\n}", "auth_hmac {\nkey ***\n}"),
            ("auth_hmac {\nkey 1234 ab\n}", "auth_hmac {\nkey **** **\n}"),
            ("auth_hmac {\nkye 1 abc\n}", "auth_hmac {\nkye * ***\n}"),
            ("auth_hmac {\nkey 1\nabcdef gh\n}", "auth_hmac {\nkey 1\n****** **\n}"),
            ("auth_hmac {\nkey 1 file:/a/b\n}", "auth_hmac {\nkey 1 file:/a/b\n}"),
            ("auth_hmac {\nactive_key 1\nmode x\n}", "auth_hmac {\nactive_key 1\nmode x\n}"),
            ("auth_hmca {\nkey 1 abc\n}", "auth_hmca {\nkey 1 ***\n}"),
            ("auth_hmac {\nkey 1 a}b\nc\n}", "auth_hmac {\nkey 1 ***\nc\n}"),
            ("priority 1 # the key to it", "priority 1 # the key to it"),
        ] {
            assert_eq!(masked(text), expected, "{text}");
        }
    }
}
