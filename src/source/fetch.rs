//! A provider's roots from where it publishes them, held against the pins.

use std::collections::HashSet;
use std::fmt;

use serde::Serialize;

use super::Progress;
use super::download::{DownloadError, DownloadRequest, Downloaded, Downloader};
use super::tenant::api::{self, AskedTenant, FetchedTenant};
use crate::bundle::{Role, fits_name};
use crate::catalog::{Provider, Root, Selection};
use crate::format::{self, Identified, Member, Passwords};
use crate::source::Error;
use crate::x509::{Certificate, Fingerprint, Verdict};

/// The result for one pinned root.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct RootResult {
    /// The pin.
    pub sha256: Fingerprint,
    /// The root's subject, in the form of RFC 4514.
    pub subject: String,
    /// Its role.
    pub role: Role,
    /// Where it was looked for.
    pub url: Option<String>,
    /// What was found there.
    pub result: RootState,
    /// Why it is the built-in copy that is used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The origin of the bytes that are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum RootState {
    /// It could not be downloaded, or has no URL: the built-in copy is used, which the same pin proves.
    BuiltIn,
    /// Downloaded, and its fingerprint is the pin.
    Downloaded,
    /// The URL serves another certificate, which is not used. The built-in copy stays.
    Mismatch,
    /// The server says that nothing changed since the last download, which was as pinned.
    Unchanged,
}

/// A certificate that a source serves and no pin knows.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Held {
    /// The certificate.
    pub certificate: Certificate,
    /// Where it was served: by the mirror, if one was asked.
    pub url: String,
    /// Whether it may be accepted without a person: a self-signed CA certificate within the provider's declared
    /// subject pattern, served over verified TLS.
    pub acceptable: bool,
}

/// The result for one URL.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub(crate) struct Asked {
    /// The URL.
    pub url: String,
    /// What it did.
    pub state: UrlState,
}

/// The state of a URL.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UrlState {
    /// It served what is pinned, or was not asked.
    AsPinned,
    /// It served that, and says that it has moved there for good.
    Moved(String),
    /// There is nothing any more.
    Gone(String),
    /// It serves something else: these fingerprints, in the order of the answer.
    Else(Vec<Fingerprint>),
    /// It could not be reached, for this reason, which may pass.
    Unreachable(String),
}

/// The result for one provider.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Fetched {
    /// The provider.
    pub provider: Provider,
    /// Every root that is installed, in the order of the pins.
    pub roots: Vec<RootResult>,
    /// What is served beyond the pins.
    pub held: Vec<Held>,
    /// Every URL that was to be asked.
    pub(crate) urls: Vec<Asked>,
}

/// Where roots are asked for: in the network, or nowhere.
pub(crate) enum Asking<'a> {
    /// Only the built-in copies.
    Offline,
    /// Downloads; the function is told of each one that ends, first how many there are.
    Online(&'a Downloader, &'a (dyn Fn(Progress) + Sync)),
}

impl Fetched {
    /// Asks every URL of these providers and the API of every tenant at once, a few at a time, and compares what comes with
    /// the pins. Offline no tenant has an answer.
    ///
    /// Fails only where a provider has no fixed roots or none of its kept region: a URL that cannot be reached is a result.
    pub(crate) fn all(
        providers: Vec<(Provider, Selection)>,
        mut tenants: Vec<AskedTenant>,
        asking: &Asking<'_>,
    ) -> Result<(Vec<Self>, Vec<FetchedTenant>), Error> {
        let mut asked = Vec::new();
        for (provider, selection) in &providers {
            let roots = provider.installed(selection)?;
            let roots: Vec<(Root, Certificate)> =
                roots.into_iter().map(|(root, certificate)| (root.clone(), certificate)).collect();
            let urls = urls(provider, &roots, selection.region.as_deref());
            asked.push((roots, urls));
        }
        let (mut answers, mut called) = (None, Vec::new());
        if let Asking::Online(downloader, progress) = asking {
            let mut requests: Vec<DownloadRequest> = asked.iter().flat_map(|(_, urls)| requests(urls)).collect();
            let files = requests.len();
            for call in api::requests(&mut tenants, downloader) {
                called.push(call.map(|request| requests.push(request)));
            }
            progress(Progress::Started(requests.len()));
            let mut all = downloader.get_all(&requests, &|_| progress(Progress::Step));
            let calls = all.split_off(files);
            answers = Some((all.into_iter(), calls.into_iter()));
        }
        let (mut files, mut calls) = answers.unzip();
        let compared = providers.into_iter().zip(asked).map(|((provider, _), (roots, urls))| {
            let answers: Vec<Answer> =
                urls.into_iter().map(|asked| Answer::of(asked, files.as_mut().and_then(Iterator::next))).collect();
            compare(provider, &roots, answers)
        });
        let compared = compared.collect();
        let answered = tenants.into_iter().zip(called).filter_map(|(tenant, call)| match call {
            Ok(()) => Some(tenant.fetched(Ok(calls.as_mut()?.next()?))),
            Err(reason) => Some(tenant.fetched(Err(reason))),
        });
        Ok((compared, answered.collect()))
    }

