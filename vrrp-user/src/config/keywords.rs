//! Every keyword of keepalived by name, and what becomes of those that are not done here.

mod global;
mod instance;
mod root;
mod routing;
mod script;
mod sync_group;
mod tracking;

use super::suggest;

/// The block that a keyword stands in.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Context {
    /// Outside any block.
    Root,
    /// `global_defs`.
    Global,
    /// `vrrp_instance`.
    Instance,
    /// `vrrp_sync_group`.
    SyncGroup,
    /// `garp_group`.
    GarpGroup,
    /// `authentication`.
    Authentication,
    /// `auth_hmac`.
    Hmac,
    /// The options after an address in `virtual_ipaddress`.
    Address,
    /// The options after an address in `unicast_peer`.
    Peer,
    /// The words after `use_vmac`.
    VirtualMac,
    /// `vrrp_script`.
    Script,
    /// The words after a name in `track_interface` and its like.
    Track,
    /// `track_file`.
    TrackFile,
    /// `vrrp_track_process`.
    TrackProcess,
    /// `bfd_instance`.
    Bfd,
    /// A line of `static_routes` or `virtual_routes`.
    Route,
    /// What follows `nexthop` there.
    NextHop,
    /// A line of `static_rules` or `virtual_rules`.
    Rule,
    /// `track_group`.
    TrackGroup,
}

impl Context {
    const ALL: [Self; 19] = [
        Self::Root,
        Self::Global,
        Self::Instance,
        Self::SyncGroup,
        Self::GarpGroup,
        Self::Authentication,
        Self::Hmac,
        Self::Address,
        Self::Peer,
        Self::VirtualMac,
        Self::Script,
        Self::Track,
        Self::TrackFile,
        Self::TrackProcess,
        Self::Bfd,
        Self::Route,
        Self::NextHop,
        Self::Rule,
        Self::TrackGroup,
    ];

    /// Where that is, for a message.
    pub(crate) const fn place(self) -> &'static str {
        match self {
            Self::Root => "outside any block",
            Self::Global => "inside `global_defs { … }`",
            Self::Instance => "inside `vrrp_instance NAME { … }`",
            Self::SyncGroup => "inside `vrrp_sync_group NAME { … }`",
            Self::GarpGroup => "inside `garp_group { … }`",
            Self::Authentication => "inside `authentication { … }`",
            Self::Hmac => "inside `auth_hmac { … }`",
            Self::Address => "after an address in `virtual_ipaddress { … }`",
            Self::Peer => "after an address in `unicast_peer { … }`",
            Self::VirtualMac => "after `use_vmac`",
            Self::Script => "inside `vrrp_script NAME { … }`",
            Self::Track => "after a name in `track_interface { … }` and its like",
            Self::TrackFile => "inside `track_file NAME { … }`",
            Self::TrackProcess => "inside `vrrp_track_process NAME { … }`",
            Self::Bfd => "inside `bfd_instance NAME { … }`",
            Self::Route => "of a route",
            Self::NextHop => "after `nexthop`",
            Self::Rule => "of a rule",
            Self::TrackGroup => "inside `track_group NAME { … }`",
        }
    }

    /// Every keyword of every block.
    #[cfg(test)]
    pub(crate) fn all_names() -> impl Iterator<Item = &'static str> {
        Self::ALL.into_iter().flat_map(Self::keywords).map(|keyword| keyword.name)
    }

    /// The keywords that keepalived knows there.
    const fn keywords(self) -> &'static [Keyword] {
        match self {
            Self::Root => root::KEYWORDS,
            Self::Global => global::KEYWORDS,
            Self::Instance => instance::KEYWORDS,
            Self::SyncGroup => sync_group::KEYWORDS,
            Self::GarpGroup => root::GARP_GROUP,
            Self::Authentication => instance::AUTHENTICATION,
            Self::Hmac => instance::HMAC,
            Self::Address => instance::ADDRESS,
            Self::Peer => instance::PEER,
            Self::VirtualMac => instance::VIRTUAL_MAC,
            Self::Script => script::KEYWORDS,
            Self::Track => tracking::TRACK,
            Self::TrackFile => tracking::FILE,
            Self::TrackProcess => tracking::PROCESS,
            Self::Bfd => tracking::BFD,
            Self::Route => routing::ROUTE,
            Self::NextHop => routing::NEXT_HOP,
            Self::Rule => routing::RULE,
            Self::TrackGroup => routing::TRACK_GROUP,
        }
    }
}

