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
use crate::client::survival::Future;
use crate::client::target::PORT;
use crate::client::verdict::{Outcome, Verdict};
use crate::format::Passwords;
use crate::ops::{Error, Machine, RequestError, inspect};
use crate::source::load_path;
use crate::x509::Certificate;

/// All that clients run on.
pub(super) struct Scene<'a> {
    machine: &'a Machine<'a>,
    user: Place<'a>,
    /// Clients that run as an account of their own.
    accounts: Vec<(&'static str, Place<'a>)>,
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
        let begins = after.as_ref().and_then(Rotation::begins);
        let at = begins.map_or(machine.as_of, |begins| begins.max(machine.as_of));
        Ok(Self { machine, user, accounts, after, at })
    }

    pub(super) fn surroundings(&self) -> &Surroundings<'a> {
        &self.user.surroundings
    }

    /// Tells whether it matters if this server lets clients in without TLS.
    pub(super) fn asks_for_plaintext(&self, parameters: &Parameters, seen: &Seen, chosen: &Chosen<'_>) -> bool {
        let clients = chosen.clients(parameters, self.machine.programs());
        clients.iter().any(|client| self.judge(client, parameters, seen).outcome == Outcome::Plaintext)
    }

    fn judge(&self, client: &'static Client, parameters: &Parameters, seen: &Seen) -> Verdict {
        client.judge(&self.case(client, parameters, seen))
    }

    fn case<'b>(&'b self, client: &Client, parameters: &'b Parameters, seen: &'b Seen) -> Case<'b> {
        let own = client.account.and_then(|name| self.accounts.iter().find(|(account, _)| *account == name));
        let place = own.map_or(&self.user, |(_, place)| place);
        Case {
            situation: Situation { parameters, surroundings: &place.surroundings, stores: &place.stores },
            server: Server {
                chain: seen.has_tls.then_some(seen.certificates.as_slice()),
                leaf: seen.leaf(),
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
            Ok(parameters) => parameters,
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
        let mut verdicts = Vec::new();
        for client in chosen.clients(parameters, self.machine.programs()) {
            if client.account.is_some_and(|name| self.accounts.iter().all(|(account, _)| *account != name)) {
                continue;
            }
            let case = self.case(client, parameters, &seen);
            let verdict = self.rotated(client.judge(&case), &future);
            let ends = client.ends(&case, &verdict, &future);
            verdicts.push((verdict, ends));
        }
        let remarks = remarks::of(parameters, &seen, provider, &self.user.surroundings, &self.user.stores, self.at);
        let chain = inspect::listed(&seen.certificates, catalog)?;
        Ok(Answered { seen, chain, remarks, verdicts })
    }

    /// What is left of a verdict after the rotation: a client that verifies needs all that it needs.
    fn rotated(&self, verdict: Verdict, future: &Future) -> Verdict {
        let Some(rotation) = self.after.as_ref().filter(|_| verdict.outcome == Outcome::Verified) else {
            return verdict;
        };
        match future.lacks(rotation, &verdict.roots) {
            None => verdict,
            Some(lacking) => verdict.lacking(&rotation.id, &lacking),
        }
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
