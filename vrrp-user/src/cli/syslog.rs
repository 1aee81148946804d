//! The log of a daemon in the background: syslog.

use std::{
    io::{self, Write},
    os::unix::net::UnixDatagram,
};

use tracing::{Level, Metadata};
use tracing_subscriber::fmt::MakeWriter;

use super::keepalived::Facility;

/// Where syslog listens.
pub(super) const SOCKET: &str = "/dev/log";

/// Writes each record as a datagram of its own, and loses it where nobody takes it at once: the log
/// must not hold up the adverts.
#[derive(Debug)]
pub(super) struct Syslog {
    socket: UnixDatagram,
    facility: Facility,
}

impl Syslog {
    /// Whether or not anybody listens yet.
    ///
    /// # Errors
    /// When there is no socket to be had.
    pub(super) fn open(facility: Facility) -> io::Result<Self> {
        let socket = UnixDatagram::unbound()?;
        socket.set_nonblocking(true)?;
        Ok(Self { socket, facility })
    }
}

/// One record.
pub(super) struct Record<'a> {
    syslog: &'a Syslog,
    severity: u8,
}

impl Write for Record<'_> {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        let priority = self.syslog.facility.priority(self.severity);
        let mut line = format!("<{priority}>keepalived[{}]: ", std::process::id()).into_bytes();
        line.extend_from_slice(text.trim_ascii_end());
        let _ = self.syslog.socket.send_to(&line, SOCKET);
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Syslog {
    type Writer = Record<'a>;

    fn make_writer(&'a self) -> Self::Writer {
        Record { syslog: self, severity: severity(Level::INFO) }
    }

    fn make_writer_for(&'a self, metadata: &Metadata<'_>) -> Self::Writer {
        Record { syslog: self, severity: severity(*metadata.level()) }
    }
}

/// RFC 5424 §6.2.1.
const fn severity(level: Level) -> u8 {
    match level {
        Level::ERROR => 3,
        Level::WARN => 4,
        Level::INFO => 6,
        _ => 7,
    }
}
