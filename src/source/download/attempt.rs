//! One attempt at a download: redirects by hand, the size cap, the cache.

use std::time::Duration;

use reqwest::header::{
    ETAG, HeaderMap, HeaderName, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED, LOCATION, RETRY_AFTER,
};
use reqwest::{Client, RequestBuilder, Response, StatusCode, Url};

use super::cache::{self, CacheEntry};
use super::error::shown;
use super::request::DownloadKind;
use super::room::Room;
use super::{DownloadError, DownloadRequest, DownloadSettings, Downloaded, Method};
use crate::system::limits;

pub(super) async fn attempt(
    client: &Client,
    settings: &DownloadSettings,
    url: &Url,
    asked: &DownloadRequest,
    room: &mut Room,
) -> Result<Downloaded, DownloadError> {
    let folder = settings.cache.as_deref().filter(|_| asked.is_file());
    let cached =
        folder.and_then(|folder| cache::load(folder, &shown(url), settings.max_bytes.min(limits::DOWNLOAD_KEPT)));
    let authentic = settings.mirror.is_none() || !asked.is_file();
    let mut at = url.clone();
    // Only as long as each step is for good.
    let mut moved = Some(None);
    for _ in 0..=limits::REDIRECTS {
        let known = cached.as_ref().filter(|entry| entry.answered == shown(&at));
        let request = conditional(request(client, &at, asked), known);
        let response = request.send().await.map_err(|error| DownloadError::of(&error, &at, settings))?;
        let status = response.status();
        if let (StatusCode::NOT_MODIFIED, Some(entry)) = (status, known) {
            let body = entry.body.clone();
            return Ok(Downloaded { body, unchanged: true, from: shown(&at), authentic, moved: moved.flatten() });
        }
        if status == StatusCode::OK || status.is_success() && !asked.is_file() {
            let etag = text(response.headers(), ETAG);
            let last_modified = text(response.headers(), LAST_MODIFIED);
            let limit = if asked.is_file() { settings.max_bytes } else { settings.max_bytes.min(limits::ANSWER) };
            let body = body(response, &at, settings, limit, room).await?;
            let entry = CacheEntry { answered: shown(&at), etag, last_modified, body };
            if let Some(folder) = folder.filter(|_| !settings.cache_is_fixed && is_worth_keeping(&entry)) {
                // What cannot be kept is downloaded again next time; that is not a reason to fail now.
                let _ = cache::store(folder, &shown(url), &entry);
            }
            let (body, from) = (entry.body, entry.answered);
            return Ok(Downloaded { body, unchanged: false, from, authentic, moved: moved.flatten() });
        }
        match text(response.headers(), LOCATION) {
            Some(location) if status.is_redirection() => {
                at = redirected(&at, &location, url, asked)?;
                let is_for_good = matches!(status, StatusCode::MOVED_PERMANENTLY | StatusCode::PERMANENT_REDIRECT);
                moved = moved.filter(|_| is_for_good).map(|_| Some(shown(&at)));
            }
            _ => {
                return Err(DownloadError::Status {
                    url: shown(&at),
                    status: status.as_u16(),
                    retry_after: text(response.headers(), RETRY_AFTER)
                        .and_then(|seconds| seconds.parse().ok())
                        .map(Duration::from_secs),
                });
            }
        }
    }
    Err(DownloadError::Redirect {
        url: shown(url),
        to: shown(&at),
        reason: format!("more than {} redirects", limits::REDIRECTS),
    })
}

/// Tells whether the next request can ask for what is newer, and is not slower for it.
fn is_worth_keeping(entry: &CacheEntry) -> bool {
    let is_conditional = entry.etag.is_some() || entry.last_modified.is_some();
    is_conditional && entry.body.len() as u64 <= limits::DOWNLOAD_KEPT
}

fn request(client: &Client, url: &Url, asked: &DownloadRequest) -> RequestBuilder {
    let DownloadKind::Api(call) = asked.kind() else { return client.get(url.clone()) };
    let request = match call.method {
        Method::Get => client.get(url.clone()),
        Method::Put => client.put(url.clone()),
    };
    let request = request.headers(call.headers.clone());
    call.body.iter().fold(request, |request, body| request.body(body.clone()))
}

fn conditional(request: RequestBuilder, known: Option<&CacheEntry>) -> RequestBuilder {
    let Some(known) = known else { return request };
    let validators = [(IF_NONE_MATCH, &known.etag), (IF_MODIFIED_SINCE, &known.last_modified)];
    validators
        .into_iter()
        .filter_map(|(name, value)| Some((name, value.as_ref()?)))
        .fold(request, |request, (name, value)| request.header(name, value))
}

