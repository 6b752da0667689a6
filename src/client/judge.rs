//! From a client's plan and a server to a verdict.

use time::OffsetDateTime;

use super::engine::{Answer, Leaf, Question, Reason};
use super::host::Mismatch;
use super::plan::{Check, On, Plan, Refused, Way};
use super::situation::Situation;
use super::verdict::{Outcome, Remedy, Verdict};
use super::{Client, crl};
use crate::x509::Certificate;

/// A server as it was seen, or recorded.
#[derive(Clone, Copy, Debug)]
pub struct Server<'a> {
    /// The certificates that it sends, its own first; None for a server without TLS.
    pub chain: Option<&'a [Certificate]>,
    /// What stands at the beginning of them.
    pub leaf: Leaf,
    /// Whether it lets clients in without TLS, where that is known.
    pub plaintext: Option<bool>,
}

/// What is asked of a client.
#[derive(Clone, Copy)]
pub struct Case<'a> {
    /// The connection.
    pub situation: Situation<'a>,
    /// Who answers.
    pub server: Server<'a>,
    /// When.
    pub at: OffsetDateTime,
}

/// An outcome, why, and what mends it.
type Judged = (Outcome, String, Option<Remedy>);

/// What keeps a client from TLS that it trusts.
struct Flaw {
    reason: String,
    remedy: Remedy,
    /// Whether pgtrust cannot tell if it does.
    unsure: bool,
}

impl Flaw {
    fn sure(reason: impl ToString, remedy: Remedy) -> Self {
        Self { reason: reason.to_string(), remedy, unsure: false }
    }

    fn unsure(reason: impl ToString) -> Self {
        let remedy = Remedy::Do("ask the client itself: connect once".to_owned());
        Self { reason: reason.to_string(), remedy, unsure: true }
    }
}

/// A path that a client trusts, and the roots that it has.
#[derive(Default)]
struct Trusted {
    path: Vec<Certificate>,
    roots: Vec<Certificate>,
}

impl Client {
    /// Tells what this client makes of a server.
    pub fn judge(&'static self, case: &Case<'_>) -> Verdict {
        match (self.plan)(&case.situation) {
            Ok(plan) => self.follow(case, plan),
            Err(refused) => self.stopped(case, refused),
        }
    }

    fn stopped(&'static self, case: &Case<'_>, refused: Refused) -> Verdict {
        let remedy = match refused.lacks {
            Some(path) => Remedy::Install(Some(path)),
            None => self.verifying(case),
        };
        Verdict {
            client: self,
            mode: refused.mode,
            store: None,
            outcome: Outcome::Refused,
            reason: refused.reason,
            remedy: Some(remedy),
            steps: Vec::new(),
            path: Vec::new(),
            roots: Vec::new(),
            by_file: false,
        }
    }

    fn follow(&'static self, case: &Case<'_>, plan: Plan) -> Verdict {
        let mut trusted = Trusted::default();
        let (outcome, reason, remedy) = match plan.way {
            Way::Plain => self.plain(case, "it asks for no TLS"),
            Way::Tls(check) => self.tls(case, &plan, check, None, &mut trusted),
            Way::TlsThenPlain(check, on) => self.tls(case, &plan, check, Some(on), &mut trusted),
            Way::PlainThenTls(check) => match case.server.plaintext {
                Some(false) => self.tls(case, &plan, check, None, &mut trusted),
                _ => self.plain(case, "it tries without TLS first"),
            },
        };
        let by_file = plan.roots.file.is_some() && plan.roots.base.is_none();
        Verdict {
            client: self,
            store: plan.verifies().then(|| plan.roots.to_string()),
            mode: plan.mode,
            outcome,
            reason,
            remedy,
            steps: plan.steps,
            path: trusted.path,
            roots: trusted.roots,
            by_file,
        }
    }

    fn plain(&self, case: &Case<'_>, why: &str) -> Judged {
        match case.server.plaintext {
            Some(false) => {
                (Outcome::Refused, format!("{why}, and the server lets nobody in without"), Some(self.verifying(case)))
            }
            _ => (Outcome::Plaintext, format!("{why}: all goes in the clear"), Some(self.verifying(case))),
        }
    }

    /// TLS, and what the client does where that fails.
    fn tls(&self, case: &Case<'_>, plan: &Plan, check: Check, otherwise: Option<On>, trusted: &mut Trusted) -> Judged {
        let Some(chain) = case.server.chain else {
            let reason = "the server has no TLS";
            return match otherwise {
                Some(_) => self.plain(case, reason),
                None => {
                    let remedy = Remedy::Server("switch TLS on there: `ssl = on`".to_owned());
                    (Outcome::Refused, reason.to_owned(), Some(remedy))
                }
            };
        };
        match self.verify(case, plan, check, chain) {
            Ok(found) => *trusted = found,
            Err(flaw) if flaw.unsure => return (Outcome::Undetermined, flaw.reason, Some(flaw.remedy)),
            Err(flaw) if otherwise == Some(On::Failure) && case.server.plaintext != Some(false) => {
                return (
                    Outcome::Plaintext,
                    format!("{}; it then goes on without TLS", flaw.reason),
                    Some(flaw.remedy),
                );
            }
            Err(flaw) => return (Outcome::Refused, flaw.reason, Some(flaw.remedy)),
        }
        match check {
            Check::Nothing => {
                let reason = format!("{} verifies nothing: anybody may answer", plan.mode);
                (Outcome::Unverified, reason, Some(self.verifying(case)))
            }
            Check::Full if case.server.leaf == Leaf::Missing => {
                (Outcome::Verified, "the chain; the record has no certificate of the server".to_owned(), None)
            }
            Check::Chain => (Outcome::Verified, "the chain, not the host's name".to_owned(), None),
            Check::Full => (Outcome::Verified, "the chain and the host's name".to_owned(), None),
        }
    }

