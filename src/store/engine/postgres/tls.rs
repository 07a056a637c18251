//! TLS to the server, as far as `sslmode` asks for it.

use std::sync::Arc;

use rustls::CertificateError::{NotValidForName, NotValidForNameContext};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::model::{DatabaseServer, ServerTls};
use crate::store::StoreError;

/// What begins TLS; `None` where there is to be none.
pub(super) fn connector(server: &DatabaseServer) -> Result<Option<MakeRustlsConnect>, StoreError> {
    if server.tls == ServerTls::Disable || server.is_socket() {
        return Ok(None);
    }
    let provider = Arc::new(ring::default_provider());
    let authority = authority(server, &provider);
    let trust = authority.map(|authority| Trust { authority, asks: server.tls });
    let config = trust.and_then(|trust| {
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
        Ok(config.dangerous().with_custom_certificate_verifier(Arc::new(trust)).with_no_client_auth())
    });
    let config = config.map_err(|source| StoreError::Connect { place: server.to_string(), source })?;
    Ok(Some(MakeRustlsConnect::new(config)))
}

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Whose word is taken for a certificate: the file's that `sslrootcert` names, else those this machine trusts.
fn authority(server: &DatabaseServer, provider: &Arc<CryptoProvider>) -> Result<Arc<dyn ServerCertVerifier>, Cause> {
    let Some(path) = &server.authority else {
        return Ok(Arc::new(rustls_platform_verifier::Verifier::new(Arc::clone(provider))?));
    };
    let unreadable = |e| format!("cannot read {}, which sslrootcert names: {e}", path.display());
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(unreadable)? {
        roots.add(certificate.map_err(unreadable)?)?;
    }
    Ok(WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider)).build()?)
}

/// What is asked of the server's certificate.
#[derive(Debug)]
struct Trust {
    authority: Arc<dyn ServerCertVerifier>,
    asks: ServerTls,
}

impl ServerCertVerifier for Trust {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if matches!(self.asks, ServerTls::Prefer | ServerTls::Require) {
            return Ok(ServerCertVerified::assertion());
        }
        match self.authority.verify_server_cert(certificate, between, name, ocsp, now) {
            // The name is looked at last, when all else is well.
            Err(Error::InvalidCertificate(NotValidForName | NotValidForNameContext { .. }))
                if self.asks == ServerTls::VerifyCa =>
            {
                Ok(ServerCertVerified::assertion())
            }
            other => other,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.authority.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.authority.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.authority.supported_verify_schemes()
    }
}
