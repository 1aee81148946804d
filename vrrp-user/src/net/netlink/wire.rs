//! The framing of netlink: messages, and the attributes within them. All numbers are in the
//! machine's byte order; a length that does not fit ends the walk.

/// `sizeof(struct nlmsghdr)`.
const HEADER: usize = 16;
/// `sizeof(struct nlattr)`.
const ATTRIBUTE_HEADER: usize = 4;
/// The flags in an attribute's type: nested, and network byte order.
const ATTRIBUTE_TYPE_MASK: u16 = 0x3fff;

/// One message of a datagram.
#[derive(Clone, Copy, Debug)]
pub(super) struct Message<'a> {
    /// `RTM_…` or `NLMSG_…`.
    pub(super) kind: u16,
    /// `NLM_F_…`.
    pub(super) flags: u16,
    /// The number of the request that this answers.
    pub(super) sequence: u32,
    /// What follows the header.
    pub(super) body: &'a [u8],
}

/// The messages of a datagram.
pub(super) fn messages(datagram: &[u8]) -> impl Iterator<Item = Message<'_>> {
    let mut rest = datagram;
    std::iter::from_fn(move || {
        let length = usize::try_from(u32_at(rest, 0)?).ok()?;
        let message = Message {
            kind: u16_at(rest, 4)?,
            flags: u16_at(rest, 6)?,
            sequence: u32_at(rest, 8)?,
            body: rest.get(HEADER..length)?,
        };
        rest = rest.get(aligned(length)..).unwrap_or_default();
        Some(message)
    })
}

/// The attributes in `bytes`: type without its flags, and value.
pub(super) fn attributes(bytes: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let length = usize::from(u16_at(rest, 0)?);
        let attribute =
            (u16_at(rest, 2)? & ATTRIBUTE_TYPE_MASK, rest.get(ATTRIBUTE_HEADER..length)?);
        rest = rest.get(aligned(length)..).unwrap_or_default();
        Some(attribute)
    })
}

/// The four bytes at `offset` as a number.
pub(super) fn u32_at(bytes: &[u8], offset: usize) -> Option<u32> {
    bytes.get(offset..)?.first_chunk().copied().map(u32::from_ne_bytes)
}

/// The two bytes at `offset` as a number.
pub(super) fn u16_at(bytes: &[u8], offset: usize) -> Option<u16> {
    bytes.get(offset..)?.first_chunk().copied().map(u16::from_ne_bytes)
}

/// The text of an attribute, up to its terminating zero.
pub(super) fn text(value: &[u8]) -> String {
    let value = value.split(|&byte| byte == 0).next().unwrap_or_default();
    String::from_utf8_lossy(value).into_owned()
}

/// A request under construction.
#[derive(Debug)]
pub(super) struct Request {
    bytes: Vec<u8>,
}

impl Request {
    /// Begins a request of type `kind` (`RTM_…`) with `flags` (`NLM_F_…`, besides
    /// `NLM_F_REQUEST`), whose fixed part is `header`.
    pub(super) fn new(kind: u16, flags: u16, header: &[u8]) -> Self {
        let mut bytes = Vec::with_capacity(128);
        bytes.extend_from_slice(&[0; 4]);
        bytes.extend_from_slice(&kind.to_ne_bytes());
        bytes.extend_from_slice(&(flags | REQUEST).to_ne_bytes());
        bytes.extend_from_slice(&[0; 8]);
        bytes.extend_from_slice(header);
        let mut request = Self { bytes };
        request.pad();
        request
    }

    /// Appends an attribute. A value beyond what its length field can say is cut off.
    pub(super) fn attribute(mut self, kind: u16, value: &[u8]) -> Self {
        let room = usize::from(u16::MAX) - ATTRIBUTE_HEADER;
        let value = value.get(..room).unwrap_or(value);
        let length = u16::try_from(ATTRIBUTE_HEADER + value.len()).unwrap_or(u16::MAX);
        self.bytes.extend_from_slice(&length.to_ne_bytes());
        self.bytes.extend_from_slice(&kind.to_ne_bytes());
        self.bytes.extend_from_slice(value);
        self.pad();
        self
    }

    /// The finished message, to be answered under the number `sequence`.
    pub(super) fn finish(mut self, sequence: u32) -> Vec<u8> {
        let length = u32::try_from(self.bytes.len()).unwrap_or(u32::MAX);
        if let Some(field) = self.bytes.get_mut(0..4) {
            field.copy_from_slice(&length.to_ne_bytes());
        }
        if let Some(field) = self.bytes.get_mut(8..12) {
            field.copy_from_slice(&sequence.to_ne_bytes());
        }
        self.bytes
    }

    fn pad(&mut self) {
        self.bytes.resize(aligned(self.bytes.len()), 0);
    }
}

/// `NLM_F_REQUEST`.
const REQUEST: u16 = 1;

/// Messages and attributes begin at multiples of four.
const fn aligned(length: usize) -> usize {
    length.saturating_add(3) & !3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_reads_back_as_it_was_written() {
        let bytes = Request::new(20, 0x0604, &[2, 32, 0, 0, 7, 0, 0, 0])
            .attribute(2, &[10, 0, 0, 70])
            .attribute(3, b"eth0:v\0")
            .finish(9);
        let message = messages(&bytes).next().unwrap();
        assert_eq!((message.kind, message.flags, message.sequence), (20, 0x0605, 9));
        let found: Vec<_> = attributes(&message.body[8..]).collect();
        assert_eq!(found, [(2, &[10, 0, 0, 70][..]), (3, b"eth0:v\0")]);
        assert_eq!(text(found[1].1), "eth0:v");
    }

    #[test]
    fn lengths_that_cannot_be_end_the_walk() {
        for length in [0u32, 3, 15, 17, 400, u32::MAX] {
            let mut bytes = [0xa5; 16];
            bytes[..4].copy_from_slice(&length.to_ne_bytes());
            assert_eq!(messages(&bytes).count(), 0, "{length}");
        }
        for length in [0u16, 3, 9, u16::MAX] {
            let mut bytes = [0xa5; 8];
            bytes[..2].copy_from_slice(&length.to_ne_bytes());
            assert_eq!(attributes(&bytes).count(), 0, "{length}");
        }
    }
}
