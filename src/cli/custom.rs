//! `pgtrust providers add` and `pgtrust providers remove`

use std::fs::File;
use std::path::Path;

use pgtrust::bundle::{CertificateSet, Origin};
use pgtrust::catalog::{BUILT_IN_CATALOGUE, Catalog, Encoding, Files, NewProvider};
use pgtrust::format::{self, Format, Member, MemberKind, Passwords};
use pgtrust::source::{self, Downloader, Request, Settings};
use pgtrust::{Bundle, Certificate, Error, Fingerprint, Policy, timestamp};
use serde::Serialize;
use time::OffsetDateTime;

use super::Status;
use super::args::{AddProvider, RemoveProvider};
use super::context::Context;
use super::ui::{self, Failure};

pub(crate) fn add(context: &Context, args: &AddProvider) -> Result<Status, Failure> {
    let catalog = context.catalog()?;
    let folder = &context.layout()?.catalogue;
    refuse_taken(&catalog, &args.name, folder)?;
    let mut provider = NewProvider::new(&args.name, args.host.clone(), &catalog)?;
    provider.title.clone_from(&args.title);
    provider.docs.clone_from(&args.docs);
    let offer = Offer::of(args, context.as_of)?;
    let path = folder.join(&args.name);
    let report = |outcome| Report::of(args, &path, &offer, outcome);
    if args.pin.is_empty() && args.url.is_some() {
        show(args, &report(Written::No))?;
        suggest(context, args, &offer);
        return Ok(Status::Found);
    }
    if !pins_hold(args, &offer) {
        show(args, &report(Written::No))?;
        return Ok(Status::Found);
    }
    provider.source = args.url.clone().zip(offer.encoding);
    let files = provider.files(&offer.roots(&args.pin, context.as_of)?, context.now.date())?;

    let _lock = if args.dry_run { None } else { Some(context.lock()?) };
    let there = if Files::is_in(&path) { Some(Files::read(&path)?) } else { None };
    let outcome = match there {
        None => Written::Created,
        Some(there) if there.says_the_same(&files) => Written::Unchanged,
        Some(_) if args.replace => Written::Replaced,
        Some(_) => {
            let message = format!("`{}` is there already and says something else", path.display());
            let hint = "`--replace` writes it anew".to_owned();
            return Err(Failure::Usage { message, hint });
        }
    };
    if !args.dry_run && outcome != Written::Unchanged {
        files.write(&path)?;
    }
    show(args, &report(outcome))?;
    warn_of_others(args, &offer);
    Ok(Status::Done)
}

/// Nothing of another catalogue is overridden here: that is said in the manifest.
fn refuse_taken(catalog: &Catalog, name: &str, folder: &Path) -> Result<(), Failure> {
    let own = folder.display().to_string();
    let Some(other) = catalog.catalogues_of(name).into_iter().find(|catalogue| *catalogue != own) else {
        return Ok(());
    };
    let message = match other {
        BUILT_IN_CATALOGUE => format!("`{name}` is a built-in provider"),
        other => format!("`{name}` is a provider of the catalogue `{other}`"),
    };
    let hint = format!("choose another name; `pgtrust providers {name}` shows that one");
    Err(Failure::Usage { message, hint })
}

/// What a URL or a file offers, every certificate with the reason why it is no root.
struct Offer {
    origin: Origin,
    name: String,
    /// What a URL serves, where it can be followed.
    encoding: Option<Encoding>,
    certificates: Vec<(Certificate, Option<String>)>,
}

impl Offer {
    fn of(args: &AddProvider, as_of: OffsetDateTime) -> Result<Self, Failure> {
        let Some(url) = &args.url else {
            let path = args.file.clone().unwrap_or_default();
            let mut input =
                File::open(&path).map_err(|source| Error::Io { action: "read", path: path.clone(), source })?;
            let name = path.display().to_string();
            return Self::read(&mut input, Origin::File(path), name, as_of).map(|(offer, _)| offer);
        };
        let request = Request::file(url.clone(), Vec::new());
        let body = Downloader::new(Settings::default()).get(&request).map_err(Error::from)?.body;
        let (offer, format) = Self::read(&mut &body[..], Origin::File(url.into()), url.clone(), as_of)?;
        let Some(encoding) = Encoding::of(format) else {
            let message = format!("`{url}` serves a {} store, which cannot be followed", format.name);
            let hint = "download it yourself, and pass it with `--file`".to_owned();
            return Err(Failure::Usage { message, hint });
        };
        Ok(Self { encoding: Some(encoding), ..offer })
    }

