//! Findings of a fetch that a person should look at.

use super::finding::{Finding, FindingKind};
use super::note::Note;
use crate::source::{self, CatalogueResult, CatalogueState, Fetched, Held, RootResult, RootState, UrlState};

impl Fetched {
    /// Returns what is not as it should be, in words.
    pub fn findings(&self) -> Vec<Finding> {
        let mut findings: Vec<Finding> = self.unreachable().into_iter().collect();
        for asked in &self.urls {
            let key = |detail: &str| format!("{} {detail}", asked.url);
            let docs = || Some(format!("compare it with {}", self.provider.page()));
            let (kind, key, message, hint) = match &asked.state {
                UrlState::AsPinned | UrlState::Unreachable(_) => continue,
                UrlState::Moved(to) => {
                    (FindingKind::Moved, key(to), format!("`{}` has moved for good to `{to}`", asked.url), docs())
                }
                UrlState::Gone(reason) => {
                    let expected = self.expected(&asked.url);
                    let message = format!("{reason}, where it published {expected}; the built-in copy stays");
                    (FindingKind::Gone, asked.url.clone(), message, docs())
                }
                UrlState::Else { found, more } => {
                    let found = source::listed(found, *more);
                    let expected = self.expected(&asked.url);
                    let message = format!(
                        "`{}` serves {found} instead of {expected}; not used, the built-in copy stays",
                        asked.url
                    );
                    let hint = "its pin is a SHA-256 fingerprint of a known certificate: a proxy or another party may have answered";
                    (FindingKind::Mismatch, key(&found), message, Some(hint.to_owned()))
                }
            };
            findings.push(self.finding(kind, &key, &message, hint));
        }
        if self.more_held > 0 {
            let message = format!("{} more that no pin knows, or at least so many, are not even held", self.more_held);
            findings.push(self.finding(FindingKind::Held, "more", &message, None));
        }
        findings.extend(self.held.iter().map(|held| {
            let fingerprint = held.certificate.fingerprint().to_string();
            let message = format!("held, not trusted: {}", held.description());
            let hint = format!("compare it with {}; `pgtrust accept {fingerprint}` trusts it", self.provider.page());
            self.finding(FindingKind::Held, &fingerprint, &message, Some(hint))
        }));
        findings
    }

    fn finding(&self, kind: FindingKind, key: &str, message: &str, hint: Option<String>) -> Finding {
        let id = &self.provider.id;
        Finding::new(kind, id, key, format!("`{id}`: {message}"), hint)
    }

    fn unreachable(&self) -> Option<Finding> {
        let reasons = self.urls.iter().filter_map(|asked| match &asked.state {
            UrlState::Unreachable(reason) => Some((&asked.url, reason)),
            _ => None,
        });
        let (_, reason) = reasons.clone().next()?;
        let down: Vec<&String> = reasons.map(|(url, _)| url).collect();
        let lost = |root: &&RootResult| {
            root.result == RootState::BuiltIn && root.url.as_ref().is_some_and(|url| down.contains(&url))
        };
        let lost = self.roots.iter().filter(lost).count();
        let message = match (lost, self.roots.len()) {
            (0, _) => reason.clone(),
            (lost, all) => format!(
                "{lost} of {all} root{} taken from the built-in copies, which the same pins prove: {reason}",
                if all == 1 { "" } else { "s" }
            ),
        };
        Some(self.finding(FindingKind::Source, "", &message, None))
    }

    /// The roots that a URL is to serve.
    fn expected(&self, url: &str) -> String {
        let own = self.provider.pins.iter().filter(|root| root.url.as_deref() == Some(url));
        let own: Vec<String> = own.map(|root| format!("`{}`, sha256 {}", root.subject, root.sha256)).collect();
        if own.is_empty() { "the pinned roots".to_owned() } else { own.join(", ") }
    }
}

impl Held {
    /// Returns what a person compares.
    pub fn description(&self) -> String {
        let certificate = &self.certificate;
        format!(
            "`{}`, sha256 {}, valid {} to {}, served by `{}`",
            certificate.title(),
            certificate.fingerprint(),
            certificate.not_before().date(),
            certificate.not_after().date(),
            self.url
        )
    }
}

impl CatalogueResult {
    /// Returns what a person should look at.
    pub fn finding(&self) -> Option<Finding> {
        let reason = self.reason.as_ref()?;
        let kept = if self.kept { "the kept copy is used" } else { "there is no kept copy" };
        let (kind, key, hint) = match self.result {
            CatalogueState::Mismatch => {
                let hint = "if it was changed on purpose, its owner knows the new digest: put that into the manifest as `sha256`";
                (FindingKind::Mismatch, reason.as_str(), Some(hint.to_owned()))
            }
            _ => (FindingKind::Source, "", None),
        };
        Some(Finding::new(kind, &self.url, key, format!("catalogue `{}`: {reason}; {kept}", self.url), hint))
    }
}

/// Returns what the manifest accepted of a provider by itself.
pub(super) fn accepted_as_said(provider: &str, accepted: &[Held]) -> impl Iterator<Item = Note> {
    accepted.iter().map(move |root| Note::Accepted { provider: provider.to_owned(), root: root.description() })
}
