//! A provider's roots from where it publishes them, held against the pins.

mod answer;

use std::collections::HashSet;
use std::sync::Arc;

use serde::Serialize;

use super::Progress;
use super::download::{DownloadError, DownloadRequest, Downloaded, Downloader};
use super::held::HeldRoom;
use super::tenant::api::{self, AskedTenant, FetchedTenant};
use crate::bundle::{Role, fits_name};
use crate::catalog::{Provider, Root, Selection};
use crate::source::Error;
use crate::x509::{Certificate, Fingerprint, Verdict};

pub use answer::UrlState;
pub(crate) use answer::listed;
use answer::{Answer, Served, Serves, Wanted};

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
    /// How many more there are at least, beyond what is held of one provider.
    pub more_held: usize,
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
        let mut asked: Vec<AskedProvider> = Vec::new();
        for (provider, selection) in &providers {
            let roots = provider.installed(selection)?;
            let roots: Vec<(Root, Certificate)> =
                roots.into_iter().map(|(root, certificate)| (root.clone(), certificate)).collect();
            let urls = urls(provider, &roots, selection.region.as_deref());
            asked.push((roots, urls));
        }
        let (answers, tenants) = match asking {
            Asking::Online(downloader, progress) => {
                let mut asked: Vec<(DownloadRequest, Owner)> = asked.iter().enumerate().flat_map(requests).collect();
                let mut refused = Vec::new();
                let calls = api::requests(&mut tenants, downloader);
                for (place, (tenant, call)) in tenants.into_iter().zip(calls).enumerate() {
                    match call {
                        Ok(request) => asked.push((request, Owner::Tenant(place, Box::new(tenant)))),
                        Err(reason) => refused.push((place, tenant.fetched(Err(reason)))),
                    }
                }
                progress(Progress::Started(asked.len()));
                parted(downloader.get_each(asked, Owner::take, &|| progress(Progress::Step)), refused)
            }
            Asking::Offline => {
                let answers =
                    asked.iter().enumerate().flat_map(|(of, (_, urls))| urls.iter().map(move |url| (of, url)));
                (answers.map(|(of, url)| (of, Answer::offline(url.clone()))).collect(), Vec::new())
            }
        };
        let mut answers = answers.into_iter().peekable();
        let compared = providers.into_iter().zip(asked).enumerate().map(|(of, ((provider, _), (roots, _)))| {
            let own = std::iter::from_fn(|| answers.next_if(|(owner, _)| *owner == of)).map(|(_, answer)| answer);
            compare(provider, &roots, own.collect())
        });
        Ok((compared.collect(), tenants))
    }

    /// Tells whether a root could not be downloaded from where it is published.
    pub fn missed_network(&self) -> bool {
        self.roots.iter().any(|root| root.result == RootState::BuiltIn && root.url.is_some())
    }
}

/// What is asked of a provider, by the place of that.
type AskedProvider = (Vec<(Root, Certificate)>, Vec<Wanted>);

/// Whose answer a download is, and the place of that.
enum Owner {
    Url(usize, Wanted),
    Tenant(usize, Box<AskedTenant>),
}

/// What became of it.
enum Taken {
    Url(usize, Answer),
    Tenant(usize, FetchedTenant),
}

impl Owner {
    fn take(self, answer: Result<Downloaded, DownloadError>) -> Taken {
        match self {
            Self::Url(of, wanted) => Taken::Url(of, Answer::of(wanted, answer)),
            Self::Tenant(place, tenant) => Taken::Tenant(place, tenant.fetched(Ok(answer))),
        }
    }
}

/// Parts what came, each kind in its order.
fn parted(taken: Vec<Taken>, mut tenants: Vec<(usize, FetchedTenant)>) -> (Vec<(usize, Answer)>, Vec<FetchedTenant>) {
    let mut answers = Vec::new();
    for taken in taken {
        match taken {
            Taken::Url(of, answer) => answers.push((of, answer)),
            Taken::Tenant(place, tenant) => tenants.push((place, tenant)),
        }
    }
    tenants.sort_by_key(|(place, _)| *place);
    (answers, tenants.into_iter().map(|(_, tenant)| tenant).collect())
}

