//! Trying again where the failure may pass.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

use reqwest::{Client, Url};

use super::attempt::attempt;
use super::error::shown;
use super::room::Room;
use super::{DownloadError, DownloadRequest, DownloadSettings, Downloaded, Mirror};
use crate::system::limits;
use crate::system::secrets::without_user;

/// Downloads with as many attempts as the errors are worth.
pub(super) async fn download(
    client: &Client,
    settings: &DownloadSettings,
    request: &DownloadRequest,
    room: &mut Room,
) -> Result<Downloaded, DownloadError> {
    let url = address(request, settings.mirror.as_ref())?;
    let deadline = settings.deadline;
    let mut tried = 0;
    loop {
        if deadline.is_over() {
            return Err(DownloadError::NoTime { url: shown(&url) });
        }
        tried += 1;
        let trial = attempt(client, settings, &url, request, room);
        let result = match tokio::time::timeout(deadline.left(settings.timeout), trial).await {
            Ok(ended) => ended,
            Err(_) if deadline.is_over() => Err(DownloadError::NoTime { url: shown(&url) }),
            Err(_) => Err(DownloadError::Timeout { url: shown(&url), limit: settings.timeout }),
        };
        match result {
            Err(error) if tried < settings.attempts => match pause(&error, tried, random()) {
                Some(pause) => {
                    room.leave();
                    tokio::time::sleep(deadline.left(pause)).await;
                }
                None => return Err(error),
            },
            ended => return ended,
        }
    }
}

fn address(request: &DownloadRequest, mirror: Option<&Mirror>) -> Result<Url, DownloadError> {
    let bad = |url: String, reason: String| DownloadError::BadUrl { url, reason };
    let url =
        Url::parse(request.url()).map_err(|error| bad(without_user(request.url()).into_owned(), error.to_string()))?;
    if url.scheme() != "https" {
        return Err(bad(shown(&url), "only https is allowed".to_owned()));
    }
    match mirror {
        Some(mirror) if request.is_file() => mirror.apply(&url),
        _ => Ok(url),
    }
}

/// Returns how long to wait before the next attempt; `None` for what will not pass, or not soon enough.
fn pause(error: &DownloadError, tried: u32, random: u16) -> Option<Duration> {
    let asked = match error {
        DownloadError::Connect { .. } | DownloadError::Timeout { .. } | DownloadError::Truncated { .. } => None,
        // 304 is here because it was not asked for: with a cached body it is a success.
        DownloadError::Status { status: 304 | 429 | 500..=599, retry_after, .. } => *retry_after,
        _ => return None,
    };
    if asked.is_some_and(|asked| asked > limits::PAUSE) {
        return None;
    }
    let step = BACK_OFF * 2_u32.saturating_pow(tried - 1).min(32);
    // Half fixed, half random, so that machines that failed together do not come back together.
    let jitter = step / 2 * u32::from(random) / u32::from(u16::MAX);
    Some((step / 2 + jitter).max(asked.unwrap_or_default()).min(limits::PAUSE))
}

/// The standard library seeds its hash tables from the system; that is random enough to spread retries.
fn random() -> u16 {
    let [low, high, ..] = RandomState::new().build_hasher().finish().to_ne_bytes();
    u16::from_ne_bytes([low, high])
}

const BACK_OFF: Duration = Duration::from_millis(200);

#[cfg(test)]
mod tests {
    use super::super::Method;
    use super::*;

    fn status(status: u16, retry_after: Option<u64>) -> DownloadError {
        DownloadError::Status {
            url: "https://ca.example/root.pem".to_owned(),
            status,
            retry_after: retry_after.map(Duration::from_secs),
        }
    }

    #[test]
    fn waits_longer_each_time_within_its_range() {
        let passing = status(503, None);
        for (tried, shortest) in [(1, 100), (2, 200), (3, 400)] {
            let shortest = Duration::from_millis(shortest);
            assert_eq!(pause(&passing, tried, 0), Some(shortest));
            assert_eq!(pause(&passing, tried, u16::MAX), Some(shortest * 2));
        }
        assert_eq!(pause(&passing, u32::MAX, u16::MAX), Some(limits::PAUSE));
    }

    #[test]
    fn waits_as_long_as_the_server_asks_but_not_for_minutes() {
        let three_seconds = Some(Duration::from_secs(3));
        assert_eq!(pause(&status(429, Some(3)), 1, 0), three_seconds);
        assert_eq!(pause(&status(503, Some(0)), 1, 0), Some(BACK_OFF / 2));
        assert_eq!(pause(&status(503, Some(6)), 1, 0), None);
    }

    #[test]
    fn does_not_retry_what_will_not_pass() {
        let url = || "https://ca.example/root.pem".to_owned();
        let tls = DownloadError::Tls { url: url(), detail: String::new() };
        let large = DownloadError::TooLarge { url: url(), limit: 1 };
        for error in [status(404, None), status(403, Some(1)), tls, large] {
            assert_eq!(pause(&error, 1, 0), None, "{error}");
        }
    }

    #[test]
    fn only_https_is_asked() {
        for url in ["http://ca.example/root.pem", "file:///etc/passwd", "root.pem", ""] {
            for request in [DownloadRequest::file(url, Vec::new()), DownloadRequest::api(Method::Get, url)] {
                let result = address(&request, None);
                assert!(matches!(result, Err(DownloadError::BadUrl { .. })), "{url}: {result:?}");
            }
        }
    }

    #[test]
    fn a_mirror_is_for_files() {
        let mirror: Mirror = "https://mirror.corp/pki".parse().unwrap();
        let asked = |request: DownloadRequest| address(&request, Some(&mirror)).unwrap().to_string();
        assert_eq!(asked(DownloadRequest::file("https://ca.example/a", Vec::new())), "https://mirror.corp/pki/a");
        assert_eq!(asked(DownloadRequest::api(Method::Get, "https://ca.example/a")), "https://ca.example/a");
    }
}
