//! Our daemon and others in one network: Debian's keepalived, a newer one, and FRR.

#[cfg(test)]
mod interop {
    mod elections;
    mod masters;
    mod on_the_wire;
    mod pairs;
    mod rivals;
}
