//! One TLS provider for every client of this process, and what its distrust means.
//!
//! Whom to trust is the system's to say, or where they are set the files' that `SSL_CERT_FILE` and `SSL_CERT_DIR` name: so
//! a company's own authority needs no setting of ours.

use std::error::Error;
use std::io;

use rustls::CertificateError;

/// Chooses *ring* for all TLS of this process. Whoever comes second finds it chosen already.
pub fn choose_provider() {
    let _already = rustls::crypto::ring::default_provider().install_default();
}

/// Why the other side's certificate was not believed, where that is behind an error.
pub(super) fn distrust(error: &(dyn Error + 'static)) -> Option<&'static str> {
    let mut next = Some(error);
    while let Some(error) = next {
        // An I/O error shows what it wraps only by asking, not as its cause.
        let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        let error: &(dyn Error + 'static) = wrapped.map_or(error, |wrapped| wrapped);
        if let Some(rustls::Error::InvalidCertificate(fault)) = error.downcast_ref() {
            return Some(in_words(fault));
        }
        next = error.source();
    }
    None
}

fn in_words(fault: &CertificateError) -> &'static str {
    match fault {
        CertificateError::UnknownIssuer => "its certificate comes from nobody this machine trusts",
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "its certificate is for another name"
        }
        CertificateError::Expired
        | CertificateError::ExpiredContext { .. }
        | CertificateError::NotValidYet
        | CertificateError::NotValidYetContext { .. } => "its certificate is not valid today",
        CertificateError::Revoked => "its certificate was called back",
        _ => "its certificate is not sound",
    }
}
