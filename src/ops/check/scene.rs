//! The machine on which clients run: what they find, the stores that they read, and what is going to change.

use time::OffsetDateTime;

use super::chosen::Chosen;
use super::servers::Named;
use super::{Answered, Checked, Request, Seen, remarks};
use crate::bundle::CertificateSet;
use crate::catalog::{Provider, Rotation};
use crate::client::Client;
use crate::client::judge::{Case, Server};
use crate::client::parameters::Parameters;
use crate::client::situation::Situation;
use crate::client::store::Who;
use crate::client::stores::{Assumed, Stores};
use crate::client::surroundings::Surroundings;
use crate::client::survival::{Ends, Future};
use crate::client::target::PORT;
use crate::client::verdict::{Outcome, Remedy, Verdict};
use crate::format::Passwords;
use crate::ops::{Error, Machine, RequestError, inspect};
use crate::source::load_path;
use crate::x509::{Certificate, Verdict as Signed};

/// All that clients run on.
pub(super) struct Scene<'a> {
    machine: &'a Machine<'a>,
    user: Place<'a>,
    /// Clients that run as an account of their own.
    accounts: Vec<(&'static str, Place<'a>)>,
    /// The name that clients compare, in the place of the target's.
    host: Option<String>,
    /// The rotation that is taken for over.
    after: Option<Rotation>,
    at: OffsetDateTime,
}

/// What the clients of one user find.
struct Place<'a> {
    surroundings: Surroundings<'a>,
    stores: Stores,
}

