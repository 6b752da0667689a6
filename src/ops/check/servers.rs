//! The servers that are asked, and what they show of themselves.

use std::mem;

use super::Request;
use crate::bundle::CertificateSet;
use crate::client::engine::Leaf;
use crate::client::found::targets;
use crate::client::parameters::{Parameters, Root};
use crate::client::surroundings::Surroundings;
use crate::client::target::{self, Form, Target, targets_of_file};
use crate::format::Passwords;
use crate::ops::{Error, RequestError};
use crate::source::server::{
    Address, Answer, Login, Negotiation, Observed, Plaintext, Question, ServerError, ServerReason, TlsVersion, ask_all,
};
use crate::source::{self, load_path};
use crate::system::{file, limits};
use crate::x509::Certificate;

/// A server that is to be asked, or why it cannot be.
pub(super) type Named = Result<Parameters, Error>;

/// What a server shows of itself, or a record of it.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Seen {
    /// Whether it has TLS.
    pub has_tls: bool,
    /// Its certificates, its own first.
    pub certificates: Vec<Certificate>,
    /// Whether it lets clients in without TLS, where that was asked.
    pub plaintext: Option<bool>,
    /// Why the handshake did not end well, and whether it cannot for any client of today.
    pub(super) trouble: Option<(String, bool)>,
    /// All that it showed; None for a record, and without TLS.
    pub observed: Option<Observed>,
}

impl Seen {
    /// A record may begin with a CA, where the server's own certificate was not to be had: then all in it are CAs.
    pub(super) fn leaf(&self) -> Leaf {
        let is_leafless = |first: &Certificate| {
            !first.is_self_issued() && first.alt_names().is_none() && self.certificates.iter().all(Certificate::is_ca)
        };
        match self.certificates.first() {
            Some(first) if self.observed.is_none() && is_leafless(first) => Leaf::Missing,
            _ => Leaf::Sent,
        }
    }
}

/// Returns the servers of a request. One that cannot be read is a failure among others, unless it is the only one.
pub(super) fn named(request: &Request, surroundings: &Surroundings<'_>) -> Result<Vec<Named>, Error> {
    let mut named: Vec<Named> = Vec::new();
    for text in &request.targets {
        add(&mut named, Target::parse(text, surroundings).map_err(Error::from));
    }
    if let Some(path) = &request.hosts {
        let text = file::read_text(path, limits::CONNECTIONS)?;
        for line in targets_of_file(&text, surroundings) {
            let target = line.map(|(_, target)| target);
            add(&mut named, target.map_err(|reason| RequestError::BadHosts { path: path.clone(), reason }.into()));
        }
    }
    if named.is_empty() && request.hosts.is_some() {
        return Err(RequestError::NoTarget { folder: request.folder.clone() }.into());
    }
    if named.is_empty() && request.chain.is_some() {
        named.push(Ok(Parameters::default()));
    } else if named.is_empty() {
        for found in targets(surroundings) {
            add(&mut named, found.target.map_err(Error::from));
        }
        if named.is_empty() {
            return Err(RequestError::NoTarget { folder: request.folder.clone() }.into());
        }
    }
    if named.len() == 1 && named.iter().any(Result::is_err) {
        return named.into_iter().collect::<Result<Vec<_>, _>>().map(|_| Vec::new());
    }
    Ok(named.into_iter().map(|named| named.map(|parameters| as_asked(request, parameters))).collect())
}

fn add(named: &mut Vec<Named>, target: Result<Target, Error>) {
    match target {
        Err(error) => named.push(Err(error)),
        Ok(Target { form, servers, .. }) => named.extend(servers.into_iter().map(|server| match server {
            // What other forms have of their own is no parameter that libpq would see.
            target::Server::Network(mut parameters) => {
                if matches!(form, Form::Jdbc | Form::Npgsql) {
                    parameters.unknown.clear();
                }
                Ok(parameters)
            }
            target::Server::Socket(path) => Err(RequestError::Socket { path }.into()),
        })),
    }
}

/// What the request says goes before what the target says.
fn as_asked(request: &Request, mut parameters: Parameters) -> Parameters {
    parameters.mode = request.mode.or(parameters.mode);
    if let Some(store) = &request.store {
        parameters.root = Some(Root::from(store.as_path()));
    }
    parameters
}

