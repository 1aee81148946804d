//! Access to the bytes of a packet.

/// A packet that can be read and written at fixed places.
///
/// The eBPF program's implementation compares against `data_end` before each access, as the
/// verifier demands; the host's is a slice.
pub trait Frame {
    /// Copies `N` bytes at `offset`; `None` if they are not all there (or not in the linear part).
    fn read<const N: usize>(&self, offset: usize) -> Option<[u8; N]>;

    /// The first `N` bytes, an even number. What begins at an even address, as frames in the kernel do,
    /// is read faster.
    #[inline(always)]
    fn start<const N: usize>(&self) -> Option<[u8; N]> {
        self.read(0)
    }

    /// Replaces `N` bytes at `offset`; `None`, with nothing written, if they are not all there.
    fn write<const N: usize>(&mut self, offset: usize, bytes: &[u8; N]) -> Option<()>;
}

impl Frame for [u8] {
    fn read<const N: usize>(&self, offset: usize) -> Option<[u8; N]> {
        self.get(offset..)?.first_chunk().copied()
    }

    fn write<const N: usize>(&mut self, offset: usize, bytes: &[u8; N]) -> Option<()> {
        *self.get_mut(offset..)?.first_chunk_mut()? = *bytes;
        Some(())
    }
}