    /// Tells whether a root could not be downloaded from where it is published.
    pub fn missed_network(&self) -> bool {
        self.roots.iter().any(|root| root.result == RootState::BuiltIn && root.url.is_some())
    }
}

/// A URL of a provider.
struct Wanted {
    url: String,
    serves: Serves,
}

/// The roots that a URL is to serve.
enum Serves {
    /// A root, or several.
    Roots,
    /// A bundle that is followed, and the pattern for its new roots.
    Followed { pattern: Option<String> },
}

impl Wanted {
    fn is_followed(&self) -> bool {
        matches!(self.serves, Serves::Followed { .. })
    }
}

fn urls(provider: &Provider, roots: &[(Root, Certificate)], region: Option<&str>) -> Vec<Wanted> {
    let mut urls: Vec<Wanted> = Vec::new();
    for (root, _) in roots {
        if let Some(url) = root.url.clone().filter(|url| urls.iter().all(|asked| asked.url != *url)) {
            urls.push(Wanted { url, serves: Serves::Roots });
        }
    }
    for source in provider.sources.iter().filter(|source| source.is_public()) {
        let url = match (region, &source.regional) {
            (Some(region), Some(regional)) => regional.replace("{region}", region),
            _ => source.url.clone(),
        };
        urls.push(Wanted { url, serves: Serves::Followed { pattern: source.subject.clone() } });
    }
    urls
}

/// A provider may redirect among the hosts that its definition names.
fn requests(urls: &[Wanted]) -> Vec<DownloadRequest> {
    let host = |asked: &Wanted| Some(reqwest::Url::parse(&asked.url).ok()?.host_str()?.to_owned());
    let allowed_hosts: Vec<String> = urls.iter().filter_map(host).collect();
    urls.iter().map(|asked| DownloadRequest::file(&asked.url, allowed_hosts.clone())).collect()
}

/// The answer of a URL.
struct Answer {
    asked: Wanted,
    from: String,
    unchanged: bool,
    /// The provider's own server sent it, over verified TLS.
    authentic: bool,
    moved: Option<String>,
    certificates: Result<Vec<Certificate>, Missing>,
}

/// Why an answer has no certificates.
#[derive(Debug)]
enum Missing {
    Offline,
    Download(DownloadError),
    NoStore { from: String, error: format::Error },
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Offline => f.write_str("offline"),
            Self::Download(error) => error.fmt(f),
            Self::NoStore { from, error } => write!(f, "`{from}`: {error}"),
        }
    }
}

impl Answer {
    fn of(asked: Wanted, answer: Option<Result<Downloaded, DownloadError>>) -> Self {
        let download = answer.map_or(Err(Missing::Offline), |answer| answer.map_err(Missing::Download));
        match download {
            Err(missing) => {
                let from = asked.url.clone();
                Self { asked, from, unchanged: false, authentic: false, moved: None, certificates: Err(missing) }
            }
            Ok(Downloaded { body, unchanged, from, authentic, moved }) => {
                let certificates = decode(&body).map_err(|error| Missing::NoStore { from: from.clone(), error });
                Self { asked, from, unchanged, authentic, moved, certificates }
            }
        }
    }

    fn state(&self, known: &HashSet<Fingerprint>, roots: &[(Root, Certificate)]) -> UrlState {
        let certificates = match &self.certificates {
            Ok(certificates) => certificates,
            Err(Missing::Offline) => return UrlState::AsPinned,
            Err(missing @ Missing::Download(DownloadError::Status { status: 404 | 410, .. })) => {
                return UrlState::Gone(missing.to_string());
            }
            Err(missing) => return UrlState::Unreachable(missing.to_string()),
        };
        let found: Vec<Fingerprint> = certificates.iter().map(Certificate::fingerprint).collect();
        let own = |(root, _): &&(Root, Certificate)| root.url.as_deref() == Some(&self.asked.url);
        let serves = match &self.asked.serves {
            Serves::Roots => roots.iter().filter(own).all(|(root, _)| found.contains(&root.sha256)),
            // A bundle may lose members, but not all.
            Serves::Followed { .. } => roots.is_empty() || found.iter().any(|fingerprint| known.contains(fingerprint)),
        };
        match &self.moved {
            _ if !serves => UrlState::Else(found),
            Some(to) => UrlState::Moved(to.clone()),
            None => UrlState::AsPinned,
        }
    }
}

