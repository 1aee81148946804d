//! What stands on a line: statement, comment, braces.

/// The statement of a line, without what is around it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Code {
    /// Where the statement ends: before white space, a comment and a `\` at the end.
    pub(super) end: usize,
    /// Where a comment starts.
    pub(super) comment: Option<usize>,
    /// Whether the line ends in a `\`, in a comment too.
    pub(super) continues: bool,
}

impl Code {
    /// Where a comment starts that touches the statement.
    pub(super) fn cut(self) -> Option<usize> {
        self.comment.filter(|&comment| comment == self.end && comment > 0)
    }

    /// Whether the statement ends in a `\`.
    pub(super) fn breaks_off(self) -> bool {
        self.continues && self.comment.is_none()
    }
}

/// Looks for the end of the statement on a line without its line break.
pub(super) fn code(line: &str) -> Code {
    let mut quoted = false;
    let mut comment = None;
    let mut continues = false;
    let mut bytes = line.bytes().enumerate();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'"' if comment.is_none() => quoted = !quoted,
            // Whatever follows has no meaning of its own.
            b'\\' => continues = bytes.next().is_none(),
            b'#' | b'!' if !quoted && comment.is_none() => comment = Some(at),
            _ => {}
        }
    }
    let end = comment.unwrap_or(line.len() - usize::from(continues));
    let end = line.get(..end).unwrap_or_default().trim_end_matches(BLANKS).len();
    Code { end, comment, continues }
}

/// What separates words within a line.
pub(super) const BLANKS: [char; 2] = [' ', '\t'];

/// How many bytes of white space a line starts with.
pub(super) fn leading_blanks(line: &str) -> usize {
    line.len() - line.trim_start_matches(BLANKS).len()
}

/// The first brace of a statement outside double quotes. `${NAME}` is left to the lexer.
pub(super) fn first_brace(code: &str) -> Option<usize> {
    let mut quoted = false;
    let mut named = false;
    let mut previous = ' ';
    for (at, character) in code.char_indices() {
        match character {
            '"' => quoted = !quoted,
            '{' if !quoted && previous == '$' => named = true,
            '}' if named => named = false,
            '{' | '}' if !quoted => return Some(at),
            _ => {}
        }
        previous = character;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_end_before_comments() {
        for (line, statement, continues) in [
            ("a b", "a b", false),
            ("a b # c", "a b", false),
            ("a!b", "a", false),
            ("a \"b # c\" ! d", "a \"b # c\"", false),
            ("a\\#b", "a\\#b", false),
            ("a \\", "a", true),
            ("a\\", "a", true),
            ("a \\ ", "a \\", false),
            ("a\\\\", "a\\\\", false),
            ("a # b \\", "a", true),
            ("\\", "", true),
            ("# é", "", false),
            ("", "", false),
        ] {
            let code = code(line);
            assert_eq!((&line[..code.end], code.continues), (statement, continues), "{line}");
        }
    }

    #[test]
    fn braces_are_found_outside_quotes() {
        for (code, at) in [
            ("a { b", Some(2)),
            ("a } b", Some(2)),
            ("\"{\" {", Some(4)),
            ("${a} b", None),
            ("${a} }", Some(5)),
            ("\"{", None),
        ] {
            assert_eq!(first_brace(code), at, "{code}");
        }
    }
}
