//! The places where a test may end the process, as a power cut would. Only in tests is there anything to end.

/// A step of the worker, or of a transaction, is done. In a test process that was told so, everything ends here.
#[cfg(not(test))]
pub(in crate::app) fn point(_step: &str) {}

#[cfg(test)]
pub(in crate::app) use in_tests::VARIABLE;
#[cfg(test)]
pub(in crate::app) use in_tests::point;

#[cfg(test)]
mod in_tests {
    /// Names the step at which a test's child process is killed.
    pub(in crate::app) const VARIABLE: &str = "XCHANGE_TEST_FAULT";

    pub(in crate::app) fn point(step: &str) {
        if std::env::var(VARIABLE).is_ok_and(|wanted| wanted == step) {
            let me = std::process::id().to_string();
            let _killed = std::process::Command::new("kill").args(["-9", &me]).status();
            // The signal may arrive a moment after `kill` has ended.
            loop {
                std::thread::park();
            }
        }
    }
}
