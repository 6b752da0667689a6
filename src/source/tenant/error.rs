//! Errors of fetching a tenant's CA.

use std::time::Duration;

use super::super::DownloadError;

/// A failure to fetch a tenant's CA. What was kept before stays.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{tenant}`: {reason}")]
#[non_exhaustive]
pub struct TenantError {
    /// The tenant's name.
    pub tenant: String,
    /// Why.
    pub reason: TenantReason,
}

/// The reason why a tenant's CA cannot be fetched.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TenantReason {
    /// 429.
    #[error("`{url}`: too many requests")]
    Busy {
        /// What was asked.
        url: String,
        /// How long the API asks to be left alone.
        retry_after: Option<Duration>,
    },
    /// 5xx.
    #[error("`{url}`: the API failed with status {status}")]
    Failing {
        /// What was asked.
        url: String,
        /// The HTTP status.
        status: u16,
    },
    /// 403.
    #[error("`{url}`: the token may not read this (status 403)")]
    Forbidden {
        /// What was asked.
        url: String,
    },
    /// There is no token to ask with.
    #[error("no token: {detail}")]
    NoToken {
        /// Where it was looked for, and what was wrong there.
        detail: String,
        /// What the program said that was to print it. That may hold secrets: it is for the user's eyes, and never kept.
        said: Option<String>,
        /// The environment variables that may hold it.
        variables: String,
    },
    /// 404.
    #[error("`{url}`: the API knows nothing of this name (status 404)")]
    NotFound {
        /// What was asked.
        url: String,
    },
    /// A file cannot be read.
    #[error("`{place}`: {detail}")]
    NotRead {
        /// Returns its path.
        place: String,
        /// What stands against it.
        detail: String,
        /// What to do about it.
        remedy: String,
        /// Whether it may be better next time.
        passing: bool,
    },
    /// There is a root in the answer, or was to be, and nothing in it can be one.
    #[error("`{url}`: no root in the answer: {detail}")]
    NoRoot {
        /// What was asked.
        url: String,
        /// What is there instead.
        detail: String,
    },
    /// 401.
    #[error("`{url}`: the API does not accept the token (status 401)")]
    Refused {
        /// What was asked.
        url: String,
        /// Where the token comes from.
        from: String,
    },
    /// The list of the API has no such name.
    #[error("`{url}` lists no `{value}`")]
    UnknownName {
        /// What was asked.
        url: String,
        /// The name.
        value: String,
    },
    /// No answer at all.
    #[error("{detail}")]
    Unreachable {
        /// What the download says, with the URL.
        detail: String,
        /// Whether it may be better next time.
        passing: bool,
    },
    /// The answer is not what the API promises.
    #[error("`{url}`: unexpected answer: {detail}")]
    Unreadable {
        /// What was asked.
        url: String,
        /// What is wrong.
        detail: String,
    },
}

impl TenantError {
    /// Tells whether a later try may succeed with nothing changed here.
    pub(crate) fn may_pass(&self) -> bool {
        matches!(
            self.reason,
            TenantReason::Busy { .. }
                | TenantReason::Failing { .. }
                | TenantReason::Unreachable { passing: true, .. }
                | TenantReason::NotRead { passing: true, .. }
        )
    }
}

impl TenantReason {
    pub(super) fn of(error: &DownloadError, token_from: &str) -> Self {
        match error {
            DownloadError::Status { url, status, retry_after } => {
                let url = url.clone();
                match status {
                    401 => Self::Refused { url, from: token_from.to_owned() },
                    403 => Self::Forbidden { url },
                    404 => Self::NotFound { url },
                    429 => Self::Busy { url, retry_after: *retry_after },
                    500..=599 => Self::Failing { url, status: *status },
                    _ => Self::Unreachable { detail: error.to_string(), passing: false },
                }
            }
            other => {
                let passing = matches!(
                    other,
                    DownloadError::Connect { .. }
                        | DownloadError::NoTime { .. }
                        | DownloadError::Timeout { .. }
                        | DownloadError::Truncated { .. }
                );
                Self::Unreachable { detail: other.to_string(), passing }
            }
        }
    }

    pub(super) fn of_tenant(self, tenant: &str) -> TenantError {
        TenantError { tenant: tenant.to_owned(), reason: self }
    }
}
