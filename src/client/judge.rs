//! From a client's plan and a server to a verdict.

use std::path::{Path, PathBuf};

use time::OffsetDateTime;

use super::engine::{Answer, Leaf, Question, Reason};
use super::host::Mismatch;
use super::parameters::{Mode, Parameters, Root};
use super::plan::{Check, On, Plan, Refused, Way};
use super::situation::Situation;
use super::store::Unusable;
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
    /// Why the handshake did not end well, and whether it cannot for clients of today.
    pub trouble: Option<(&'a str, bool)>,
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

/// What stands behind an outcome, and so what would mend it.
enum Cause {
    /// Nothing is to be mended.
    Nothing,
    /// The client does not verify, or not always.
    Weak,
    /// The store lacks the root; where it is a file, this one.
    Roots(Option<PathBuf>),
    /// Any other.
    Known(Remedy),
}

/// An outcome, why, and what stands behind it.
type Judged = (Outcome, String, Cause);

/// What keeps a client from TLS that it trusts, and what stands behind it; None where pgtrust cannot tell whether it does.
type Flaw = (String, Option<Cause>);

impl Client {
    /// Tells what this client makes of a server, and what mends it.
    pub fn judge(&'static self, case: &Case<'_>) -> Verdict {
        let (mut verdict, cause) = self.judged(case);
        verdict.remedy = match cause {
            Cause::Nothing => None,
            Cause::Weak => Some(self.verifying(case)),
            Cause::Roots(path) => Some(Remedy::Install(path)),
            Cause::Known(remedy) => Some(remedy),
        };
        verdict
    }

    /// Tells what comes of it, and no more.
    pub fn outcome(&'static self, case: &Case<'_>) -> Outcome {
        self.judged(case).0.outcome
    }

    /// The verdict, without what mends it.
    fn judged(&'static self, case: &Case<'_>) -> (Verdict, Cause) {
        let mut verdict = Verdict::of(self);
        match (self.plan)(&case.situation) {
            Err(refused) => {
                (verdict.outcome, verdict.mode) = (Outcome::Refused, refused.mode.clone());
                let cause = self.lacking(case, &refused);
                verdict.reason = refused.reason;
                (verdict, cause)
            }
            Ok(plan) => {
                let (outcome, reason, cause) = self.follow(case, &plan, &mut verdict);
                verdict.store = plan.verifies().then(|| plan.roots.to_string());
                verdict.by_file = plan.roots.file.is_some() && plan.roots.base.is_none();
                (verdict.outcome, verdict.reason) = (outcome, reason);
                (verdict.mode, verdict.steps) = (plan.mode, plan.steps);
                (verdict, cause)
            }
        }
    }

    fn lacking(&self, case: &Case<'_>, refused: &Refused) -> Cause {
        let named = case.situation.parameters.root.as_ref();
        let Some(path) = refused.lacks.as_ref().filter(|_| named != Some(&Root::System)) else { return Cause::Weak };
        match case.situation.stores.state(path) {
            Some(Unusable::Closed { folder }) => Cause::Known(Remedy::Do(format!(
                "let this user pass `{}`, or put the file where they can read it",
                folder.display()
            ))),
            _ => Cause::Roots(Some(path.clone())),
        }
    }

    fn follow(&self, case: &Case<'_>, plan: &Plan, verdict: &mut Verdict) -> Judged {
        match plan.way {
            Way::Plain => plain(case, "it asks for no TLS"),
            Way::Tls(check) => tls(case, plan, check, None, verdict),
            Way::TlsThenPlain(check, on) => tls(case, plan, check, Some(on), verdict),
            Way::PlainThenTls(check) => match case.server.plaintext {
                Some(false) => tls(case, plan, check, None, verdict),
                _ => plain(case, "it tries without TLS first"),
            },
        }
    }

    /// The setting that verifies the server, by roots that are there if some do.
    fn verifying(&'static self, case: &Case<'_>) -> Remedy {
        let named = case.situation.parameters.root.clone();
        let home = case.situation.seen_in_home("root.crt").map(Root::File);
        for root in [named, home, Some(Root::System)].into_iter().flatten() {
            let asked = Parameters {
                mode: Some(Mode::VerifyFull),
                root: Some(root.clone()),
                ..case.situation.parameters.clone()
            };
            let situation = Situation { parameters: &asked, ..case.situation };
            if self.judged(&Case { situation, ..*case }).0.outcome == Outcome::Verified {
                return Remedy::Set(self.set(case, root.path()));
            }
        }
        Remedy::Obtain(self.set(case, Some(Path::new("FILE"))))
    }

    fn set(&self, case: &Case<'_>, root: Option<&Path>) -> String {
        (self.setting)(root).replace("HOST", &case.situation.parameters.host)
    }
}

fn plain(case: &Case<'_>, why: &str) -> Judged {
    match case.server.plaintext {
        Some(false) => (Outcome::Refused, format!("{why}, and the server lets nobody in without"), Cause::Weak),
        _ => (Outcome::Plaintext, format!("{why}: nothing is encrypted"), Cause::Weak),
    }
}

/// TLS, and what the client does where that fails.
fn tls(case: &Case<'_>, plan: &Plan, check: Check, otherwise: Option<On>, verdict: &mut Verdict) -> Judged {
    let Some(chain) = case.server.chain else {
        let why = "the server has no TLS";
        let cause = Cause::Known(Remedy::Server("switch TLS on there: `ssl = on`".to_owned()));
        return match otherwise {
            Some(_) => {
                let (outcome, reason, _) = plain(case, why);
                (outcome, reason, cause)
            }
            None => (Outcome::Refused, why.to_owned(), cause),
        };
    };
    match verify(case, plan, check, chain, verdict) {
        Ok(()) => verified(case, plan, check, otherwise),
        Err((reason, None)) => {
            let ask = Remedy::Do("connect once with this client: only it can tell".to_owned());
            (Outcome::Undetermined, reason, Cause::Known(ask))
        }
        Err((reason, Some(cause))) if otherwise == Some(On::Failure) && case.server.plaintext != Some(false) => {
            (Outcome::Plaintext, format!("{reason}; it then goes on without TLS"), cause)
        }
        Err((reason, Some(cause))) => (Outcome::Refused, reason, cause),
    }
}

fn verified(case: &Case<'_>, plan: &Plan, check: Check, otherwise: Option<On>) -> Judged {
    let mode = &plan.mode;
    let what = match check {
        Check::Nothing => {
            return (Outcome::Unverified, format!("{mode} does not check who answers"), Cause::Weak);
        }
        _ if case.server.leaf == Leaf::Missing => "the chain alone: the record has no certificate of the server",
        Check::Chain => "the chain, not the host's name",
        Check::Full => "the chain and the host's name",
    };
    if otherwise.is_some() && case.server.plaintext != Some(false) {
        let reason = format!("{what}; not enforced: if TLS fails or is taken away, {mode} goes on without");
        return (Outcome::Verified, reason, Cause::Weak);
    }
    (Outcome::Verified, what.to_owned(), Cause::Nothing)
}

fn verify(
    case: &Case<'_>,
    plan: &Plan,
    check: Check,
    chain: &[Certificate],
    verdict: &mut Verdict,
) -> Result<(), Flaw> {
    // Some read the file although they verify nothing, and give up over a bad one.
    verdict.roots = case.situation.stores.read(&plan.roots).map_err(|(path, reason)| {
        let cause = match &reason {
            Unusable::Damaged { .. } => Cause::Known(Remedy::Do(format!("pgtrust repair {}", path.display()))),
            Unusable::Missing => Cause::Roots(Some(path.clone())),
            _ => Cause::Weak,
        };
        (format!("`{}` {reason}", path.display()), Some(cause))
    })?;
    if let Some((reason, for_all)) = case.server.trouble {
        let remedy = Remedy::Server("renew the server, or what ends TLS before it".to_owned());
        return Err((reason.to_owned(), for_all.then_some(Cause::Known(remedy))));
    }
    let question = Question { chain, anchors: &verdict.roots, at: case.at, leaf: case.server.leaf };
    if let Some(reason) = plan.engines.iter().find_map(|engine| engine.handshake(question)) {
        let remedy = Remedy::Server("give the server a certificate that this client can read".to_owned());
        return Err((reason.to_string(), Some(Cause::Known(remedy))));
    }
    if check == Check::Nothing {
        return Ok(());
    }
    let path = path(plan, question)?;
    if let Some(folder) = plan.crl.as_ref().filter(|lists| crl::is_folder(lists)) {
        return Err((format!("the lists in {} decide, which pgtrust does not read", folder.display()), None));
    }
    let refusal = plan.crl.as_ref().and_then(|lists| Some((lists, crl::refusal(lists, &path, case.at)?)));
    if let Some((lists, reason)) = refusal {
        let remedy = Remedy::Do(format!("renew or remove {}", lists.display()));
        return Err((reason, Some(Cause::Known(remedy))));
    }
    if check == Check::Full && case.server.leaf != Leaf::Missing {
        name(case, plan, &chain[0])?;
    }
    verdict.path = path;
    Ok(())
}

fn name(case: &Case<'_>, plan: &Plan, leaf: &Certificate) -> Result<(), Flaw> {
    let host = plan.name.unwrap_or(&case.situation.parameters.host);
    let mut answers = plan.names.iter().map(|rule| rule.accepts(leaf, host));
    let Some(first) = answers.next() else { return Ok(()) };
    let differs = answers.any(|other| other.is_ok() != first.is_ok());
    match first {
        _ if differs => Err(("its release decides whether the name fits".to_owned(), None)),
        Ok(()) => Ok(()),
        Err(mismatch @ Mismatch::Internationalised) => Err((format!("the certificate {mismatch}"), None)),
        Err(mismatch) => {
            let remedy = "connect by a name that the certificate has; `hostaddr` keeps the address".to_owned();
            Err((format!("the certificate {mismatch}"), Some(Cause::Known(Remedy::Do(remedy)))))
        }
    }
}

/// The path on which all engines that it may be agree.
fn path(plan: &Plan, question: Question<'_>) -> Result<Vec<Certificate>, Flaw> {
    let mut answers = plan.engines.iter().map(|engine| engine.builds(question));
    let Some(first) = answers.next() else {
        return Err(("settings of the connection decide that are not modelled".to_owned(), None));
    };
    for other in answers {
        match (&first, &other) {
            (Answer::Trusted { .. }, Answer::Trusted { .. }) | (Answer::Refused(_), Answer::Refused(_)) => {}
            (_, Answer::Refused(reason) | Answer::Undetermined(reason)) | (Answer::Refused(reason), _) => {
                return Err((format!("its release decides: {reason}"), None));
            }
            (Answer::Undetermined(_), _) => {}
        }
    }
    match first {
        Answer::Trusted { path } => Ok(path),
        Answer::Undetermined(reason) => Err((reason.to_string(), None)),
        Answer::Refused(reason) => {
            let cause = cause(&reason, plan, question);
            Err((reason.to_string(), Some(cause)))
        }
    }
}

/// What the server sends is the server's to mend; else the store lacks something, or has what the client does not take.
fn cause(reason: &Reason, plan: &Plan, question: Question<'_>) -> Cause {
    let sent = |title: &str| question.chain.iter().any(|certificate| certificate.title() == title);
    let file = || plan.roots.file.as_ref().filter(|_| plan.roots.base.is_none()).map(|(path, _)| path.clone());
    match reason {
        Reason::Expired { certificate, .. } | Reason::NotYetValid { certificate, .. } if sent(certificate) => {
            Cause::Known(Remedy::Server(format!("renew {certificate} on the server")))
        }
        Reason::Expired { .. } | Reason::NoIssuer { .. } | Reason::SelfSigned { .. } | Reason::NothingSent => {
            Cause::Roots(file())
        }
        _ => {
            let remedy = "have the certificates issued anew: no setting makes this client take them";
            Cause::Known(Remedy::Server(remedy.to_owned()))
        }
    }
}
