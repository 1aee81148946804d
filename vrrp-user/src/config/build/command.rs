//! Programs with their arguments: keepalived takes the line apart once more than others, with
//! single quotes and the escapes of a shell, and the first word of that once again.

use super::Builder;
use crate::config::{
    Code, Diagnostic,
    diagnostics::quoted,
    lexer::Word,
    model::script::{Account, Command},
    parser::Statement,
};

/// Why a text is no command.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum SplitError {
    /// This quote has no partner.
    OpenQuote(char),
    /// A backslash with nothing behind it.
    OpenEscape,
    /// A number after a backslash makes bytes that are no text.
    NotText,
}

impl Builder<'_> {
    /// `KEYWORD COMMAND [USER [GROUP]]`, where a command with arguments is quoted.
    pub(super) fn command(&mut self, statement: &Statement<'_>) -> Option<Command> {
        self.no_block(statement);
        let mut parts = self.parts(statement)?.into_iter();
        let words = self.words(statement, &parts.next()?)?;
        let account = parts.next().map(|user| Account { user, group: parts.next() });
        if parts.next().is_some() {
            self.sink.push(
                Diagnostic::warning(
                    Code::ExtraWords,
                    statement.span(),
                    format!(
                        "{} takes a command, a user and a group",
                        quoted(&statement.keyword.text)
                    ),
                )
                .label("what follows is ignored")
                .help("put a command with its arguments into double quotes"),
            );
        }
        Some(Command { words, account })
    }

    /// `script`: a command that needs no quotes, since its user stands elsewhere.
    pub(super) fn bare_command(&mut self, statement: &Statement<'_>) -> Option<Vec<String>> {
        self.no_block(statement);
        let mut parts = self.parts(statement)?.into_iter();
        let mut words = self.words(statement, &parts.next()?)?;
        let arguments: Vec<String> = parts.collect();
        if !arguments.is_empty() {
            self.sink.push(
                Diagnostic::warning(
                    Code::Script,
                    statement.span(),
                    "this command has arguments outside double quotes",
                )
                .help(format!("write `script \"{} {}\"`", words.join(" "), arguments.join(" ")))
                .note("here the arguments count; keepalived runs the first word without them"),
            );
        }
        words.extend(arguments);
        Some(words)
    }

    /// An account: `USER [GROUP]`.
    pub(super) fn account(&mut self, statement: &Statement<'_>) -> Option<Account> {
        self.no_block(statement);
        self.no_more_words(statement, 2);
        let mut words = statement.words.iter().map(|word| word.text.clone().into_owned());
        let Some(user) = words.next() else {
            self.missing_argument(statement, "the name of a user");
            return None;
        };
        Some(Account { user, group: words.next() })
    }

    /// The line without its keyword, taken apart.
    fn parts(&mut self, statement: &Statement<'_>) -> Option<Vec<String>> {
        if statement.words.is_empty() {
            self.missing_argument(statement, "a command");
            return None;
        }
        self.split(statement, &as_written(&statement.words)).filter(|parts| !parts.is_empty())
    }

    fn words(&mut self, statement: &Statement<'_>, text: &str) -> Option<Vec<String>> {
        let words = self.split(statement, text)?;
        if words.first().is_none_or(String::is_empty) {
            self.no_command(statement, "this names no program");
            return None;
        }
        Some(words)
    }

    fn split(&mut self, statement: &Statement<'_>, text: &str) -> Option<Vec<String>> {
        match split(text) {
            Ok(words) => Some(words),
            Err(error) => {
                let message = match error {
                    SplitError::OpenQuote(quote) => {
                        format!("in this command {quote} has no partner")
                    }
                    SplitError::OpenEscape => "this command ends in `\\`".to_owned(),
                    SplitError::NotText => "an escape in this command makes no text".to_owned(),
                };
                self.no_command(statement, &message);
                None
            }
        }
    }

    fn no_command(&mut self, statement: &Statement<'_>, message: &str) {
        self.sink.push(
            Diagnostic::error(Code::Script, statement.span(), message)
                .label("ignored")
                .help("write it like `\"/usr/local/bin/check 'an argument' 80\"`")
                .note("keepalived ignores it too"),
        );
    }
}

