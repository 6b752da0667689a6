//! The models of the engines that build paths, held against what the engines did.

mod asked;
mod exam;
mod graphs;
mod rustls;

use pgtrust::Certificate;
use pgtrust::client::engine::{Answer, Engine, Leaf, Question, Rules};
use time::OffsetDateTime;

/// OpenSSL with the flags of libpq, and no security level: that of `openssl verify`.
const PLAIN: Engine = Engine::OpenSsl(Rules { strict: false, partial_chain: false, security_level: 0 });

/// What is put to an engine, under a name.
struct Case {
    name: String,
    chain: Vec<Certificate>,
    anchors: Vec<Certificate>,
    at: OffsetDateTime,
}

impl Case {
    fn answer(&self, engine: Engine) -> Answer {
        engine.builds(Question { chain: &self.chain, anchors: &self.anchors, at: self.at, leaf: Leaf::Sent })
    }
}

/// How often a model said what its engine did.
#[derive(Default)]
struct Score {
    cases: usize,
    trusted: usize,
    agree: usize,
    undetermined: Vec<String>,
    differ: Vec<String>,
    false_trust: Vec<String>,
}

impl Score {
    fn count(&mut self, name: &str, answer: &Answer, trusted: bool) {
        self.cases += 1;
        self.trusted += usize::from(trusted);
        match (answer, trusted) {
            (Answer::Trusted { .. }, true) | (Answer::Refused(_), false) => self.agree += 1,
            (Answer::Trusted { .. }, false) => self.false_trust.push(name.to_owned()),
            (Answer::Refused(reason), true) => self.differ.push(format!("{name}: {reason}")),
            (Answer::Undetermined(reason), _) => self.undetermined.push(format!("{name}: {reason}")),
        }
    }

    fn line(&self, engine: &str) -> String {
        let Self { cases, trusted, agree, .. } = self;
        let (undetermined, differ) = (self.undetermined.len(), self.differ.len());
        format!(
            "{engine}: {cases} cases, {trusted} trusted, {agree} agree, {undetermined} undetermined, {differ} refused wrongly"
        )
    }

    /// No false trust, nothing refused wrongly, and no more than so many of a hundred undetermined.
    #[track_caller]
    fn judge(&self, engine: &str, undetermined: usize) {
        let all = format!("{}\nundetermined: {:#?}", self.line(engine), self.undetermined);
        let (wrong, refused) = (&self.false_trust, &self.differ);
        assert!(
            wrong.is_empty() && refused.is_empty(),
            "false trust: {wrong:#?}\nrefused wrongly: {refused:#?}\n{all}"
        );
        assert!(self.undetermined.len() * 100 <= self.cases * undetermined, "{all}");
    }
}
