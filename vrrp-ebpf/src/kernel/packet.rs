//! A packet between `data` and `data_end`.

use vrrp_ebpf::frame::Frame;

/// The linear part of the packet that the program was called for.
pub(crate) struct Packet {
    data: usize,
    end: usize,
}

impl Packet {
    #[inline(always)]
    pub(crate) fn new(data: usize, end: usize) -> Self {
        Self { data, end }
    }

    /// Compares against `data_end`, as the verifier wants it right before each access.
    #[inline(always)]
    fn place<const N: usize>(&self, offset: usize) -> Option<*mut [u8; N]> {
        let start = self.data + offset;
        if start + N > self.end { None } else { Some(start as *mut [u8; N]) }
    }
}

impl Frame for Packet {
    #[inline(always)]
    fn read<const N: usize>(&self, offset: usize) -> Option<[u8; N]> {
        // SAFETY: `place` has shown that the N bytes lie within the packet; bytes need no
        // alignment, and nothing else writes to the packet meanwhile.
        self.place(offset).map(|place| unsafe { *place })
    }

    #[inline(always)]
    fn write<const N: usize>(&mut self, offset: usize, bytes: &[u8; N]) -> Option<()> {
        let place = self.place(offset)?;
        // SAFETY: as in `read`.
        unsafe { *place = *bytes };
        Some(())
    }
}
