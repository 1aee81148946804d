//! The entry points of the object. Each is loaded when it is needed first.

use aya::{
    Ebpf,
    programs::{ProgramError, SchedClassifier, Xdp},
};

use super::tc::Direction;

/// The entry point for XDP.
const XDP: &str = "vrrp_xdp";

/// Why a program is not in the kernel.
#[derive(Debug, thiserror::Error)]
pub enum ProgramLoadError {
    /// The object has no entry point of that name.
    #[error("the eBPF object has no program `{0}`")]
    Missing(&'static str),
    /// The verifier or the kernel's permissions said no.
    #[error("the kernel refuses the eBPF program: {0}")]
    Refused(#[from] ProgramError),
}

/// The program for XDP.
pub(super) fn xdp(ebpf: &mut Ebpf) -> Result<&mut Xdp, ProgramLoadError> {
    let program = ebpf.program_mut(XDP).ok_or(ProgramLoadError::Missing(XDP))?;
    let program: &mut Xdp = program.try_into()?;
    if program.fd().is_err() {
        program.load()?;
    }
    Ok(program)
}

/// The program for tc.
pub(super) fn tc(
    ebpf: &mut Ebpf,
    direction: Direction,
) -> Result<&mut SchedClassifier, ProgramLoadError> {
    let name = direction.program();
    let program = ebpf.program_mut(name).ok_or(ProgramLoadError::Missing(name))?;
    let program: &mut SchedClassifier = program.try_into()?;
    if program.fd().is_err() {
        program.load()?;
    }
    Ok(program)
}
