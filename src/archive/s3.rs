//! An archive in a bucket of S3, or of any store that speaks its protocol.
//!
//! The first choice is a conditional write (`If-None-Match: *`), see
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html>.

mod answer;

use std::fmt;
use std::time::Duration;

use aws_config::environment::EnvironmentVariableRegionProvider;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::ProfileFileRegionProvider;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{
    Credentials, RequestChecksumCalculation, ResponseChecksumValidation, SharedCredentialsProvider, SharedHttpClient,
    StalledStreamProtectionConfig,
};
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output;
use aws_sdk_s3::primitives::ByteStream;
use aws_smithy_http_client::tls;
use secrecy::ExposeSecret;

use super::{AccessKey, ArchiveError, Limits, MAX_OBJECT, Write};
use answer::Refusal;

/// How often a write is tried again that another writer's write at the same instant got in the way of.
const CONFLICTS: u32 = 3;
/// A byte rate below which a write is given up: it gets a second more for each of these many bytes.
const BYTES_PER_SECOND: usize = 256 << 10;
/// The most pages of a listing that are read, 1000 keys each; a bucket without end must not mean a listing without end.
const MAX_PAGES: usize = 1000;

/// Where the bucket is, as the settings say.
pub(super) struct Place<'a> {
    pub(super) bucket: &'a str,
    pub(super) prefix: &'a str,
    pub(super) region: Option<&'a str>,
    pub(super) endpoint: Option<&'a url::Url>,
    pub(super) path_style: bool,
}

#[derive(Clone)]
pub(super) struct Bucket {
    client: Client,
    credentials: Option<SharedCredentialsProvider>,
    bucket: String,
    prefix: String,
    limits: Limits,
}

impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bucket").field("bucket", &self.bucket).field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

impl Bucket {
    pub(super) async fn connect(
        place: &Place<'_>,
        limits: &Limits,
        access: Option<&AccessKey>,
    ) -> Result<Self, ArchiveError> {
        let shared = environment(place, limits, access).await;
        if shared.region().is_none() {
            return Err(ArchiveError::NoRegion);
        }
        let mut config = aws_sdk_s3::config::Builder::from(&shared)
            .force_path_style(place.path_style)
            // Newer checksums are S3's own; other stores refuse requests that carry them.
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            .response_checksum_validation(ResponseChecksumValidation::WhenRequired);
        if let Some(endpoint) = place.endpoint {
            config = config.endpoint_url(endpoint.as_str());
            if endpoint.scheme() == "http" {
                // Needs no certificates, which a bare container may not have.
                config = config.http_client(aws_smithy_http_client::Builder::new().build_http());
            }
        }
        Ok(Self {
            client: Client::from_conf(config.build()),
            credentials: shared.credentials_provider(),
            bucket: place.bucket.to_owned(),
            prefix: place.prefix.to_owned(),
            limits: *limits,
        })
    }

    fn object(&self, path: &str) -> String {
        format!("{}{path}", self.prefix)
    }

    pub(super) fn location(&self, path: &str) -> String {
        format!("s3://{}/{}", self.bucket, self.object(path))
    }

    pub(super) async fn put_new(&self, path: &str, bytes: &[u8]) -> Result<Write, ArchiveError> {
        for attempt in 0..=CONFLICTS {
            match self.put(path, bytes, true).await {
                Ok(()) => return Ok(Write::Written),
                Err(Refusal::Occupied) => return Ok(Write::Occupied),
                Err(Refusal::NotImplemented { .. }) => return self.put_unconditionally(path, bytes).await,
                Err(Refusal::Conflict) if attempt < CONFLICTS => {
                    tokio::time::sleep(self.limits.pause.min(Duration::from_millis(100 << attempt))).await;
                }
                Err(refusal) => return Err(self.error(refusal).await),
            }
        }
        Err(ArchiveError::Busy { code: "ConditionalRequestConflict".to_owned() })
    }

    /// For stores without conditional writes: looks first, then writes.
    async fn put_unconditionally(&self, path: &str, bytes: &[u8]) -> Result<Write, ArchiveError> {
        if self.get(path).await?.is_some() {
            return Ok(Write::Occupied);
        }
        match self.put(path, bytes, false).await {
            Ok(()) => Ok(Write::Written),
            Err(refusal) => Err(self.error(refusal).await),
        }
    }

    async fn put(&self, path: &str, bytes: &[u8], conditionally: bool) -> Result<(), Refusal> {
        let more = Duration::from_secs((bytes.len() / BYTES_PER_SECOND) as u64);
        let timeouts = timeouts(&self.limits, more);
        let request = self
            .client
            .put_object()
            .bucket(&self.bucket)
            .key(self.object(path))
            .set_if_none_match(conditionally.then(|| "*".to_owned()))
            .body(ByteStream::from(bytes.to_vec()))
            .customize()
            .config_override(aws_sdk_s3::config::Builder::new().timeout_config(timeouts));
        request.send().await.map(|_written| ()).map_err(Refusal::of)
    }