fn urls(provider: &Provider, roots: &[(Root, Certificate)], region: Option<&str>) -> Vec<Wanted> {
    let known: Arc<HashSet<Fingerprint>> = Arc::new(provider.pins.iter().map(|root| root.sha256).collect());
    let mut urls: Vec<Wanted> = Vec::new();
    for (root, _) in roots {
        if let Some(url) = root.url.clone().filter(|url| urls.iter().all(|asked| asked.url != *url)) {
            urls.push(Wanted { url, serves: Serves::Roots, known: Arc::clone(&known) });
        }
    }
    for source in provider.sources.iter().filter(|source| source.is_public()) {
        let url = match (region, &source.regional) {
            (Some(region), Some(regional)) => regional.replace("{region}", region),
            _ => source.url.clone(),
        };
        let serves = Serves::Followed { pattern: source.subject.clone() };
        urls.push(Wanted { url, serves, known: Arc::clone(&known) });
    }
    urls
}

/// A provider may redirect among the hosts that its definition names.
fn requests((of, (_, urls)): (usize, &AskedProvider)) -> Vec<(DownloadRequest, Owner)> {
    let host = |asked: &Wanted| Some(reqwest::Url::parse(&asked.url).ok()?.host_str()?.to_owned());
    let allowed_hosts: Vec<String> = urls.iter().filter_map(host).collect();
    let request =
        |asked: &Wanted| (DownloadRequest::file(&asked.url, allowed_hosts.clone()), Owner::Url(of, asked.clone()));
    urls.iter().map(request).collect()
}

fn compare(provider: Provider, roots: &[(Root, Certificate)], answers: Vec<Answer>) -> Fetched {
    let results = roots.iter().map(|(root, certificate)| result_of(root, certificate, &answers)).collect();
    let urls =
        answers.iter().map(|answer| Asked { url: answer.asked.url.clone(), state: answer.state(roots) }).collect();
    let mut passed = chained(&provider, &answers);
    let (mut held, mut room, mut more_held) = (Vec::new(), HeldRoom::of_provider(), 0);
    for Answer { asked, from, served, authentic, .. } in answers {
        let Ok(served) = served else { continue };
        // What stands in the place of a pinned root is a mismatch, not an offer.
        if !asked.is_followed() && served.pinned.is_empty() {
            continue;
        }
        // Several URLs may serve the same.
        more_held = more_held.max(served.more);
        for certificate in served.others {
            if !passed.insert(certificate.fingerprint()) {
                continue;
            }
            if !room.takes(&certificate) {
                more_held += 1;
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
    Fetched { provider, roots: results, held, more_held, urls }
}

/// Finds what is served and leads to a pinned root, signature by signature: the intermediates of whole chains, which
/// some providers publish. They are not roots, and whoever trusts the root does not need them.
fn chained(provider: &Provider, answers: &[Answer]) -> HashSet<Fingerprint> {
    let mut issuers: Vec<Certificate> =
        provider.roots().unwrap_or_default().into_iter().map(|(_, certificate)| certificate).collect();
    let mut left: Vec<&Certificate> =
        answers.iter().filter_map(|answer| answer.served.as_ref().ok()).flat_map(|served| &served.others).collect();
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
    let serves = |answer: &&Answer| answer.serves(&root.sha256);
    let own = answers.iter().find(|answer| root.url.as_deref() == Some(&answer.asked.url));
    let found = own.filter(serves).or_else(|| answers.iter().find(serves));
    let followed = || answers.iter().find(|answer| answer.asked.is_followed());
    let asked = found.or(own).or_else(followed);
    let (result, reason) = match (found, asked) {
        (Some(answer), _) if answer.unchanged => (RootState::Unchanged, None),
        (Some(_), _) => (RootState::Downloaded, None),
        (None, None) => (RootState::BuiltIn, Some("it is not published by itself".to_owned())),
        (None, Some(answer)) => match &answer.served {
            Err(missing) => (RootState::BuiltIn, Some(missing.to_string())),
            Ok(Served { first: (found, more), .. }) if !answer.asked.is_followed() => {
                (RootState::Mismatch, Some(format!("`{}` serves {} instead", answer.from, listed(found, *more))))
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
