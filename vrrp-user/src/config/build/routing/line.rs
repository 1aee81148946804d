//! The words of a line, and why it is refused.

use std::net::IpAddr;

use super::{
    super::instance::is_interface_name,
    names::{Naming, number},
};
use crate::{
    config::{
        Code, Diagnostic, Span,
        diagnostics::quoted,
        keywords::{self, Context, Standing},
        lexer::Word,
        model::{Prefix, Realms},
        parser::Statement,
    },
    protocol::Family,
};

/// Goes through the words of a line.
pub(super) struct Line<'t, 's> {
    statement: &'t Statement<'s>,
    next: usize,
}

/// Why a line is refused.
#[derive(Debug)]
pub(super) struct Refusal {
    code: Code,
    span: Span,
    what: String,
    help: String,
    note: &'static str,
}

impl Refusal {
    pub(super) fn new(span: Span, what: impl Into<String>, help: impl Into<String>) -> Self {
        let (what, help) = (what.into(), help.into());
        let note = "the whole line is left out: half of it would lead elsewhere";
        Self { code: Code::Routing, span, what, help, note }
    }

    /// For a word that `keyword` cannot have after it.
    pub(super) fn value(word: &Word<'_>, keyword: &Word<'_>, takes: &str) -> Self {
        let what = format!("{} takes {takes}, not {}", quoted(&keyword.text), quoted(&word.text));
        Self::new(word.span, what, format!("write {takes}"))
    }

    /// For a word that nothing is made of.
    pub(super) fn unknown(word: &Word<'_>, context: Context) -> Self {
        if let Some(Standing::Ignored(why) | Standing::Refused(why)) =
            keywords::lookup(context, &word.text)
        {
            let what = format!("{} is not supported", quoted(&word.text));
            let help = "remove it, or configure this outside of vrrp";
            let refusal = Self::new(word.span, what, help);
            return Self { code: Code::UnsupportedKeyword, note: why, ..refusal };
        }
        let what = format!("{} is no keyword {}", quoted(&word.text), context.place());
        let help = match keywords::nearest(context, &word.text) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "see docs/configuration.md for what is known there".to_owned(),
        };
        Self { code: Code::UnknownKeyword, ..Self::new(word.span, what, help) }
    }

    pub(super) fn into_diagnostic(self) -> Diagnostic {
        Diagnostic::error(self.code, self.span, self.what).help(self.help).note(self.note)
    }
}

impl<'t, 's> Line<'t, 's> {
    pub(super) fn new(statement: &'t Statement<'s>) -> Self {
        Self { statement, next: 0 }
    }

    /// The whole line.
    pub(super) fn span(&self) -> Span {
        self.statement.span()
    }

    /// The next word.
    pub(super) fn next(&mut self) -> Option<&'t Word<'s>> {
        let word = self.peek()?;
        self.next += 1;
        Some(word)
    }

    /// The word after this one.
    pub(super) fn peek(&self) -> Option<&'t Word<'s>> {
        match self.next.checked_sub(1) {
            None => Some(&self.statement.keyword),
            Some(index) => self.statement.words.get(index),
        }
    }

    /// Passes over the next word if it is this one.
    pub(super) fn skip(&mut self, text: &str) -> bool {
        let is_there = self.peek().is_some_and(|word| word.text == text);
        self.next += usize::from(is_there);
        is_there
    }

    /// The word that has to stand after `keyword`.
    pub(super) fn value(&mut self, keyword: &Word<'_>) -> Result<&'t Word<'s>, Refusal> {
        self.next().ok_or_else(|| {
            let what = format!("{} needs a value", quoted(&keyword.text));
            Refusal::new(keyword.span, what, "write the value after it")
        })
    }

    /// A whole number, decimal or with `0x` before it, up to `most`.
    pub(super) fn number(&mut self, keyword: &Word<'_>, most: u64) -> Result<u64, Refusal> {
        let word = self.value(keyword)?;
        let number = number(&word.text).filter(|number| *number <= most);
        number.ok_or_else(|| Refusal::value(word, keyword, &format!("a number from 0 to {most}")))
    }

    /// The same, up to what 32 bits hold.
    pub(super) fn number32(&mut self, keyword: &Word<'_>) -> Result<u32, Refusal> {
        self.number(keyword, u32::MAX.into()).map(|number| number.try_into().unwrap_or(u32::MAX))
    }

