//! The secret of a `key` line: text, hexadecimal digits, or a file that holds one of them.

use std::{
    fs::File,
    io::Read,
    os::unix::fs::{MetadataExt, OpenOptionsExt},
};

use super::Builder;
use crate::config::{Code, Diagnostic, Span, diagnostics::quoted, lexer::Word, model::HmacKey};

/// keepalived's bounds, in bytes.
const KEY_BYTES: std::ops::RangeInclusive<usize> = 32..=64;

/// The longest file: the longest key in hexadecimal, its prefix, and the ends of a line or two.
const LONGEST_FILE: usize = 4 + 2 * 64 + 8;

/// Everybody but the owner.
const OTHERS: u32 = 0o077;

impl Builder<'_> {
    /// What the value of a `key` line stands for. Reports without showing any of it.
    pub(super) fn key_value(&mut self, word: &Word<'_>) -> Option<HmacKey> {
        if word.doubtful {
            self.sink.push(
                Diagnostic::warning(
                    Code::PasswordCut,
                    word.span,
                    "this secret holds or touches a `#`, `!`, `\"` or brace",
                )
                .label(format!("{} bytes are read", word.text.len()))
                .help("put it in double quotes, or write it as `hex:…`, on all nodes")
                .note("outside double quotes those characters end it"),
            );
        }
        let Some(path) = word.text.strip_prefix("file:") else {
            return self.decoded(word.text.as_bytes(), word.span);
        };
        if !path.starts_with('/') {
            let what = format!("the key file {} has no absolute path", quoted(path));
            self.no_key(word.span, what, "write a path that starts with `/`");
            return None;
        }
        match read(path) {
            Ok((content, mode)) => {
                if mode & OTHERS != 0 {
                    self.readable(path, mode, word.span);
                }
                let end = content.iter().rposition(|byte| !matches!(byte, b'\n' | b'\r'));
                let content = content.get(..end.map_or(0, |end| end + 1)).unwrap_or_default();
                self.decoded(content, word.span)
            }
            Err(why) => {
                let what = format!("the key file {} cannot be used: {why}", quoted(path));
                let help = "put the key there, as text or as `hex:…`, readable by root alone";
                self.no_key(word.span, what, help);
                None
            }
        }
    }

    /// Text stands for its bytes, `hex:` for those it spells.
    fn decoded(&mut self, value: &[u8], span: Span) -> Option<HmacKey> {
        let help = "make one with `openssl rand -hex 32`, and write `hex:` before it";
        let bytes = match value.strip_prefix(b"hex:") {
            None => Some(value.to_vec()),
            Some(digits) => unhex(digits),
        };
        let Some(bytes) = bytes else {
            let what = "what follows `hex:` is not pairs of hexadecimal digits";
            self.no_key(span, what.to_owned(), help);
            return None;
        };
        if value.contains(&0) {
            let what = "this key holds a zero byte, where keepalived ends it";
            self.no_key(span, what.to_owned(), "write it as `hex:…`");
            return None;
        }
        if !KEY_BYTES.contains(&bytes.len()) {
            let what = format!("this key has {} bytes, and must have 32 to 64", bytes.len());
            self.no_key(span, what, help);
            return None;
        }
        Some(HmacKey(bytes.into()))
    }

    fn no_key(&mut self, span: Span, what: String, help: &str) {
        self.sink.push(
            Diagnostic::fatal(Code::HmacKey, span, what)
                .help(help)
                .note("without the key peers would discard the adverts, or theirs would be"),
        );
    }

    fn readable(&mut self, path: &str, mode: u32, span: Span) {
        self.sink.push(
            Diagnostic::warning(
                Code::KeyFile,
                span,
                format!("others than its owner may use the key file {}", quoted(path)),
            )
            .label(format!("its mode is {:04o}", mode & 0o7777))
            .help("`chmod 600` it"),
        );
    }
}

/// The content of a key file, and its mode.
fn read(path: &str) -> Result<(Vec<u8>, u32), String> {
    // Opening a FIFO would wait for a writer.
    let file = File::options()
        .read(true)
        .custom_flags(libc::O_NONBLOCK | libc::O_CLOEXEC)
        .open(path)
        .map_err(|error| error.to_string())?;
    let metadata = file.metadata().map_err(|error| error.to_string())?;
    if !metadata.is_file() {
        return Err("it is not a regular file".to_owned());
    }
    let mut content = Vec::new();
    let limit = u64::try_from(LONGEST_FILE).unwrap_or(u64::MAX);
    file.take(limit + 1).read_to_end(&mut content).map_err(|error| error.to_string())?;
    if content.len() > LONGEST_FILE {
        return Err("it is too large for a key".to_owned());
    }
    Ok((content, metadata.mode()))
}

/// Pairs of hexadecimal digits, with spaces in between at will.
fn unhex(digits: &[u8]) -> Option<Vec<u8>> {
    let nibble = |byte: u8| char::from(byte).to_digit(16).and_then(|it| u8::try_from(it).ok());
    let mut bytes = Vec::new();
    for group in digits.split(|byte| matches!(byte, b' ' | b'\t')) {
        for pair in group.chunks(2) {
            let [high, low] = *pair else { return None };
            bytes.push(nibble(high)? << 4 | nibble(low)?);
        }
    }
    Some(bytes)
}
