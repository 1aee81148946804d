//! Not on a network that others use.

use std::fs;

use anyhow::{Context as _, Result, bail};

/// Refuses to go on in the machine's own network namespace, unless its owner says so.
///
/// # Errors
/// Without `permitted`, in the namespace of process 1, and when that cannot be told.
pub(super) fn check(permitted: bool) -> Result<()> {
    if permitted {
        return Ok(());
    }
    let namespace = |process: &str| {
        let path = format!("/proc/{process}/ns/net");
        fs::read_link(&path).with_context(|| format!("{path}: whose network is this?"))
    };
    if namespace("1")? == namespace("self")? {
        bail!(
            "this is the machine's own network, not a namespace made for tests; a flood disturbs \
             everybody on it. If it is yours, say --yes-i-own-this-network"
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn where_process_1_is_permission_has_to_be_given() {
        assert!(check(false).unwrap_err().to_string().contains("network"));
        assert!(check(true).is_ok());
    }
}