    /// The same, up to what 8 bits hold.
    pub(super) fn number8(&mut self, keyword: &Word<'_>) -> Result<u8, Refusal> {
        self.number(keyword, u8::MAX.into()).map(|number| number.try_into().unwrap_or(u8::MAX))
    }

    /// A number or its name.
    pub(super) fn named(&mut self, keyword: &Word<'_>, naming: Naming) -> Result<u32, Refusal> {
        let word = self.value(keyword)?;
        naming.number(&word.text).ok_or_else(|| Refusal::value(word, keyword, naming.takes()))
    }

    /// The same, where there are 256.
    pub(super) fn named8(&mut self, keyword: &Word<'_>, naming: Naming) -> Result<u8, Refusal> {
        self.named(keyword, naming).map(|number| number.try_into().unwrap_or(u8::MAX))
    }

    /// `FROM/TO` or `TO`.
    pub(super) fn realms(&mut self, keyword: &Word<'_>) -> Result<Realms, Refusal> {
        let word = self.value(keyword)?;
        let (from, to) = word.text.split_once('/').unwrap_or(("0", &word.text));
        let realm = |text| Naming::Realms.number(text).and_then(|number| number.try_into().ok());
        match (realm(from), realm(to)) {
            (Some(from), Some(to)) => Ok(Realms { from, to }),
            _ => Err(Refusal::value(word, keyword, Naming::Realms.takes())),
        }
    }

    /// The name of an interface.
    pub(super) fn device(&mut self, keyword: &Word<'_>) -> Result<String, Refusal> {
        let word = self.value(keyword)?;
        let valid = is_interface_name(&word.text);
        if valid {
            Ok(word.text.clone().into_owned())
        } else {
            Err(Refusal::value(word, keyword, "the name of an interface"))
        }
    }
}

/// What a word says of addresses.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Network {
    /// All, of whatever family.
    Every,
    /// These.
    Of(Prefix),
}

impl Network {
    /// In a family.
    pub(super) fn settle(self, family: Family) -> Prefix {
        match self {
            Self::Every => Prefix::all(family),
            Self::Of(prefix) => prefix,
        }
    }
}

/// The family of a route or rule, which its words must agree in.
#[derive(Debug, Default)]
pub(super) struct CommonFamily(Option<Family>);

impl CommonFamily {
    /// A word is of that family.
    pub(super) fn is(&mut self, family: Family, word: &Word<'_>) -> Result<(), Refusal> {
        let common = *self.0.get_or_insert(family);
        if common == family {
            return Ok(());
        }
        let what = format!("{} is {family}, what stands before it is {common}", quoted(&word.text));
        Err(Refusal::new(word.span, what, "write a line for each family"))
    }

    /// What it has come to.
    pub(super) fn settle(&self) -> Family {
        self.0.unwrap_or(Family::Ipv4)
    }

    /// An address without a length.
    pub(super) fn address(
        &mut self,
        word: &Word<'_>,
        keyword: &Word<'_>,
    ) -> Result<IpAddr, Refusal> {
        let address: IpAddr = word
            .text
            .parse()
            .map_err(|_| Refusal::value(word, keyword, "an address without a length"))?;
        self.is(Family::of(address), word)?;
        Ok(address)
    }

    /// `ADDRESS[/LENGTH]`, `default`, `any` or `all`.
    pub(super) fn prefix(&mut self, word: &Word<'_>) -> Result<Network, Refusal> {
        match &*word.text {
            "default" | "any" | "all" => return Ok(Network::Every),
            "default6" => {
                self.is(Family::Ipv6, word)?;
                return Ok(Network::Every);
            }
            _ => {}
        }
        let (text, length) = match word.text.split_once('/') {
            Some((text, length)) => (text, Some(length)),
            None => (&*word.text, None),
        };
        let refusal = || {
            let what = format!("{} is no network", quoted(&word.text));
            Refusal::new(word.span, what, "write such as `10.1.0.0/16`, `fd00:1::/64` or `default`")
        };
        let address: IpAddr = text.parse().map_err(|_| refusal())?;
        let family = Family::of(address);
        let length = match length {
            None => family.bits(),
            Some(length) => {
                length.parse().ok().filter(|it| *it <= family.bits()).ok_or_else(refusal)?
            }
        };
        self.is(family, word)?;
        Ok(Network::Of(Prefix { address, length }))
    }
}