    /// Refuses private keys in stores that may have them too: these are no certificates that somebody publishes.
    fn read(
        input: &mut dyn std::io::Read,
        origin: Origin,
        name: String,
        as_of: OffsetDateTime,
    ) -> Result<(Self, &'static Format), Failure> {
        let mut set = CertificateSet::new();
        let id = set.origin(origin.clone());
        let mut refused = None;
        let decoded = source::decode(input, &origin, Passwords::Usual, &mut |member| match member {
            Member::Certificate { certificate, place, .. } => drop(set.insert(certificate, id, place.line)),
            Member::Other { kind: MemberKind::PrivateKey | MemberKind::SecretKey, place, .. } => {
                refused = Some(format::Error::PrivateKey { place });
            }
            Member::Rejected { place, reason } => ui::warning(&format!("`{name}`: {place}: {reason}")),
            _ => {}
        })?;
        if let Some(source) = refused {
            return Err(Error::Decode { origin: name, source }.into());
        }
        let (roots, rejected) = match Bundle::build(set, &Policy::roots(as_of)) {
            Ok((bundle, rejected)) => (bundle.certificates().cloned().collect(), rejected),
            Err(Error::EmptyBundle { rejected }) => (Vec::new(), rejected),
            Err(error) => return Err(error.into()),
        };
        let rejected = rejected.into_iter().map(|rejected| (rejected.certificate, Some(rejected.reason.to_string())));
        let certificates = roots.into_iter().map(|root| (root, None)).chain(rejected).collect();
        Ok((Self { origin, name, encoding: None, certificates }, decoded.format))
    }

    /// The roots that are named; all, when none is.
    fn roots(&self, pins: &[Fingerprint], as_of: OffsetDateTime) -> Result<Bundle, Error> {
        let mut set = CertificateSet::new();
        let origin = set.origin(self.origin.clone());
        for (certificate, _) in &self.certificates {
            if pins.is_empty() || pins.contains(&certificate.fingerprint()) {
                set.insert(certificate.clone(), origin, None);
            }
        }
        Ok(Bundle::build(set, &Policy::roots(as_of))?.0)
    }
}

/// Whether every pin is of a root that is there. Says which are not.
fn pins_hold(args: &AddProvider, offer: &Offer) -> bool {
    let mut hold = true;
    for pin in &args.pin {
        let found = offer.certificates.iter().find(|(certificate, _)| certificate.fingerprint() == *pin);
        let fault = match found {
            Some((_, None)) => continue,
            Some((certificate, Some(reason))) => format!("`{}` {reason}", certificate.subject()),
            None => format!("no certificate has the fingerprint {pin}"),
        };
        ui::error(&format!("`{}`: {fault}; nothing is written", offer.name));
        hold = false;
    }
    hold
}

/// A followed URL that serves more than is pinned is a finding at every fetch.
fn warn_of_others(args: &AddProvider, offer: &Offer) {
    let other =
        |(root, fault): &&(Certificate, Option<String>)| fault.is_none() && !args.pin.contains(&root.fingerprint());
    let others = offer.certificates.iter().filter(other).map(|(root, _)| format!("`{}`", root.subject().short()));
    let others: Vec<String> = others.collect();
    if args.url.is_some() && !others.is_empty() {
        ui::warning(&format!("it serves roots that no pin names: {}; `pgtrust fetch` holds them", others.join(", ")));
    }
}

/// The command that takes what is served.
fn suggest(context: &Context, args: &AddProvider, offer: &Offer) {
    let roots: Vec<_> = offer.certificates.iter().filter(|(_, fault)| fault.is_none()).collect();
    if roots.is_empty() {
        ui::hint("none of these is a root; ask its owner where the root is");
        return;
    }
    let mut words = vec!["pgtrust".to_owned()];
    words.extend(context.system.then(|| "--system".to_owned()));
    words.extend(["providers".to_owned(), "add".to_owned(), args.name.clone()]);
    let mut option = |name: &str, value: &str| words.extend([name.to_owned(), quoted(value)]);
    args.url.iter().for_each(|url| option("--url", url));
    args.host.iter().for_each(|host| option("--host", host));
    args.title.iter().for_each(|title| option("--title", title));
    args.docs.iter().for_each(|docs| option("--docs", docs));
    roots.iter().for_each(|(root, _)| option("--pin", &root.fingerprint().to_string()));
    ui::hint(&format!("compare the fingerprints with what their owner says elsewhere, then: {}", words.join(" ")));
}