    pub(super) async fn get(&self, path: &str) -> Result<Option<Vec<u8>>, ArchiveError> {
        let request = self.client.get_object().bucket(&self.bucket).key(self.object(path));
        match request.send().await.map_err(Refusal::of) {
            Ok(found) => self.body(path, found).await.map(Some),
            Err(Refusal::NoObject) => Ok(None),
            Err(refusal) => Err(self.error(refusal).await),
        }
    }

    /// Reads an object piece by piece: neither its size nor the time between two pieces is left to the store.
    async fn body(&self, path: &str, found: GetObjectOutput) -> Result<Vec<u8>, ArchiveError> {
        let too_large = || ArchiveError::TooLarge { location: self.location(path) };
        let expected = found.content_length.and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
        if expected > MAX_OBJECT {
            return Err(too_large());
        }
        let mut bytes = Vec::with_capacity(expected);
        let mut body = found.body;
        loop {
            let piece = tokio::time::timeout(self.limits.attempt, body.try_next()).await;
            match piece.map_err(|_elapsed| ArchiveError::Slow)? {
                Ok(Some(piece)) if bytes.len() + piece.len() > MAX_OBJECT => return Err(too_large()),
                Ok(Some(piece)) => bytes.extend_from_slice(&piece),
                Ok(None) => return Ok(bytes),
                Err(error) => return Err(ArchiveError::Unreachable { source: Box::new(error) }),
            }
        }
    }

    pub(super) async fn list(&self, series: &str) -> Result<Vec<String>, ArchiveError> {
        let beginning = self.object(&format!("{series}/"));
        let mut paths = Vec::new();
        self.pages(&beginning, |page| {
            let keys = page.contents().iter().filter_map(|object| object.key());
            paths.extend(keys.filter_map(|key| key.strip_prefix(&self.prefix)).map(str::to_owned));
        })
        .await?;
        Ok(paths)
    }

    pub(super) async fn check(&self) -> Result<(), ArchiveError> {
        let request = self.client.list_objects_v2().bucket(&self.bucket).prefix(&self.prefix).max_keys(1);
        match request.send().await.map_err(Refusal::of) {
            Ok(_page) => Ok(()),
            Err(refusal) => Err(self.error(refusal).await),
        }
    }

    async fn pages(&self, beginning: &str, mut each: impl FnMut(&ListObjectsV2Output)) -> Result<(), ArchiveError> {
        let mut next = None;
        for _page in 0..MAX_PAGES {
            let request = self
                .client
                .list_objects_v2()
                .bucket(&self.bucket)
                .prefix(beginning)
                .max_keys(i32::from(self.limits.page))
                .set_continuation_token(next.take());
            let page = match request.send().await.map_err(Refusal::of) {
                Ok(page) => page,
                Err(refusal) => return Err(self.error(refusal).await),
            };
            each(&page);
            next = page.next_continuation_token().map(str::to_owned);
            if next.is_none() {
                return Ok(());
            }
        }
        Err(ArchiveError::Other { code: "TooManyObjects".to_owned(), message: "the listing has no end".to_owned() })
    }

    /// Words a refusal, with what only the bucket knows.
    async fn error(&self, refusal: Refusal) -> ArchiveError {
        match refusal {
            Refusal::NoBucket => ArchiveError::NoBucket { bucket: self.bucket.clone() },
            Refusal::NotSent { source } => {
                // The SDK words missing credentials as a request that could not be sent; asking the chain tells.
                if answer::has_credentials(self.credentials.as_ref()).await {
                    ArchiveError::Unreachable { source }
                } else {
                    ArchiveError::NoCredentials
                }
            }
            other => other.into_error(),
        }
    }
}

/// The standard AWS environment, with what the settings say put first.
async fn environment(place: &Place<'_>, limits: &Limits, access: Option<&AccessKey>) -> SdkConfig {
    let named = RegionProviderChain::first_try(place.region.map(|region| Region::new(region.to_owned())));
    let region = match place.endpoint {
        // Other stores care little for regions, but the signature needs one; nobody should wait for AWS to name it.
        Some(_endpoint) => named
            .or_else(EnvironmentVariableRegionProvider::new())
            .or_else(ProfileFileRegionProvider::new())
            .or_else(Region::from_static("us-east-1")),
        None => named.or_default_provider(),
    };
    let retries = RetryConfig::standard().with_max_attempts(limits.attempts.max(1)).with_max_backoff(limits.pause);
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .region(region)
        .http_client(https())
        .timeout_config(timeouts(limits, Duration::ZERO))
        .retry_config(retries)
        // Our own time limits say the same in fewer words.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    if let Some(AccessKey { id, secret }) = access {
        loader =
            loader.credentials_provider(Credentials::new(id, secret.expose_secret(), None, None, "given directly"));
    }
    loader.load().await
}

fn https() -> SharedHttpClient {
    let ring = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring);
    aws_smithy_http_client::Builder::new().tls_provider(ring).build_https()
}

fn timeouts(limits: &Limits, more: Duration) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(limits.connect)
        .operation_attempt_timeout(limits.attempt + more)
        .operation_timeout(limits.operation + more.saturating_mul(limits.attempts))
        .build()
}
