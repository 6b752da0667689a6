//! `pgtrust accept`

use pgtrust::catalog::Provider;
use pgtrust::hook;
use pgtrust::journal::Listed;
use pgtrust::ops::last_run::{Kind, LastRun};
use pgtrust::source;
use pgtrust::x509::Verdict;
use pgtrust::{Certificate, Error};

use super::Status;
use super::args::Accept;
use super::context::Context;
use super::fetch;
use super::report;
use super::ui::{self, Failure};

pub(crate) fn run(context: &Context, args: &Accept) -> Result<Status, Failure> {
    let layout = context.layout()?;
    // A dry run writes nothing at all, the lock's file included.
    let _lock = if args.dry_run { None } else { Some(context.lock()?) };
    let held = source::held(&layout.held())?;
    let is_meant = |id: &str, certificate: &Certificate| match &args.fingerprint {
        Some(fingerprint) => certificate.fingerprint() == *fingerprint,
        None => args.provider.as_deref() == Some(id),
    };
    let meant: Vec<&(String, Certificate)> =
        held.iter().filter(|(id, certificate)| is_meant(id, certificate)).collect();
    let Some((id, _)) = meant.first() else { return Err(nothing_held(args)) };
    let (roots, others): (Vec<&Certificate>, Vec<&Certificate>) =
        meant.iter().map(|(_, certificate)| certificate).partition(|root| root.is_ca() && root.is_self_signed());
    if roots.is_empty() {
        let message = format!("`{}` is not a self-signed CA certificate", others[0].subject());
        let hint = "a trust store holds roots only; trust the root that it leads to".to_owned();
        return Err(Failure::Usage { message, hint });
    }
    let provider = context.catalog()?.provider(id)?;
    let last = LastRun::load(&layout.state)?;
    for root in &roots {
        ui::note(&format!("{id}: {} {}", root.fingerprint(), root.subject()));
        for line in evidence(&provider, root, &held, &last)? {
            ui::note(&format!("  {line}"));
        }
    }
    if args.dry_run {
        return Ok(Status::Done);
    }
    accept(context, id, &roots, &held)?;
    for root in &roots {
        ui::data(&format!("{id}: accepted {} {}", root.fingerprint(), root.subject()))?;
    }
    for other in others {
        ui::warning(&format!("`{}` is not a self-signed CA certificate and stays held", other.subject()));
    }
    ui::hint("`pgtrust install` puts it into the stores that the manifest keeps");
    Ok(Status::Done)
}

fn nothing_held(args: &Accept) -> Failure {
    let message = match (&args.fingerprint, &args.provider) {
        (Some(fingerprint), _) => format!("no held certificate has the fingerprint {fingerprint}"),
        (None, provider) => format!("nothing is held of `{}`", provider.as_deref().unwrap_or_default()),
    };
    Failure::Usage { message, hint: "`pgtrust status` shows what is held".to_owned() }
}

/// Who serves a root, since when, and what speaks for its key.
fn evidence(
    provider: &Provider,
    root: &Certificate,
    held: &[(String, Certificate)],
    last: &LastRun,
) -> Result<Vec<String>, Error> {
    let (from, to) = (root.not_before().date(), root.not_after().date());
    let mut lines = vec![format!("valid {from} to {to}, {}", root.key())];
    let fingerprint = root.fingerprint().to_string();
    let found = last.findings().iter().find(|finding| finding.kind == Kind::Held && finding.key == fingerprint);
    lines.extend(found.map(|finding| format!("since {}: {}", finding.since, finding.message)));
    let of_its_key = |other: &Certificate| other.spki_sha256() == root.spki_sha256();
    let mut vouched = Vec::new();
    for (pin, pinned) in provider.roots()? {
        if of_its_key(&pinned) {
            vouched.push(format!("its key is that of the pinned `{}`, sha256 {}", pinned.subject(), pin.sha256));
        }
        // A link certificate, as providers publish beside a new root (RFC 4210, section 4.4).
        let mut links = held.iter().filter(|(id, other)| *id == provider.id && other != root && of_its_key(other));
        if links.any(|(_, link)| link.issuer() == pinned.subject() && link.signature_by(&pinned) == Verdict::Valid) {
            vouched.push(format!("the pinned `{}`, sha256 {}, has signed its key", pinned.subject(), pin.sha256));
        }
    }
    if vouched.is_empty() {
        vouched.push("no pinned root has its key or has signed it".to_owned());
    }
    lines.extend(vouched);
    lines.push(format!("compare it with {}", provider.page()));
    Ok(lines)
}

/// The manifest trusts them from now on, and the provider's combined PEM has them.
fn accept(context: &Context, id: &str, roots: &[&Certificate], held: &[(String, Certificate)]) -> Result<(), Failure> {
    let layout = context.layout()?;
    let mut manifest = context.manifest()?;
    for root in roots {
        manifest.accept(id, root)?;
    }
    manifest.save()?;
    let others = held.iter().filter(|(other, held)| other == id && !roots.contains(&held)).map(|(_, held)| held);
    source::hold(&layout.held_of(id), others)?;
    let (bundle, rejected) = fetch::bundle(context, &manifest, id, &manifest.selection(id))?;
    report::rejected(&rejected);
    let path = layout.bundle_of(id);
    if bundle.keep(&path)? {
        let added: Vec<Listed> = roots.iter().map(|root| Listed::of(root)).collect();
        let change = hook::Change::new(&path, Some(id), &context.command()).with(&added, &[]);
        context.changes.borrow_mut().made.push(change);
    }
    Ok(())
}