async fn body(
    mut response: Response,
    url: &Url,
    settings: &DownloadSettings,
    limit: u64,
    room: &mut Room,
) -> Result<Vec<u8>, DownloadError> {
    let too_large = || DownloadError::TooLarge { url: shown(url), limit };
    if response.content_length().is_some_and(|length| length > limit) {
        return Err(too_large());
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| DownloadError::of(&error, url, settings))? {
        if (body.len() + chunk.len()) as u64 > limit {
            return Err(too_large());
        }
        if (body.len() + chunk.len()) as u64 > limits::DOWNLOAD_BESIDE {
            room.take().await;
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Returns where a redirect leads: only over https, only to hosts known beforehand. A mirror over plain http may stay
/// on http. A call of an API stays with its server; the error names only the server that it was sent to, because
/// whoever answers has seen the token and may repeat it.
fn redirected(from: &Url, location: &str, first: &Url, asked: &DownloadRequest) -> Result<Url, DownloadError> {
    let refused = |to: &str, reason: &str| DownloadError::Redirect {
        url: shown(from),
        to: to.to_owned(),
        reason: reason.to_owned(),
    };
    let to = from.join(location);
    let allowed_hosts = match asked.kind() {
        DownloadKind::File { allowed_hosts } => allowed_hosts,
        DownloadKind::Api(call) => {
            return match to {
                Ok(to) if to.origin() == first.origin() && call.method == Method::Get => Ok(to),
                Ok(to) if to.origin() == first.origin() => Err(refused("elsewhere", "the request changes something")),
                Ok(to) => Err(refused(&to.origin().ascii_serialization(), "an API is asked at its own address only")),
                Err(error) => Err(refused("nowhere", &error.to_string())),
            };
        }
    };
    let to = to.map_err(|error| refused(location, &error.to_string()))?;
    let stays_on_http = from.scheme() == "http" && to.scheme() == "http" && to.host() == first.host();
    if to.scheme() != "https" && !stays_on_http {
        return Err(refused(&shown(&to), "not https"));
    }
    let host = to.host_str().unwrap_or_default();
    if to.host() != first.host() && !allowed_hosts.iter().any(|allowed| allowed.eq_ignore_ascii_case(host)) {
        return Err(refused(&shown(&to), "the host is not allowed"));
    }
    Ok(to)
}

/// A header's value if it is plain ASCII text.
fn text(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lands(from: &str, location: &str) -> Result<String, String> {
        let from = Url::parse(from).unwrap();
        redirected(&from, location, &from, &DownloadRequest::file("", vec!["CDN.example".to_owned()]))
            .map(String::from)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn redirects_stay_within_the_allowed_hosts() {
        let from = "https://ca.example/a/root.pem";
        assert_eq!(lands(from, "../b.pem").unwrap(), "https://ca.example/b.pem");
        assert_eq!(lands(from, "https://cdn.example/c").unwrap(), "https://cdn.example/c");
        assert_eq!(lands(from, "//cdn.example/c").unwrap(), "https://cdn.example/c");
        for elsewhere in [
            "https://evil.example/",
            "//evil.example/root.pem",
            "https://ca.example.evil.example/",
            "https://ca.example@evil.example/",
            "http://ca.example/root.pem",
            "http://cdn.example/root.pem",
            "file:///etc/passwd",
            "data:text/plain,x",
            "https://",
        ] {
            assert!(lands(from, elsewhere).is_err(), "{elsewhere}");
        }
    }

    #[test]
    fn a_mirror_over_http_may_stay_there_or_go_up() {
        let from = "http://m.corp/ca/root.pem";
        assert_eq!(lands(from, "/other").unwrap(), "http://m.corp/other");
        assert_eq!(lands(from, "https://m.corp/other").unwrap(), "https://m.corp/other");
        assert!(lands(from, "http://cdn.example/root.pem").is_err());
    }

    #[test]
    fn a_refused_redirect_says_where_it_wanted_to_go() {
        let error = lands("https://ca.example/a", "http://me:secret@evil.example/x").unwrap_err();
        assert_eq!(error, "`https://ca.example/a`: redirect to `http://evil.example/x` refused: not https");
    }

    #[test]
    fn a_call_of_an_api_stays_with_its_server() {
        let from = Url::parse("https://api.example/v2/a").unwrap();
        let lands = |method, location| redirected(&from, location, &from, &DownloadRequest::api(method, ""));
        assert_eq!(lands(Method::Get, "/v2/b").unwrap().as_str(), "https://api.example/v2/b");
        assert!(lands(Method::Put, "/v2/b").is_err());
        for elsewhere in ["https://evil.example/?hunter2", "https://api.example:8443/hunter2", "http://api.example/a"] {
            let error = lands(Method::Get, elsewhere).unwrap_err().to_string();
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
