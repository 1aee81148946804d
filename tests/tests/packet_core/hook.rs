//! The entry points of the object, as `BPF_PROG_TEST_RUN` runs them.

use aya::{
    Ebpf,
    programs::{
        ProgramError, SchedClassifier, TcAttachType, TestRun as _, TestRunOptions, TestRunResult,
        Xdp, XdpMode,
        tc::{self, NlOptions, TcAttachOptions},
    },
};
use vrrp_ebpf::Verdict;

/// Frames that a test shows a program are no longer than this.
const ROOM: usize = 2048;

/// Where a program sees frames.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Hook {
    Xdp,
    Tc,
    Egress,
}

impl Hook {
    /// Those that see what comes in.
    pub(crate) const ALL: [Self; 2] = [Self::Xdp, Self::Tc];

    /// For messages.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Xdp => "in the kernel, XDP",
            Self::Tc => "in the kernel, tc",
            Self::Egress => "in the kernel, tc egress",
        }
    }

    const fn program(self) -> &'static str {
        match self {
            Self::Xdp => "vrrp_xdp",
            Self::Tc => "vrrp_ingress",
            Self::Egress => "vrrp_egress",
        }
    }

    /// Whether such a frame can come to it: the kernel makes no socket buffer for a test of an
    /// Ethernet header alone, or of part of an IP header.
    pub(crate) fn takes(self, frame: &[u8]) -> bool {
        let whole = match frame.get(12..14) {
            Some([0x08, 0x00]) => 14 + 20,
            Some([0x86, 0xdd]) => 14 + 40,
            _ => 14 + 1,
        };
        self == Self::Xdp || frame.len() >= whole
    }

    /// Has the verifier take the program.
    pub(crate) fn load(self, ebpf: &mut Ebpf) -> Result<(), ProgramError> {
        let program = ebpf.program_mut(self.program()).unwrap();
        match self {
            Self::Xdp => <&mut Xdp>::try_from(program).unwrap().load(),
            Self::Tc | Self::Egress => <&mut SchedClassifier>::try_from(program).unwrap().load(),
        }
    }

    /// Attaches the program to an interface of this network namespace.
    pub(crate) fn attach(self, ebpf: &mut Ebpf, interface: &str) {
        let program = ebpf.program_mut(self.program()).unwrap();
        match self {
            Self::Xdp => {
                let program = <&mut Xdp>::try_from(program).unwrap();
                program.attach(interface, XdpMode::Skb).unwrap();
            }
            Self::Tc | Self::Egress => {
                tc::qdisc_add_clsact(interface).unwrap();
                let way =
                    if self == Self::Tc { TcAttachType::Ingress } else { TcAttachType::Egress };
                let options = TcAttachOptions::Netlink(NlOptions::default());
                let program = <&mut SchedClassifier>::try_from(program).unwrap();
                program.attach_with_options(interface, way, options).unwrap();
            }
        }
    }

    /// Runs the program once; the frame becomes what it made of it.
    pub(crate) fn run(
        self,
        ebpf: &Ebpf,
        frame: &mut Vec<u8>,
        context: Option<&[u8]>,
    ) -> Result<Verdict, ProgramError> {
        let mut out = [0; ROOM];
        let options = TestRunOptions {
            data_in: Some(frame),
            data_out: Some(&mut out),
            ctx_in: context,
            ..TestRunOptions::default()
        };
        let program = ebpf.program(self.program()).unwrap();
        let TestRunResult { return_value, data_size_out, .. } = match self {
            Self::Xdp => <&Xdp>::try_from(program).unwrap().test_run(options)?,
            Self::Tc | Self::Egress => {
                <&SchedClassifier>::try_from(program).unwrap().test_run(options)?
            }
        };
        frame.clear();
        frame.extend(&out[..data_size_out as usize]);
        Ok(self.verdict(return_value))
    }

    fn verdict(self, returned: u32) -> Verdict {
        match (self, returned.cast_signed()) {
            // XDP_DROP, TC_ACT_SHOT.
            (Self::Xdp, 1) | (Self::Tc | Self::Egress, 2) => Verdict::Drop,
            // XDP_PASS, TC_ACT_UNSPEC.
            (Self::Xdp, 2) | (Self::Tc | Self::Egress, -1) => Verdict::Pass,
            // XDP_TX, TC_ACT_REDIRECT.
            (Self::Xdp, 3) | (Self::Tc, 7) => Verdict::Transmit,
            (_, other) => panic!("{}: the program returned {other}", self.name()),
        }
    }

    /// What stands beside a frame from an interface, of which so many bytes lie in the linear part.
    pub(crate) fn context(self, ifindex: u32, linear: u32, length: u32) -> Vec<u32> {
        match self {
            // `struct xdp_md`: data, data_end, data_meta, ingress_ifindex, and two more.
            Self::Xdp => vec![0, linear, 0, ifindex, 0, 0],
            Self::Tc | Self::Egress => {
                // `struct __sk_buff` as far as `data_end`.
                let mut words = vec![0; 21];
                words[10] = ifindex;
                words[20] = if linear == length { 0 } else { linear };
                words
            }
        }
    }
}
