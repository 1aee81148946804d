//! A packet between `data` and `data_end`.

use aya_ebpf::programs::{TcContext, XdpContext};
use vrrp_ebpf::frame::Frame;

/// What a program was called for.
pub(crate) trait Context {
    /// The address of the packet's first byte.
    fn data(&self) -> usize;
    /// The address behind the last byte of its linear part.
    fn data_end(&self) -> usize;
}

impl Context for XdpContext {
    #[inline(always)]
    fn data(&self) -> usize {
        XdpContext::data(self)
    }

    #[inline(always)]
    fn data_end(&self) -> usize {
        XdpContext::data_end(self)
    }
}

impl Context for TcContext {
    #[inline(always)]
    fn data(&self) -> usize {
        TcContext::data(self)
    }

    #[inline(always)]
    fn data_end(&self) -> usize {
        TcContext::data_end(self)
    }
}

/// The linear part of the packet that the program was called for.
///
/// Its bounds are read from the context whenever they are needed and not kept: the verifier
/// remembers with each copy how far it was compared, and would walk all that follows a loop once
/// for every round that the loop may end in.
pub(crate) struct Packet<'a, C>(pub(crate) &'a C);

impl<C: Context> Packet<'_, C> {
    /// Compares against `data_end`, as the verifier wants it right before each access.
    #[inline(always)]
    fn place<const N: usize>(&self, offset: usize) -> Option<*mut [u8; N]> {
        let start = self.0.data() + offset;
        if start + N > self.0.data_end() { None } else { Some(start as *mut [u8; N]) }
    }
}

impl<C: Context> Packet<'_, C> {
    #[inline(always)]
    fn get<const N: usize>(&self, offset: usize) -> Option<[u8; N]> {
        // SAFETY: `place` has shown that the N bytes lie within the packet; bytes need no
        // alignment, and nothing else writes to the packet meanwhile.
        self.place(offset).map(|place| unsafe { *place })
    }

    #[inline(always)]
    fn get_start<const N: usize>(&self) -> Option<[u8; N]> {
        const { assert!(N % 2 == 0) };
        let Even(start) =
            // SAFETY: as in `get`; the kernel lays frames at even addresses (`NET_IP_ALIGN` is 0 or
            // 2), and a structure of an even number of bytes has no padding.
            self.place::<N>(0).map(|place| unsafe { *place.cast::<Even<N>>() })?;
        Some(start)
    }
}

/// Bytes at an even address.
#[derive(Clone, Copy)]
#[repr(C, align(2))]
struct Even<const N: usize>([u8; N]);

impl Frame for Packet<'_, XdpContext> {
    #[inline(always)]
    fn read<const N: usize>(&self, offset: usize) -> Option<[u8; N]> {
        self.get(offset)
    }

    #[inline(always)]
    fn start<const N: usize>(&self) -> Option<[u8; N]> {
        self.get_start()
    }

    #[inline(always)]
    fn write<const N: usize>(&mut self, offset: usize, bytes: &[u8; N]) -> Option<()> {
        let place = self.place(offset)?;
        // SAFETY: as in `get`.
        unsafe { *place = *bytes };
        Some(())
    }
}

impl Frame for Packet<'_, TcContext> {
    #[inline(always)]
    fn read<const N: usize>(&self, offset: usize) -> Option<[u8; N]> {
        self.get(offset)
    }

    #[inline(always)]
    fn start<const N: usize>(&self) -> Option<[u8; N]> {
        self.get_start()
    }

    /// Through a helper: a program that writes by itself has every frame copied before it starts
    /// that somebody else still holds, as TCP does with all it sends.
    #[inline(always)]
    fn write<const N: usize>(&mut self, offset: usize, bytes: &[u8; N]) -> Option<()> {
        self.0.store(offset, bytes, 0).ok()
    }
}
