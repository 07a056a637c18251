//! One TLS provider for every client of this process.

/// Chooses *ring* for all TLS of this process. Whoever comes second finds it chosen already.
pub(super) fn choose_provider() {
    let _already = rustls::crypto::ring::default_provider().install_default();
}
