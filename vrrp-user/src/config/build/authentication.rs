//! `authentication`.

use std::collections::HashMap;

use super::Builder;
use crate::config::{
    Code, Diagnostic, Span, diagnostics::quoted, keywords::Context, lexer::Word, model::Password,
    parser::Statement,
};

/// The field's length (RFC 2338 §5.3.10).
const PASSWORD_BYTES: usize = 8;

/// What the block says.
#[derive(Debug, Default)]
pub(super) struct AuthenticationDraft {
    /// The keyword `authentication`.
    pub(super) span: Span,
    /// Whether `auth_type PASS` is there.
    pass: bool,
    /// Whether what is wrong with the type has been said.
    type_reported: bool,
    password: Option<Password>,
}

impl Builder<'_> {
    pub(super) fn authentication(
        &mut self,
        block: &[Statement<'_>],
        draft: &mut AuthenticationDraft,
    ) {
        let mut seen = HashMap::new();
        for statement in block {
            self.once(Context::Authentication, &mut seen, statement);
            match &*statement.keyword.text {
                "auth_type" => self.auth_type(statement, draft),
                "auth_pass" => {
                    if let Some(word) = self.one_word(statement, "a password") {
                        draft.password = self.password(word);
                    }
                }
                _ => self.not_done(Context::Authentication, statement),
            }
        }
    }

    fn auth_type(&mut self, statement: &Statement<'_>, draft: &mut AuthenticationDraft) {
        let Some(word) = self.one_word(statement, "`PASS`") else {
            return;
        };
        draft.pass = &*word.text == "PASS";
        draft.type_reported = !draft.pass;
        match &*word.text {
            "PASS" => {}
            "AH" => self.sink.push(
                Diagnostic::fatal(
                    Code::Authentication,
                    word.span,
                    "`auth_type AH` is not supported, and cannot be ignored",
                )
                .help(
                    "on all nodes at once, write `auth_type PASS`, or `auth_hmac { … }` if they \
                     are keepalived 2.4 or vrrp",
                )
                .note(
                    "VRRP gave AH up with RFC 3768: keepalived alone speaks it, it rests on MD5, \
                     and it breaks where a device changes the IP header; peers that use it \
                     discard adverts without it",
                ),
            ),
            other => self.sink.push(
                Diagnostic::error(
                    Code::Authentication,
                    word.span,
                    format!("{} is no type of authentication", quoted(other)),
                )
                .label("this turns authentication off")
                .help("write `auth_type PASS`, in upper case, on all nodes at once")
                .note("adverts are sent and expected without a password, as keepalived does"),
            ),
        }
    }

    fn password(&mut self, word: &Word<'_>) -> Option<Password> {
        if word.doubtful {
            self.sink.push(
                Diagnostic::warning(
                    Code::PasswordCut,
                    word.span,
                    "this password holds or touches a `#`, `!`, `\"` or brace",
                )
                .label(format!("{} bytes are the password", word.text.len().min(PASSWORD_BYTES)))
                .help("put the password in double quotes, on all nodes")
                .note(
                    "outside double quotes those characters end it, and keepalived 2.2 takes no \
                     escapes",
                ),
            );
        }
        let bytes = word.text.as_bytes();
        if bytes.len() > PASSWORD_BYTES {
            self.sink.push(
                Diagnostic::warning(
                    Code::PasswordTruncated,
                    word.span,
                    format!("this password has {} bytes, and 8 are used", bytes.len()),
                )
                .label("only the first 8 bytes go on the wire")
                .help("shorten it to 8 bytes: peers accept either"),
            );
        }
        let mut field = [0; PASSWORD_BYTES];
        for (place, byte) in field.iter_mut().zip(bytes) {
            *place = *byte;
        }
        (!bytes.is_empty()).then_some(Password(field))
    }

    /// Both halves or nothing, as keepalived does.
    pub(super) fn settle_authentication(
        &mut self,
        draft: &AuthenticationDraft,
    ) -> Option<Password> {
        let missing = match (draft.pass, draft.password) {
            (true, Some(password)) => return Some(password),
            (true, None) => "a password",
            (false, Some(_)) if !draft.type_reported => "`auth_type PASS`",
            (false, _) if draft.type_reported => return None,
            (false, _) => "`auth_type PASS` and a password",
        };
        self.sink.push(
            Diagnostic::error(
                Code::Authentication,
                draft.span,
                format!("this authentication lacks {missing}"),
            )
            .label("this turns authentication off")
            .help("write `auth_type PASS` and `auth_pass SECRET`, on lines of their own")
            .note("adverts are sent and expected without a password, as keepalived does"),
        );
        None
    }
}