/// The words as they stood on their line, with one space for any number of them.
fn as_written(words: &[Word<'_>]) -> String {
    let mut line = String::new();
    let mut end = None;
    for word in words {
        if end.is_some_and(|end| end != word.span.start) {
            line.push(' ');
        }
        end = Some(word.span.end);
        if word.quoted {
            line.push('"');
            line.push_str(&word.text);
            line.push('"');
        } else {
            line.push_str(&word.text);
        }
    }
    line
}

/// Takes a text apart as keepalived does: white space between words; single and double quotes,
/// which need not begin a word; `\a \b \E \f \n \r \t \v \cC \nnn \xXX`, and `\` before anything
/// else for itself, in quotes too.
fn split(text: &str) -> Result<Vec<String>, SplitError> {
    let mut words = Vec::new();
    let mut word: Option<Vec<u8>> = None;
    let mut quote = None;
    let mut bytes = text.bytes().peekable();
    while let Some(byte) = bytes.next() {
        match (byte, quote) {
            (b'\\', _) => {
                let escaped = escape(&mut bytes).ok_or(SplitError::OpenEscape)?;
                word.get_or_insert_default().push(escaped);
            }
            (_, Some(open)) if byte == open => quote = None,
            (b'"' | b'\'', None) => {
                quote = Some(byte);
                word.get_or_insert_default();
            }
            (_, None) if byte.is_ascii_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(byte),
        }
    }
    if let Some(open) = quote {
        return Err(SplitError::OpenQuote(open.into()));
    }
    words.extend(word);
    words.into_iter().map(|word| String::from_utf8(word).map_err(|_| SplitError::NotText)).collect()
}

/// What stands after a backslash; `None` if nothing does.
fn escape(bytes: &mut std::iter::Peekable<std::str::Bytes<'_>>) -> Option<u8> {
    const CONTROL: u8 = 0x1f;
    Some(match bytes.next()? {
        b'a' => 0x07,
        b'b' => 0x08,
        b'E' => 0x1b,
        b'f' => 0x0c,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 0x0b,
        b'c' if bytes.peek().is_some() => bytes.next()? & CONTROL,
        b'x' if bytes.peek().is_some_and(u8::is_ascii_hexdigit) => digits(bytes, 16, usize::MAX, 0),
        digit @ b'0'..=b'7' => digits(bytes, 8, 2, digit - b'0'),
        other => other,
    })
}

/// Up to `most` further digits, of which the last eight bits count.
fn digits(
    bytes: &mut std::iter::Peekable<std::str::Bytes<'_>>,
    radix: u32,
    most: usize,
    first: u8,
) -> u8 {
    let mut value = u32::from(first);
    for _ in 0..most {
        let Some(digit) = bytes.peek().and_then(|&byte| char::from(byte).to_digit(radix)) else {
            break;
        };
        bytes.next();
        value = (value * radix + digit) & 0xff;
    }
    u8::try_from(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_taken_apart_as_keepalived_does() {
        for (text, words) in [
            ("/bin/check", &["/bin/check"][..]),
            ("  /bin/check\t80 \n", &["/bin/check", "80"]),
            ("'a b' c", &["a b", "c"]),
            ("a' b'\"c d\"e", &["a bc de"]),
            ("a \"\" ''", &["a", "", ""]),
            ("\"it's\" 'say \"hi\"'", &["it's", "say \"hi\""]),
            (r"a\ b \\ \'", &["a b", r"\", "'"]),
            (r#""a\"b""#, &["a\"b"]),
            (r"\x41\x7e\x2141 \101\60 \e", &["A~A", "A0", "e"]),
            (r"\t\n\cA", &["\t\n\u{1}"]),
            (r"\x \xg", &["x", "xg"]),
            ("ä \"ö ü\"", &["ä", "ö ü"]),
            ("", &[]),
        ] {
            assert_eq!(
                split(text).as_deref(),
                Ok(&words.iter().map(|&it| it.to_owned()).collect::<Vec<_>>()[..]),
                "{text}"
            );
        }
        assert_eq!(split("a 'b"), Err(SplitError::OpenQuote('\'')));
        assert_eq!(split("a \"b"), Err(SplitError::OpenQuote('"')));
        assert_eq!(split("a\\"), Err(SplitError::OpenEscape));
        assert_eq!(split(r"\xff"), Err(SplitError::NotText));
    }
}
