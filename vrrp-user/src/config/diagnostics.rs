//! What is wrong with a configuration, where, and what to write instead.

use std::fmt;

use super::Span;

/// How bad it is.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Severity {
    /// The file says something that is not done, or not in the way it says.
    Error,
    /// The file does what it says, but perhaps not what was meant.
    Warning,
    /// Nothing is wrong, and still it surprises many.
    Note,
}

impl Severity {
    /// `error`, `warning` or `note`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

macro_rules! codes {
    ($($(#[$doc:meta])+ $name:ident = $text:literal,)+) => {
        /// The stable name of a kind of diagnostic, for scripts and for the documentation.
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub enum Code { $($(#[$doc])+ $name,)+ }

        impl Code {
            /// Every code there is.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The code in kebab case.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }

            /// The code of that name.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|code| code.as_str() == name)
            }
        }
    };
}

codes! {
    /// An address of another family than its instance.
    AddressFamily = "address-family",
    /// `auth_type AH`, or an unknown type, or half of an authentication.
    Authentication = "authentication",
    /// Authentication that the version, strict mode or `auth_hmac` turns off.
    AuthenticationOff = "authentication-off",
    /// A word that should be an address and is not.
    BadAddress = "bad-address",
    /// An option of an address with a wrong value.
    BadAddressOption = "bad-address-option",
    /// A name that no interface can have.
    BadInterface = "bad-interface",
    /// A number that is none, or out of its range.
    BadNumber = "bad-number",
    /// A word that is none of those the keyword takes.
    BadValue = "bad-value",
    /// A password that everybody on the link can read.
    ClearTextPassword = "clear-text-password",
    /// `@id` with nothing after it.
    Condition = "condition",
    /// A line that ends in a backslash, and is no definition.
    Continuation = "continuation",
    /// A typographic quote where a straight one was meant.
    CurlyQuote = "curly-quote",
    /// `${NAME}` without a definition, or a definition that a comment cuts.
    Definition = "definition",
    /// An address twice in one instance.
    DuplicateAddress = "duplicate-address",
    /// Two instances with one name.
    DuplicateInstance = "duplicate-instance",
    /// Two instances with one VRID on one interface.
    DuplicateVrid = "duplicate-vrid",
    /// Definitions, lists and files that make too much text, or have no end.
    Expansion = "expansion",
    /// More words than the keyword takes.
    ExtraWords = "extra-words",
    /// Gratuitous ARP that keepalived would not repeat.
    GarpRefresh = "garp-refresh",
    /// An `auth_hmac` that lacks a part, or has one twice.
    Hmac = "hmac",
    /// A key of `auth_hmac` that is none, or whose file cannot be read.
    HmacKey = "hmac-key",
    /// An address that is added without its subnet.
    HostPrefix = "host-prefix",
    /// An included file that is not there, cannot be read, or includes itself.
    Include = "include",
    /// An advertisement interval that was rounded.
    IntervalRounded = "interval-rounded",
    /// `version 2` with IPv6.
    Ipv6Version = "ipv6-version",
    /// A key file that others than its owner may read.
    KeyFile = "key-file",
    /// A delay of a link that is as long as a backup waits.
    LinkDelay = "link-delay",
    /// An IPv6 address that should be link-local.
    LinkLocal = "link-local",
    /// A block of keepalived's load balancer.
    LoadBalancer = "load-balancer",
    /// A pause between announcements of a second or more.
    LongPause = "long-pause",
    /// A `garp_lower_prio_…` that follows its `garp_master_…`.
    LowerPrioGarp = "lower-prio-garp",
    /// A keyword of keepalived in a block where keepalived does not know it either.
    MisplacedKeyword = "misplaced-keyword",
    /// A keyword without its argument.
    MissingArgument = "missing-argument",
    /// A block without `}`.
    MissingCloseBrace = "missing-close-brace",
    /// An instance without a keyword it cannot do without.
    MissingKeyword = "missing-keyword",
    /// A block without `{`.
    MissingOpenBrace = "missing-open-brace",
    /// Blocks within blocks within blocks.
    NestedTooDeep = "nested-too-deep",
    /// An instance without a virtual address.
    NoAddress = "no-address",
    /// A keyword that does nothing beside another.
    NoEffect = "no-effect",
    /// A file without an instance.
    NoInstance = "no-instance",
    /// A keyword of unicast without `unicast_peer`.
    NoPeer = "no-peer",
    /// Which nodes `nopreempt` belongs on.
    NopreemptPlace = "nopreempt-place",
    /// Bytes that are not UTF-8.
    NotUtf8 = "not-utf8",
    /// Something that keepalived reads too late to heed it.
    Order = "order",
    /// `state MASTER` without `priority` means 255.
    OwnerByDefault = "owner-by-default",
    /// A password of which only the first 8 bytes count.
    PasswordTruncated = "password-truncated",
    /// A password or key that ends before a `#`, `!`, quote or brace.
    PasswordCut = "password-cut",
    /// `nopreempt`, `preempt_delay` or `timer_expired_backup` without effect.
    Preemption = "preemption",
    /// An interval at which a reload of keepalived is dangerous.
    ReloadFlap = "reload-flap",
    /// A keyword twice in one block.
    RepeatedKeyword = "repeated-keyword",
    /// A route or rule that cannot be one, or is not quite what its line says.
    Routing = "routing",
    /// A program that is not run, or not as it is written.
    Script = "script",
    /// A script that runs as whoever is found.
    ScriptUser = "script-user",
    /// `~SEQ` or `~LST` that is none.
    Sequence = "sequence",
    /// One address in two instances on one interface.
    SharedAddress = "shared-address",
    /// `state MASTER`, which makes no master.
    StateMaster = "state-master",
    /// A brace where none belongs.
    StrayBrace = "stray-brace",
    /// What strict mode forbids or takes back.
    StrictMode = "strict-mode",
    /// A sync group that cannot be one, or a member that cannot be in it.
    SyncGroup = "sync-group",
    /// An instance without `priority`.
    Tie = "tie",
    /// More addresses than an advert can hold.
    TooManyAddresses = "too-many-addresses",
    /// More virtual routers, addresses or peers than one daemon holds.
    TooMany = "too-many",
    /// More words than any configuration has.
    TooManyWords = "too-many-words",
    /// A tracker that ends taking part, instead of lowering the priority.
    TrackerFault = "tracker-fault",
    /// Something that cannot be tracked, or a weight that does not count.
    Tracking = "tracking",
    /// A block after a keyword that takes none.
    UnexpectedBlock = "unexpected-block",
    /// A line of `unicast_peer` that names nobody new, or has wrong bounds.
    UnicastPeer = "unicast-peer",
    /// A keyword that keepalived does not know either.
    UnknownKeyword = "unknown-keyword",
    /// A keyword of keepalived that is ignored here.
    UnsupportedKeyword = "unsupported-keyword",
    /// A keyword of keepalived that cannot be ignored without splitting the cluster.
    UnsupportedWire = "unsupported-wire",
    /// A double quote without its partner.
    UnterminatedString = "unterminated-string",
    /// A part of `use_vmac` that means something else here.
    VirtualMac = "virtual-mac",
}

impl fmt::Display for Code {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// Whether the configuration cannot be used because of it; then it is an error too.
    pub fatal: bool,
    /// What kind it is.
    pub code: Code,
    /// What is wrong, in one sentence.
    pub message: String,
    /// Where.
    pub span: Span,
    /// What to say at the caret.
    pub label: Option<String>,
    /// What to write instead.
    pub help: Option<String>,
    /// What happens as it is, or why.
    pub note: Option<String>,
}

impl Diagnostic {
    /// An error after which the rest can still be used.
    pub(crate) fn error(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            fatal: false,
            code,
            message: message.into(),
            span,
            label: None,
            help: None,
            note: None,
        }
    }

    /// An error that makes the whole configuration unusable.
    pub(crate) fn fatal(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self { fatal: true, ..Self::error(code, span, message) }
    }

    /// A warning.
    pub(crate) fn warning(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, span, message) }
    }

    /// Something that is right, and surprises.
    pub(crate) fn surprise(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self { severity: Severity::Note, ..Self::error(code, span, message) }
    }

    pub(crate) fn label(mut self, text: impl Into<String>) -> Self {
        self.label = Some(text.into());
        self
    }

    pub(crate) fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    pub(crate) fn note(mut self, text: impl Into<String>) -> Self {
        self.note = Some(text.into());
        self
    }
}

/// How many diagnostics of either severity are kept: a file of garbage must not fill the journal,
/// and warnings must not push errors out.
const KEPT: usize = 100;

/// Where diagnostics are gathered.
#[derive(Debug, Default)]
pub(crate) struct Sink {
    errors: Vec<Diagnostic>,
    warnings: Vec<Diagnostic>,
    suppressed: usize,
    fatal: bool,
}

impl Sink {
    pub(crate) fn push(&mut self, diagnostic: Diagnostic) {
        self.fatal |= diagnostic.fatal;
        let kept = match diagnostic.severity {
            Severity::Error => &mut self.errors,
            Severity::Warning | Severity::Note => &mut self.warnings,
        };
        if kept.len() < KEPT {
            kept.push(diagnostic);
        } else {
            self.suppressed += 1;
        }
    }

    /// Takes back what was said about a stretch of the text that is not for us.
    pub(crate) fn take_back(&mut self, span: Span) {
        let stays = |one: &Diagnostic| one.span.start < span.start || one.span.end > span.end;
        self.errors.retain(stays);
        self.warnings.retain(stays);
        // Where some are only counted, one of those may have been fatal.
        if self.suppressed == 0 {
            self.fatal = self.errors.iter().any(|one| one.fatal);
        }
    }

    /// Whether another error would only be counted, so that finding words for it is wasted.
    pub(crate) fn is_full(&self) -> bool {
        self.errors.len() >= KEPT
    }

    pub(crate) fn is_fatal(&self) -> bool {
        self.fatal
    }

    /// The diagnostics in the order of the file, and how many more there were.
    pub(crate) fn finish(self) -> (Vec<Diagnostic>, usize) {
        let mut all = self.errors;
        all.extend(self.warnings);
        all.sort_by_key(|diagnostic| (diagnostic.span.start, diagnostic.span.end));
        (all, self.suppressed)
    }
}

/// A word of the file in backquotes, for a message: shortened, and with control characters
/// escaped, since it ends up on terminals.
pub(crate) fn quoted(word: &str) -> String {
    const LONGEST: usize = 60;
    let mut text: String = word.chars().take(LONGEST).flat_map(char::escape_debug).collect();
    if word.chars().nth(LONGEST).is_some() {
        text.push('…');
    }
    format!("`{text}`")
}