/// Asks every server, or reads the record that stands for all.
pub(super) fn ask(request: &Request, named: &[Named]) -> Result<Vec<Result<Seen, Error>>, Error> {
    if let Some(path) = &request.chain {
        let mut set = CertificateSet::default();
        load_path(&mut set, path, Passwords::usual())?;
        let certificates: Vec<Certificate> = set.certificates().cloned().collect();
        let seen = Seen { has_tls: true, certificates, ..Seen::default() };
        return Ok(named.iter().map(|_| Ok(seen.clone())).collect());
    }
    let mut seen: Vec<Result<Seen, Error>> = named.iter().map(|_| Ok(Seen::default())).collect();
    let questions = named.iter().map(|named| named.as_ref().ok().map(|parameters| question(parameters, None)));
    ask_each(request, questions, &mut |index, answer| seen[index] = of_answer(answer));
    Ok(seen)
}

/// Asks those servers whether they let clients in without TLS of which somebody wants to know.
pub(super) fn ask_for_plaintext(
    request: &Request,
    named: &[Named],
    seen: &mut [Result<Seen, Error>],
    wants: &dyn Fn(&Parameters, &Seen) -> bool,
) {
    if request.chain.is_some() {
        return;
    }
    let asked = named.iter().zip(seen.iter()).map(|pair| match pair {
        (Ok(parameters), Ok(seen)) if wants(parameters, seen) => Some(question(parameters, Some(login(parameters)))),
        _ => None,
    });
    let questions: Vec<_> = asked.collect();
    ask_each(request, questions.into_iter(), &mut |index, answer| {
        if let Ok(seen) = &mut seen[index] {
            seen.plaintext = match answer.plaintext {
                Some(Ok(Plaintext::Offered)) => Some(true),
                Some(Ok(Plaintext::Refused { .. })) => Some(false),
                _ => None,
            };
        }
    });
}

fn ask_each(request: &Request, questions: impl Iterator<Item = Option<Question>>, take: &mut dyn FnMut(usize, Answer)) {
    let (places, questions): (Vec<usize>, Vec<Question>) =
        questions.enumerate().filter_map(|(index, question)| Some((index, question?))).unzip();
    if !questions.is_empty() {
        ask_all(questions, request.timeout, &mut |index, answer| take(places[index], answer));
    }
}

fn question(parameters: &Parameters, login: Option<Login>) -> Question {
    let server = Address {
        host: parameters.host.clone(),
        address: parameters.address,
        port: parameters.port.unwrap_or(target::PORT),
    };
    let negotiation = if parameters.direct == Some(true) { Negotiation::Direct } else { Negotiation::Postgres };
    Question { server, negotiation, login }
}

/// A server's rules may hang on the names; where the target has none, those that every server knows.
fn login(parameters: &Parameters) -> Login {
    let user = parameters.user.clone().unwrap_or_else(|| "postgres".to_owned());
    let database = parameters.database.clone().unwrap_or_else(|| user.clone());
    Login { user, database }
}

fn of_answer(mut answer: Answer) -> Result<Seen, Error> {
    match mem::replace(&mut answer.observed, Err(ServerError { server: String::new(), reason: ServerReason::NoTls })) {
        Ok(observed) => Ok(Seen {
            has_tls: true,
            certificates: observed.chain.certificates.clone(),
            plaintext: None,
            trouble: trouble(&observed),
            observed: Some(observed),
        }),
        Err(ServerError { reason: ServerReason::NoTls, .. }) => Ok(Seen::default()),
        Err(error) => Err(source::Error::from(error).into()),
    }
}

fn trouble(observed: &Observed) -> Option<(String, bool)> {
    let unfinished = observed.unfinished.as_ref().map(|reason| (reason.to_string(), is_for_all(reason)));
    // Each client makes of such a certificate what its own parser does.
    let unreadable = observed.chain.unreadable.first();
    let unreadable =
        unreadable.map(|one| (format!("certificate {} of the server: {}", one.position, one.reason), false));
    unfinished.or(unreadable)
}

/// TLS 1.0 and 1.1 are off in the clients of today; suites are a matter of each.
fn is_for_all(reason: &ServerReason) -> bool {
    matches!(reason, ServerReason::Outdated { version, .. } if *version < TlsVersion::V1_2)
}
