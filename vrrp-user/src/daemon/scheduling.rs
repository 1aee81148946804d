//! Running when it is time to, also while the machine is busy.

use super::driver::Driver;
use crate::process::Shortfall;

impl Driver {
    /// Asks of the system what the configuration says about the process.
    pub(super) fn schedule(&mut self) {
        self.scheduling.apply(&self.config.process).iter().for_each(tell);
    }

    /// Sets the limit on running without a pause, which goes for the loop and not for what comes
    /// before it.
    pub(super) fn limit(&mut self) {
        if let Err(shortfall) = self.scheduling.apply_limit(&self.config.process) {
            tell(&shortfall);
        }
    }
}

fn tell(shortfall: &Shortfall) {
    tracing::warn!("{shortfall}");
}