fn decode(body: &[u8]) -> Result<Vec<Certificate>, format::Error> {
    let mut certificates = Vec::new();
    format::decode(&mut &body[..], body.len() as u64, Passwords::Usual, &mut |member| {
        if let Member::Certificate { certificate, .. } = member {
            certificates.push(certificate);
        }
    })?;
    if certificates.is_empty() { Err(format::Error::NotAStore { what: Identified::Damaged }) } else { Ok(certificates) }
}

fn compare(provider: Provider, roots: &[(Root, Certificate)], answers: Vec<Answer>) -> Fetched {
    let results = roots.iter().map(|(root, certificate)| result_of(root, certificate, &answers)).collect();
    let known: HashSet<Fingerprint> = provider.pins.iter().map(|root| root.sha256).collect();
    let urls = answers
        .iter()
        .map(|answer| Asked { url: answer.asked.url.clone(), state: answer.state(&known, roots) })
        .collect();
    let chained = chained(&provider, &answers);
    let mut held: Vec<Held> = Vec::new();
    for Answer { asked, from, certificates, authentic, .. } in answers {
        let Ok(certificates) = certificates else { continue };
        // What stands in the place of a pinned root is a mismatch, not an offer.
        if !asked.is_followed() && !certificates.iter().any(|found| known.contains(&found.fingerprint())) {
            continue;
        }
        for certificate in certificates {
            if known.contains(&certificate.fingerprint()) || held.iter().any(|held| held.certificate == certificate) {
                continue;
            }
            if chained.contains(&certificate.fingerprint()) {
                continue;
            }
            let in_pattern = match &asked.serves {
                Serves::Followed { pattern: Some(pattern) } => fits_name(pattern, &certificate.subject().to_string()),
                Serves::Followed { pattern: None } | Serves::Roots => false,
            };
            let acceptable = authentic && in_pattern && certificate.is_ca() && certificate.is_self_signed();
            held.push(Held { certificate, url: from.clone(), acceptable });
        }
    }
    Fetched { provider, roots: results, held, urls }
}

/// Finds what is served and leads to a pinned root, signature by signature: the intermediates of whole chains, which
/// some providers publish. They are not roots, and whoever trusts the root does not need them.
fn chained(provider: &Provider, answers: &[Answer]) -> HashSet<Fingerprint> {
    let mut issuers: Vec<Certificate> =
        provider.roots().unwrap_or_default().into_iter().map(|(_, certificate)| certificate).collect();
    let mut left: Vec<&Certificate> = answers.iter().flat_map(|answer| answer.certificates.iter().flatten()).collect();
    left.retain(|certificate| !certificate.is_self_signed());
    let mut chained = HashSet::new();
    while !issuers.is_empty() {
        let signed = |certificate: &&Certificate| {
            let by = |issuer: &Certificate| {
                issuer.is_ca()
                    && issuer.subject() == certificate.issuer()
                    && certificate.signature_by(issuer) == Verdict::Valid
            };
            issuers.iter().any(by)
        };
        let (found, rest): (Vec<&Certificate>, Vec<&Certificate>) = left.into_iter().partition(signed);
        left = rest;
        chained.extend(found.iter().map(|certificate| certificate.fingerprint()));
        issuers = found.into_iter().cloned().collect();
    }
    chained
}

fn result_of(root: &Root, certificate: &Certificate, answers: &[Answer]) -> RootResult {
    let serves = |answer: &&Answer| {
        let certificates = answer.certificates.as_deref().unwrap_or_default();
        certificates.iter().any(|certificate| certificate.fingerprint() == root.sha256)
    };
    let own = answers.iter().find(|answer| root.url.as_deref() == Some(&answer.asked.url));
    let found = own.filter(serves).or_else(|| answers.iter().find(serves));
    let followed = || answers.iter().find(|answer| answer.asked.is_followed());
    let asked = found.or(own).or_else(followed);
    let (result, reason) = match (found, asked) {
        (Some(answer), _) if answer.unchanged => (RootState::Unchanged, None),
        (Some(_), _) => (RootState::Downloaded, None),
        (None, None) => (RootState::BuiltIn, Some("it is not published by itself".to_owned())),
        (None, Some(answer)) => match &answer.certificates {
            Err(missing) => (RootState::BuiltIn, Some(missing.to_string())),
            Ok(certificates) if !answer.asked.is_followed() => {
                let found: Vec<String> = certificates.iter().map(|found| found.fingerprint().to_string()).collect();
                let reason = format!("`{}` serves {} instead", answer.from, found.join(", "));
                (RootState::Mismatch, Some(reason))
            }
            Ok(_) => (RootState::BuiltIn, Some(format!("`{}` does not hold it", answer.from))),
        },
    };
    RootResult {
        sha256: root.sha256,
        subject: certificate.subject().to_string(),
        role: root.role,
        url: asked.map(|answer| answer.asked.url.clone()),
        result,
        reason,
    }
}
