//! Which driver an interface has.

use std::os::fd::AsRawFd;

use nix::sys::socket::{AddressFamily, SockFlag, SockType, socket};

/// `ETHTOOL_GDRVINFO`.
const GET_DRIVER_INFO: u32 = 3;
/// `SIOCETHTOOL`.
const ETHTOOL: u32 = 0x8946;

/// `struct ethtool_drvinfo`.
#[repr(C)]
struct DriverInfo {
    command: u32,
    driver: [u8; 32],
    rest: [u8; 160],
}

const _: () = assert!(size_of::<DriverInfo>() == 196);

/// The name of the driver of the interface called `name`, such as `bcmgenet` or `veth`; `None` when
/// there is no such interface or it does not say.
///
/// The kernel answers under the RTNL lock, so this may take a while: nothing for a loop that has
/// adverts to send.
#[must_use]
pub fn interface_driver(name: &str) -> Option<String> {
    let socket =
        socket(AddressFamily::Inet, SockType::Datagram, SockFlag::SOCK_CLOEXEC, None).ok()?;
    let mut info = DriverInfo { command: GET_DRIVER_INFO, driver: [0; 32], rest: [0; 160] };
    let mut request = libc::ifreq {
        ifr_name: [0; libc::IFNAMSIZ],
        ifr_ifru: libc::__c_anonymous_ifr_ifru { ifru_data: std::ptr::from_mut(&mut info).cast() },
    };
    if name.len() >= request.ifr_name.len() {
        return None;
    }
    for (field, byte) in request.ifr_name.iter_mut().zip(name.bytes()) {
        *field = libc::c_char::from_ne_bytes([byte]);
    }
    // SAFETY: `request` is a zero-terminated name and a pointer to a `struct ethtool_drvinfo`,
    // which is what this ioctl reads and fills in, within the length asserted above; both outlive
    // the call.
    let result = unsafe { libc::ioctl(socket.as_raw_fd(), ETHTOOL.into(), &raw mut request) };
    if result != 0 {
        return None;
    }
    let driver = info.driver.split(|&byte| byte == 0).next()?;
    (!driver.is_empty()).then(|| String::from_utf8_lossy(driver).into_owned())
}
