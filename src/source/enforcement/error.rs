//! Why a project cannot be asked or changed.

use std::time::Duration;

use super::Project;
use crate::source::DownloadError;

/// Why a project cannot be asked or changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EnforcementError {
    /// 429.
    #[error("the API has too many requests of this account now (429)")]
    Busy {
        /// How long it asks to be left alone.
        retry_after: Option<Duration>,
    },
    /// 5xx.
    #[error("the API has a failure of its own ({status})")]
    Failing {
        /// The HTTP status.
        status: u16,
    },
    /// 403.
    #[error("the token may not do this to the project `{project}` (403)")]
    Forbidden {
        /// The project.
        project: String,
    },
    /// The text cannot be a project's reference.
    #[error("`{text}` is no reference of a project")]
    NotAReference {
        /// The text.
        text: String,
    },
    /// 401.
    #[error("the API does not accept the token (401)")]
    Refused,
    /// 404.
    #[error("the API knows no project `{project}` (404)")]
    UnknownProject {
        /// The project.
        project: String,
    },
    /// There is no answer of the API's.
    #[error(transparent)]
    Unreachable(DownloadError),
    /// The answer is not what the API promises.
    #[error("`{url}`: unexpected answer: {detail}")]
    Unreadable {
        /// What was asked.
        url: String,
        /// What is wrong.
        detail: String,
    },
}

impl EnforcementError {
    pub(super) fn of(project: &Project, error: DownloadError) -> Self {
        let project = project.to_string();
        match error {
            DownloadError::Status { status: 401, .. } => Self::Refused,
            DownloadError::Status { status: 403, .. } => Self::Forbidden { project },
            DownloadError::Status { status: 404, .. } => Self::UnknownProject { project },
            DownloadError::Status { status: 429, retry_after, .. } => Self::Busy { retry_after },
            DownloadError::Status { status: status @ 500..=599, .. } => Self::Failing { status },
            other => Self::Unreachable(other),
        }
    }
}
