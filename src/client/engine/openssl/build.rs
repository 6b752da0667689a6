//! How OpenSSL extends a chain: one issuer at a time, and it never turns back (`build_chain`).

use time::OffsetDateTime;

use super::super::reason::{Reason, Stop};
use super::Rules;
use super::kind::Kind;

/// What OpenSSL put together, the server's certificate first.
pub(super) struct Chain<'k, 'a> {
    pub(super) certificates: Vec<&'k Kind<'a>>,
    /// How many of them are from the server and not from the store.
    untrusted: usize,
    /// A partial chain ends where trust begins.
    partial: bool,
}

impl<'k, 'a> Chain<'k, 'a> {
    /// Returns it as far as trust needs it. Where the server's own certificate is in the store, OpenSSL still judges all
    /// that it found before it looked.
    pub(super) fn path(&self) -> &[&'k Kind<'a>] {
        let end = if self.untrusted == 0 { 1 } else { self.certificates.len() };
        &self.certificates[..end]
    }

    fn is_trusted(&self, from: usize) -> bool {
        let found = self.certificates.get(from..).unwrap_or_default();
        found.iter().any(|kind| kind.self_signed) || (self.partial && !found.is_empty())
    }
}

/// Builds the chain that OpenSSL will judge.
pub(super) fn chain<'k, 'a>(
    sent: &'k [Kind<'a>],
    store: &'k [Kind<'a>],
    at: OffsetDateTime,
    rules: Rules,
) -> Result<Chain<'k, 'a>, Stop> {
    let mut chain = Chain { certificates: vec![&sent[0]], untrusted: 1, partial: rules.partial_chain };
    let mut left: Vec<&Kind<'_>> = sent.iter().collect();
    let mut may_use_sent = true;
    loop {
        let number = chain.certificates.len();
        let current = chain.certificates[number - 1];
        let trusted = if number > DEPTH { None } else { best(store.iter(), current, at, |_| true) };
        if let Some(issuer) = trusted.filter(|issuer| extend(&mut chain, issuer)) {
            may_use_sent = false;
            if chain.is_trusted(chain.untrusted.min(number)) {
                return Ok(chain);
            }
            if !issuer.self_signed {
                continue;
            }
        }
        if !may_use_sent {
            return finish(chain, store);
        }
        let fresh = |kind: &&Kind<'_>| number == 1 && current.self_issued() || !chain.certificates.contains(kind);
        let next = if current.self_signed && !current.invalid || number > DEPTH {
            None
        } else {
            best(left.iter().copied(), current, at, fresh)
        };
        match next {
            Some(issuer) => {
                left.retain(|kind| !std::ptr::eq(*kind, issuer));
                chain.certificates.push(issuer);
                chain.untrusted += 1;
            }
            None => may_use_sent = false,
        }
    }
}

/// Takes a certificate of the store for the issuer of the last. A self-signed one must be that very certificate.
fn extend<'k, 'a>(chain: &mut Chain<'k, 'a>, issuer: &'k Kind<'a>) -> bool {
    let last = chain.certificates.len() - 1;
    if !chain.certificates[last].self_signed {
        chain.certificates.push(issuer);
        return true;
    }
    let same = chain.certificates[last] == issuer;
    if same {
        chain.certificates[last] = issuer;
        chain.untrusted = last;
    }
    same
}

/// The last chance of a partial chain is the server's own certificate in the store.
fn finish<'k, 'a>(mut chain: Chain<'k, 'a>, store: &'k [Kind<'a>]) -> Result<Chain<'k, 'a>, Stop> {
    let number = chain.certificates.len();
    let last = chain.certificates[number - 1];
    if number > DEPTH {
        return Err(Reason::too_long(last).into());
    }
    let own = store.iter().find(|kind| *kind == chain.certificates[0]);
    if let Some(own) = own.filter(|_| chain.partial && number == chain.untrusted) {
        chain.certificates[0] = own;
        chain.untrusted = 0;
        return Ok(chain);
    }
    if last.invalid {
        return Err(Reason::malformed(last, "has an extension that OpenSSL cannot read").into());
    }
    if last.self_signed {
        return Err(Reason::SelfSigned { certificate: last.title() }.into());
    }
    let place = if chain.untrusted < number { FROM_STORE } else { ANYWHERE };
    Err(Reason::no_issuer(last, place).into())
}

/// The first that is valid now; else the one that is valid longest (`get0_best_issuer_sk`).
fn best<'k, 'a: 'k>(
    candidates: impl Iterator<Item = &'k Kind<'a>>,
    subject: &Kind<'_>,
    at: OffsetDateTime,
    allowed: impl Fn(&&'k Kind<'a>) -> bool,
) -> Option<&'k Kind<'a>> {
    let mut best: Option<&'k Kind<'a>> = None;
    for candidate in candidates.filter(|candidate| allowed(candidate) && candidate.may_have_issued(subject)) {
        if !candidate.early_at(at) && !has_ended(candidate, at) {
            return Some(candidate);
        }
        if best.is_none_or(|best| candidate.certificate.not_after() > best.certificate.not_after()) {
            best = Some(candidate);
        }
    }
    best
}

/// Unlike others, OpenSSL does not count the last second of a validity (`X509_cmp_time`).
pub(super) fn has_ended(kind: &Kind<'_>, at: OffsetDateTime) -> bool {
    kind.certificate.not_after().unix_timestamp() <= at.unix_timestamp()
}

impl PartialEq for Kind<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.facts == other.facts
    }
}

/// Longest chain that is looked for an issuer of: the default depth of 100, and the trusted certificate.
const DEPTH: usize = 101;
const ANYWHERE: &str = "is neither in the store nor sent by the server";
const FROM_STORE: &str = "is not in the store, and OpenSSL does not go back to what the server sent";
