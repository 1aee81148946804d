//! Our daemon and Debian's keepalived in one network.

#[cfg(test)]
mod interop {
    mod elections;
    mod masters;
    mod on_the_wire;
}
