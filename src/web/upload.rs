//! A file that a form sends. One file is all that any form of ours sends, so `multipart/form-data` is read that far.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::header;
use axum::response::{IntoResponse, Response};

use super::Shared;
use super::pages::Failed;

/// The file.
pub(super) struct Upload {
    /// What it was called, whose ending tells of what kind it is.
    pub(super) name: String,
    /// What it holds.
    pub(super) bytes: Vec<u8>,
}

impl FromRequest<Arc<Shared>> for Upload {
    type Rejection = Response;

    async fn from_request(request: Request, shared: &Arc<Shared>) -> Result<Self, Response> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let boundary = kind.and_then(|kind| kind.strip_prefix("multipart/form-data")?.split_once("boundary="));
        let boundary = boundary.map(|(_, boundary)| boundary.trim_matches('"').to_owned());
        let body = Bytes::from_request(request, shared).await.map_err(IntoResponse::into_response)?;
        boundary.and_then(|boundary| file_in(&body, &boundary)).ok_or_else(|| Failed::Form.into_response())
    }
}

/// The first part of a body that has a file's name (RFC 7578).
fn file_in(body: &[u8], boundary: &str) -> Option<Upload> {
    let delimiter = format!("--{boundary}");
    let mut rest = &body[find(body, delimiter.as_bytes())? + delimiter.len()..];
    let between = format!("\r\n{delimiter}");
    while let Some(end) = find(rest, between.as_bytes()) {
        let (part, after) = (&rest[..end], &rest[end + between.len()..]);
        let head = find(part, b"\r\n\r\n")?;
        let headers = String::from_utf8_lossy(&part[..head]);
        if let Some((_, named)) = headers.split_once("filename=\"") {
            let name = named.split_once('"').map_or("", |(name, _)| name);
            return Some(Upload { name: name.to_owned(), bytes: part[head + 4..].to_vec() });
        }
        rest = after;
    }
    None
}

fn find(within: &[u8], sought: &[u8]) -> Option<usize> {
    within.windows(sought.len()).position(|window| window == sought)
}

#[cfg(test)]
mod tests {
    use super::*;

    // G2
    #[test]
    fn the_file_of_a_form_is_found_and_nothing_else_is_one() {
        let body =
            b"--b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n1\r\n--b\r\nContent-Disposition: form-data; \
                     name=\"file\"; filename=\"p.csv\"\r\nContent-Type: text/csv\r\n\r\nName\r\n\r\nAda\r\n--b--\r\n";
        let upload = file_in(body, "b").expect("a file");
        assert_eq!((upload.name.as_str(), upload.bytes.as_slice()), ("p.csv", &b"Name\r\n\r\nAda"[..]));
        for nothing in [&b""[..], b"--b", b"--b\r\n\r\n\r\n--b--", b"--b\r\nfilename=\"x\r\n--b--", &body[..80]] {
            assert!(file_in(nothing, "b").is_none(), "{nothing:?}");
        }
    }
}