/// A word for a POSIX shell.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+=,".contains(c);
    if word.chars().all(plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

#[derive(Serialize)]
struct Report<'a> {
    name: &'a str,
    path: String,
    outcome: Written,
    dry_run: bool,
    certificates: Vec<Listed<'a>>,
}

/// What became of the provider's files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Written {
    Created,
    Replaced,
    Unchanged,
    #[serde(rename = "not-written")]
    No,
}

#[derive(Serialize)]
struct Listed<'a> {
    sha256: Fingerprint,
    subject: String,
    not_before: String,
    not_after: String,
    pinned: bool,
    no_root: Option<&'a str>,
    #[serde(skip)]
    certificate: &'a Certificate,
}

impl<'a> Report<'a> {
    fn of(args: &'a AddProvider, path: &Path, offer: &'a Offer, outcome: Written) -> Self {
        let all = args.pin.is_empty() && args.file.is_some();
        let certificates = offer.certificates.iter().map(|(certificate, fault)| Listed {
            sha256: certificate.fingerprint(),
            subject: certificate.subject().to_string(),
            not_before: timestamp(certificate.not_before()),
            not_after: timestamp(certificate.not_after()),
            pinned: outcome != Written::No && fault.is_none() && (all || args.pin.contains(&certificate.fingerprint())),
            no_root: fault.as_deref(),
            certificate,
        });
        let certificates = certificates.collect();
        Self { name: &args.name, path: path.display().to_string(), outcome, dry_run: args.dry_run, certificates }
    }
}

fn show(args: &AddProvider, report: &Report<'_>) -> Result<(), Failure> {
    if args.json {
        return ui::json(report);
    }
    let verb = match (report.outcome, args.dry_run) {
        (Written::Created, true) => "would be created",
        (Written::Created, false) => "created",
        (Written::Replaced, true) => "would be replaced",
        (Written::Replaced, false) => "replaced",
        (Written::Unchanged, _) => "unchanged",
        (Written::No, _) => "not written",
    };
    ui::data(&format!("{}: {verb}: {}", report.name, report.path))?;
    for Listed { sha256, subject, pinned, no_root, certificate, .. } in &report.certificates {
        let sign = if *pinned { '+' } else { ' ' };
        let fault = no_root.map_or_else(String::new, |reason| format!(", {reason}"));
        ui::data(&format!("  {sign} {sha256} {subject}"))?;
        let (from, to) = (certificate.not_before().date(), certificate.not_after().date());
        ui::data(&format!("    valid {from} to {to}{fault}"))?;
    }
    Ok(())
}

pub(crate) fn remove(context: &Context, args: &RemoveProvider) -> Result<Status, Failure> {
    let name = &args.name;
    let catalog = context.catalog()?;
    let path = context.layout()?.catalogue.join(name);
    let own = context.layout()?.catalogue.display().to_string();
    if !catalog.catalogues_of(name).contains(&own.as_str()) {
        refuse_taken(&catalog, name, &context.layout()?.catalogue)?;
        return Err(Error::UnknownProvider { id: name.clone(), suggestion: None }.into());
    }
    let _lock = if args.dry_run { None } else { Some(context.lock()?) };
    let manifest = context.manifest()?;
    let uses = manifest.uses(name);
    if !uses.is_empty() {
        let message = format!("`{name}` is in use: {}", uses.join(", "));
        let hint = format!("take that out of `{}` first", manifest.path().display());
        return Err(Failure::Usage { message, hint });
    }
    if args.dry_run {
        ui::data(&format!("{name}: would be removed: {}", path.display()))?;
    } else {
        Files::remove(&path)?;
        ui::data(&format!("{name}: removed: {}", path.display()))?;
    }
    Ok(Status::Done)
}