    fn verify(&self, case: &Case<'_>, plan: &Plan, check: Check, chain: &[Certificate]) -> Result<Trusted, Flaw> {
        // Some read the file although they verify nothing, and give up over a bad one.
        let roots = case.situation.stores.read(&plan.roots).map_err(|(path, reason)| {
            let remedy = Remedy::Install(Some(path.clone()));
            Flaw::sure(format!("`{}` {reason}", path.display()), remedy)
        })?;
        let question = Question { chain, anchors: &roots, at: case.at, leaf: case.server.leaf };
        if let Some(reason) = plan.engines.iter().find_map(|engine| engine.handshake(question)) {
            return Err(Flaw::sure(
                reason,
                Remedy::Server("give it a certificate that the client can read".to_owned()),
            ));
        }
        if check == Check::Nothing {
            return Ok(Trusted { path: Vec::new(), roots });
        }
        let path = path(plan, question)?;
        let refusal = plan.crl.as_ref().and_then(|lists| Some((lists, crl::refusal(lists, &path, case.at)?)));
        if let Some((lists, reason)) = refusal {
            return Err(Flaw::sure(reason, Remedy::Do(format!("renew or remove {}", lists.display()))));
        }
        if check == Check::Full && case.server.leaf != Leaf::Missing {
            self.name(case, plan, &chain[0])?;
        }
        Ok(Trusted { path, roots })
    }

    fn name(&self, case: &Case<'_>, plan: &Plan, leaf: &Certificate) -> Result<(), Flaw> {
        let host = plan.name.unwrap_or(&case.situation.parameters.host);
        let mut answers = plan.names.iter().map(|rule| rule.accepts(leaf, host));
        let Some(first) = answers.next() else { return Ok(()) };
        let differs = answers.any(|other| other.is_ok() != first.is_ok());
        match first {
            _ if differs => Err(Flaw::unsure("its release decides whether the name fits")),
            Ok(()) => Ok(()),
            Err(mismatch @ Mismatch::Internationalised) => Err(Flaw::unsure(format!("the certificate {mismatch}"))),
            Err(mismatch) => {
                let remedy = "connect by a name that the certificate has; `hostaddr` keeps the address";
                Err(Flaw::sure(format!("the certificate {mismatch}"), Remedy::Do(remedy.to_owned())))
            }
        }
    }

    /// The setting that verifies the server, with the roots that the connection names.
    fn verifying(&self, case: &Case<'_>) -> Remedy {
        let root = case.situation.parameters.root.as_ref().and_then(|root| root.path());
        let home = || case.situation.seen_in_home("root.crt");
        Remedy::Set((self.setting)(root.map(ToOwned::to_owned).or_else(home).as_deref()))
    }
}

/// The path on which all engines that it may be agree.
fn path(plan: &Plan, question: Question<'_>) -> Result<Vec<Certificate>, Flaw> {
    let mut answers = plan.engines.iter().map(|engine| engine.builds(question));
    let Some(first) = answers.next() else { return Err(Flaw::unsure("its engine is not known")) };
    for other in answers {
        match (&first, &other) {
            (Answer::Trusted { .. }, Answer::Trusted { .. }) | (Answer::Refused(_), Answer::Refused(_)) => {}
            (_, Answer::Refused(reason) | Answer::Undetermined(reason)) | (Answer::Refused(reason), _) => {
                return Err(Flaw::unsure(format!("its release decides: {reason}")));
            }
            (Answer::Undetermined(_), _) => {}
        }
    }
    match first {
        Answer::Trusted { path } => Ok(path),
        Answer::Undetermined(reason) => Err(Flaw::unsure(reason)),
        Answer::Refused(reason) => {
            let remedy = remedy(&reason, plan, question);
            Err(Flaw::sure(reason, remedy))
        }
    }
}

/// A certificate that the server sends is the server's to mend; else the store lacks something.
fn remedy(reason: &Reason, plan: &Plan, question: Question<'_>) -> Remedy {
    let sent = |title: &str| question.chain.iter().any(|certificate| certificate.title() == title);
    match reason {
        Reason::Expired { certificate, .. } | Reason::NotYetValid { certificate, .. } if sent(certificate) => {
            Remedy::Server(format!("renew {certificate} there"))
        }
        _ => Remedy::Install(plan.roots.file.as_ref().map(|(path, _)| path.clone())),
    }
}