/// What becomes of a keyword of keepalived.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Standing {
    /// It does what it does in keepalived, or is what happens anyway.
    Supported,
    /// It is skipped with a warning that says what is missed.
    Ignored(&'static str),
    /// It is an error: without it this node would disagree with its peers, or run elsewhere.
    Refused(&'static str),
    /// It belongs to another program: its whole block is passed over unread, with one warning.
    Skipped(&'static str),
}

/// A keyword of keepalived.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Keyword {
    pub(crate) name: &'static str,
    pub(crate) standing: Standing,
}

const fn supported(name: &'static str) -> Keyword {
    Keyword { name, standing: Standing::Supported }
}

const fn ignored(name: &'static str, missed: &'static str) -> Keyword {
    Keyword { name, standing: Standing::Ignored(missed) }
}

const fn refused(name: &'static str, why: &'static str) -> Keyword {
    Keyword { name, standing: Standing::Refused(why) }
}

const fn skipped(name: &'static str, whose: &'static str) -> Keyword {
    Keyword { name, standing: Standing::Skipped(whose) }
}

/// What keepalived makes of `word` there; `None` if it does not know it.
pub(crate) fn lookup(context: Context, word: &str) -> Option<Standing> {
    context.keywords().iter().find(|keyword| keyword.name == word).map(|keyword| keyword.standing)
}

/// The other places where keepalived knows `word`.
pub(crate) fn elsewhere(context: Context, word: &str) -> Option<Context> {
    Context::ALL.into_iter().find(|&other| other != context && lookup(other, word).is_some())
}

/// The keyword that was probably meant.
pub(crate) fn nearest(context: Context, word: &str) -> Option<&'static str> {
    suggest::nearest(word, context.keywords().iter().map(|keyword| keyword.name))
}

/// Whether a keyword opens a section that stands in no other block, so that finding it in one means
/// a missing `}`.
pub(crate) fn starts_a_section(word: &str) -> bool {
    matches!(
        word,
        "global_defs" | "vrrp_instance" | "vrrp_script" | "vrrp_sync_group" | "virtual_server"
    )
}

/// Whether what stands in the block of a keyword of the outermost level is passed over unread.
pub(crate) fn is_passed_over(word: &str) -> bool {
    matches!(lookup(Context::Root, word), Some(Standing::Skipped(_)))
}

/// Whether a keyword that is done here, or whose block is passed over, is nothing without a block.
pub(crate) fn needs_block(context: Context, word: &str) -> bool {
    match context {
        Context::Root => {
            matches!(
                word,
                "global_defs"
                    | "vrrp_instance"
                    | "vrrp_sync_group"
                    | "vrrp_script"
                    | "garp_group"
                    | "interface_up_down_delays"
                    | "track_file"
                    | "vrrp_track_file"
                    | "vrrp_track_process"
                    | "track_process"
                    | "bfd_instance"
                    | "static_ipaddress"
                    | "static_routes"
                    | "static_rules"
                    | "track_group"
            ) || is_passed_over(word)
        }
        Context::Instance => {
            matches!(
                word,
                "authentication"
                    | "auth_hmac"
                    | "virtual_ipaddress"
                    | "virtual_ipaddress_excluded"
                    | "unicast_peer"
                    | "track_interface"
                    | "track_script"
                    | "track_file"
                    | "track_process"
                    | "track_bfd"
                    | "virtual_routes"
                    | "virtual_rules"
            )
        }
        Context::SyncGroup | Context::TrackGroup => word == "group",
        Context::GarpGroup => word == "interfaces",
        Context::Global
        | Context::Authentication
        | Context::Hmac
        | Context::Address
        | Context::Peer
        | Context::VirtualMac
        | Context::Script
        | Context::Track
        | Context::TrackFile
        | Context::TrackProcess
        | Context::Bfd
        | Context::Route
        | Context::NextHop
        | Context::Rule => false,
    }
}

/// Whether a word says no to keepalived. A switch that is off is as good as absent.
pub(crate) fn is_no(word: &str) -> bool {
    matches!(word, "off" | "false" | "no")
}

/// Whether a word says yes to keepalived.
pub(crate) fn is_yes(word: &str) -> bool {
    matches!(word, "on" | "true" | "yes")
}

#[cfg(test)]
mod tests;
