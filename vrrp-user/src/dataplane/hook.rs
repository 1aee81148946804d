//! Where on an interface the packet core runs, and why there.

use std::{borrow::Cow, fmt};

use super::attach::AttachError;

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
    /// tc ingress, or nothing.
    Tc,
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
    /// tc ingress: tcx, before Linux 6.6 a filter of the clsact qdisc.
    Tc,
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
            Self::Tc => "tc",
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

impl Interface {
    fn is_veth(&self) -> bool {
        self.kind.as_deref() == Some("veth")
    }
}

/// The modes to try, best first. Generic XDP is not among them unless asked for: it copies frames and
/// switches GRO off for the whole interface.
pub(super) fn candidates(request: HookRequest, interface: &Interface) -> &'static [Mode] {
    match request {
        HookRequest::Native => &[Mode::Native],
        HookRequest::Generic => &[Mode::Generic],
        HookRequest::Tc => &[Mode::Tc],
        HookRequest::Off => &[],
        HookRequest::Auto if interface.is_veth() => &[Mode::Tc],
        HookRequest::Auto => &[Mode::Native, Mode::Tc],
    }
}

/// Why a mode is in use, after what had been tried before it.
pub(super) fn reason(
    request: HookRequest,
    interface: &Interface,
    mode: Mode,
    before: &AttachError,
) -> Cow<'static, str> {
    match (request, mode, before) {
        (HookRequest::Native, ..) if interface.is_veth() => {
            "asked for; on veth replies are lost unless the peer runs a native program too".into()
        }
        (HookRequest::Auto, Mode::Native, _) => "the driver supports it".into(),
        (HookRequest::Auto, _, AttachError::Off) => {
            "veth: native XDP costs ordinary traffic most of its throughput, and loses replies \
             unless the peer runs a native program too"
                .into()
        }
        (HookRequest::Auto, _, AttachError::Busy { .. }) => {
            "another XDP program is attached".into()
        }
        (HookRequest::Auto, _, AttachError::Refused { source, .. })
            if source.raw_os_error() == Some(libc::EOPNOTSUPP) =>
        {
            "the driver has no native XDP".into()
        }
        (HookRequest::Auto, _, AttachError::Refused { source, .. }) => {
            format!("the driver refuses native XDP: {source}").into()
        }
        (HookRequest::Auto, _, AttachError::Program(error)) => format!("no XDP: {error}").into(),
        _ => "asked for".into(),
    }
}