impl<'a> Scene<'a> {
    pub(super) fn of(machine: &'a Machine<'a>, request: &Request) -> Result<Self, Error> {
        let assumed = assumed(request)?;
        let place = |surroundings: Surroundings<'a>, who: Who| {
            let stores = Stores::new(&surroundings, who, &machine.environment, machine.programs(), assumed.clone());
            Place { surroundings, stores }
        };
        let variable: &'a dyn Fn(&str) -> Option<std::ffi::OsString> = &machine.variable;
        let user = match &request.user {
            None => place(Surroundings::of_this_user(variable, &request.folder), Who::this()),
            Some(name) => {
                let who = Who::named(name).unwrap_or_default();
                place(Surroundings::of_other_user(name, &request.folder)?, who)
            }
        };
        let account = |name: &'static str| {
            let who = Who::named(name)?;
            Some((name, place(Surroundings::of_other_user(name, &request.folder).ok()?, who)))
        };
        let accounts = crate::client::CLIENTS.iter().filter_map(|client| account(client.account?)).collect();
        let after = request.after.as_ref().map(|id| rotation(machine, id)).transpose()?;
        Ok(Self { machine, user, accounts, host: request.host.clone(), after, at: machine.as_of })
    }

    pub(super) fn surroundings(&self) -> &Surroundings<'a> {
        &self.user.surroundings
    }

    /// Fails for a root that no store is assumed to have and none has.
    pub(super) fn refuse_unused(&self) -> Result<(), Error> {
        match self.user.stores.unused().next() {
            Some(pattern) => Err(RequestError::UnusedPattern { pattern: pattern.to_string() }.into()),
            None => Ok(()),
        }
    }

    /// Tells whether it matters if this server lets clients in without TLS.
    pub(super) fn asks_for_plaintext(&self, parameters: &Parameters, seen: &Seen, chosen: &Chosen<'_>) -> bool {
        let clients = chosen.clients(parameters, self.machine.programs());
        clients.iter().any(|client| client.outcome(&self.case(client, parameters, seen)) == Outcome::Plaintext)
    }

    fn case<'b>(&'b self, client: &Client, parameters: &'b Parameters, seen: &'b Seen) -> Case<'b> {
        let own = client.account.and_then(|name| self.accounts.iter().find(|(account, _)| *account == name));
        let place = own.map_or(&self.user, |(_, place)| place);
        Case {
            situation: Situation { parameters, surroundings: &place.surroundings, stores: &place.stores },
            server: Server {
                chain: seen.has_tls.then_some(seen.certificates.as_slice()),
                leaf: seen.leaf(),
                trouble: seen.trouble.as_ref().map(|(reason, for_all)| (reason.as_str(), *for_all)),
                plaintext: seen.plaintext,
            },
            at: self.at,
        }
    }

    /// Judges one server.
    pub(super) fn checked(
        &self,
        named: Named,
        seen: Result<Seen, Error>,
        chosen: &Chosen<'_>,
    ) -> Result<Checked, Error> {
        let parameters = match named {
            Ok(parameters) => {
                Parameters { host: self.host.clone().unwrap_or_else(|| parameters.host.clone()), ..parameters }
            }
            Err(error) => return Ok(Checked { host: String::new(), port: 0, provider: None, result: Err(error) }),
        };
        let catalog = self.machine.catalog()?;
        let provider = catalog.provider_of_host(&parameters.host)?;
        let provider = provider.map(|id| catalog.provider(&id)).transpose()?;
        let result = match seen {
            Ok(seen) => Ok(self.answered(&parameters, seen, provider.as_ref(), chosen)?),
            Err(error) => Err(error),
        };
        Ok(Checked {
            port: parameters.port.unwrap_or(PORT),
            host: parameters.host,
            provider: provider.map(|provider| provider.id),
            result,
        })
    }

    fn answered(
        &self,
        parameters: &Parameters,
        seen: Seen,
        provider: Option<&Provider>,
        chosen: &Chosen<'_>,
    ) -> Result<Answered, Error> {
        let catalog = self.machine.catalog()?;
        let roots_of = provider.and_then(|provider| catalog.provider(provider.roots_of.as_ref()?).ok());
        let future = Future::of(provider.into_iter().chain(&roots_of));
        if let Some(rotation) = self.after.as_ref().filter(|rotation| !future.knows(rotation)) {
            let host = parameters.host.clone();
            return Err(RequestError::RotationOfAnother { id: rotation.id.clone(), host }.into());
        }
        let mut verdicts = Vec::new();
        for client in chosen.clients(parameters, self.machine.programs()) {
            if client.account.is_some_and(|name| self.accounts.iter().all(|(account, _)| *account != name)) {
                continue;
            }
            let case = self.case(client, parameters, &seen);
            let verdict = self.mended(client.judge(&case), &case, provider)?;
            let verdict = self.rotated(verdict, &future);
            let ends = if self.after.is_some() { Ends::default() } else { client.ends(&case, &verdict, &future) };
            verdicts.push((verdict, ends));
        }
        let remarks = remarks::of(parameters, &seen, provider, &self.user.surroundings, &self.user.stores, self.at);
        let chain = inspect::listed(&seen.certificates, catalog)?;
        Ok(Answered { seen, chain, remarks, verdicts })
    }

    /// A remedy that would not help is none: the roots of the provider may not be what the server's chain leads to.
    fn mended(&self, mut verdict: Verdict, case: &Case<'_>, provider: Option<&Provider>) -> Result<Verdict, Error> {
        let installs = matches!(verdict.remedy, Some(Remedy::Install(_)));
        let Some(provider) = provider.filter(|provider| installs && !provider.pins.is_empty()) else {
            return Ok(verdict);
        };
        let Some(last) = case.server.chain.and_then(<[Certificate]>::last) else { return Ok(verdict) };
        let roots = provider.roots()?;
        let helps = roots.iter().any(|(_, root)| root == last || last.signature_by(root) == Signed::Valid);
        if !helps {
            let of = self.pinned_by(last)?.map_or_else(String::new, |id| format!(", whose root `{id}` pins"));
            let what = format!("no root of `{}` helps: the server's chain leads to {}{of}", provider.id, last.issuer());
            verdict.remedy = Some(Remedy::Do(what));
        }
        Ok(verdict)
    }

    /// The provider that pins the root of a certificate.
    fn pinned_by(&self, last: &Certificate) -> Result<Option<String>, Error> {
        let catalog = self.machine.catalog()?;
        for id in catalog.ids()? {
            let provider = catalog.provider(&id)?;
            let vouches = |root: &Certificate| root == last || last.signature_by(root) == Signed::Valid;
            let issuer = |root: &Certificate| root.subject() == last.issuer();
            if provider.roots()?.iter().any(|(_, root)| issuer(root) && vouches(root)) {
                return Ok(Some(provider.id));
            }
        }
        Ok(None)
    }

    /// How it is once the rotation is over. What the server sends then is not known: a client that verifies chains needs all
    /// roots that the rotation needs.
    fn rotated(&self, mut verdict: Verdict, future: &Future) -> Verdict {
        let Some(rotation) = self.after.as_ref().filter(|_| !verdict.roots.is_empty()) else { return verdict };
        let by_chain = verdict.path.is_empty() && matches!(verdict.remedy, Some(Remedy::Install(_)));
        if verdict.outcome != Outcome::Verified && !by_chain {
            return verdict;
        }
        match future.lacks(rotation, &verdict.roots) {
            None => {
                verdict.outcome = Outcome::Verified;
                verdict.reason = format!("after {}: all roots that it needs are there", rotation.id);
                verdict.remedy = None;
            }
            Some(lacking) => {
                verdict.outcome = Outcome::Refused;
                verdict.reason = format!("after {} it needs {lacking}, which is not there", rotation.id);
                verdict.remedy = Some(Remedy::Install(verdict.file()));
            }
        }
        verdict.path.clear();
        verdict
    }
}

fn assumed(request: &Request) -> Result<Assumed, Error> {
    let mut set = CertificateSet::new();
    for path in &request.with {
        load_path(&mut set, path, Passwords::usual())?;
    }
    Ok(Assumed { with: set.certificates().cloned().collect::<Vec<Certificate>>(), without: request.without.clone() })
}

fn rotation(machine: &Machine<'_>, id: &str) -> Result<Rotation, Error> {
    let catalog = machine.catalog()?;
    for provider in catalog.ids()? {
        if let Some(rotation) = catalog.provider(&provider)?.rotations.iter().find(|rotation| rotation.id == id) {
            return Ok(rotation.clone());
        }
    }
    Err(RequestError::UnknownRotation { id: id.to_owned() }.into())
}
