//! Where on an interface the packet core runs, and why there.

use std::{borrow::Cow, fmt};

/// What the operator asks for with `--hook`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum HookRequest {
    /// Whatever fits the interface.
    #[default]
    Auto,
    /// XDP in the driver, or nothing.
    Native,
    /// XDP in the kernel's generic receive path, or nothing.
    Generic,
    /// No eBPF: raw sockets.
    Off,
}

/// The mode in which the program runs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Mode {
    /// XDP in the driver.
    Native,
    /// XDP in the kernel's generic receive path.
    Generic,
    /// No program; raw sockets.
    Off,
}

impl Mode {
    /// The word of `--hook` and of `vrrp status`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Generic => "generic",
            Self::Off => "off",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// The hook in use on an interface.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Hook {
    /// The mode.
    pub mode: Mode,
    /// Why this mode, for people.
    pub reason: Cow<'static, str>,
}

impl Hook {
    /// No program, and why.
    #[must_use]
    pub fn off(reason: impl Into<Cow<'static, str>>) -> Self {
        Self { mode: Mode::Off, reason: reason.into() }
    }
}

/// What the choice of a hook depends on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Interface {
    /// Interface index.
    pub ifindex: u32,
    /// Name, for the pin.
    pub name: String,
    /// `IFLA_INFO_KIND` of a virtual interface, such as `veth`.
    pub kind: Option<String>,
}

/// A mode to try, and the reason to give if it works.
pub(super) type Candidate = (Mode, &'static str);

/// The modes to try, best first.
pub(super) fn candidates(request: HookRequest, interface: &Interface) -> &'static [Candidate] {
    let is_veth = interface.kind.as_deref() == Some("veth");
    match request {
        HookRequest::Native if is_veth => &[(
            Mode::Native,
            "asked for; on veth replies are lost unless the peer runs a native program too",
        )],
        HookRequest::Native => &[(Mode::Native, "asked for")],
        HookRequest::Generic => &[(Mode::Generic, "asked for")],
        HookRequest::Off => &[],
        HookRequest::Auto if is_veth => &[(
            Mode::Generic,
            "veth: native mode costs ordinary traffic most of its throughput, and loses replies \
             unless the peer runs a native program too",
        )],
        HookRequest::Auto => &[
            (Mode::Native, "the driver supports it"),
            (Mode::Generic, "the driver refuses native mode"),
        ],
    }
}
