//! `pgtrust accept`

use pgtrust::hook;
use pgtrust::journal::Listed;
use pgtrust::source;

use super::Status;
use super::args::Accept;
use super::context::Context;
use super::fetch;
use super::report;
use super::ui::{self, Failure};

pub(crate) fn run(context: &Context, args: &Accept) -> Result<Status, Failure> {
    let layout = context.layout()?;
    let _lock = context.lock()?;
    let held = source::held(&layout.held())?;
    let Some((id, certificate)) = held.iter().find(|(_, certificate)| certificate.fingerprint() == args.fingerprint)
    else {
        let message = format!("no held certificate has the fingerprint {}", args.fingerprint);
        return Err(Failure::Usage { message, hint: "`pgtrust fetch` shows what is held".to_owned() });
    };
    if !certificate.is_ca() || !certificate.is_self_signed() {
        let message = format!("`{}` is not a self-signed CA certificate", certificate.subject());
        let hint = "a trust store holds roots only; trust the root that it leads to".to_owned();
        return Err(Failure::Usage { message, hint });
    }
    let mut manifest = context.manifest()?;
    manifest.accept(id, certificate)?;
    manifest.save()?;
    let others = held.iter().filter(|(other, held)| other == id && held != certificate).map(|(_, held)| held);
    source::hold(&layout.held_of(id), others)?;
    let (bundle, rejected) = fetch::bundle(context, &manifest, id, &manifest.selection(id))?;
    report::rejected(&rejected);
    let path = layout.bundle_of(id);
    if bundle.keep(&path)? {
        let change = hook::Change::new(&path, Some(id), &context.command()).with(&[Listed::of(certificate)], &[]);
        context.changes.borrow_mut().made.push(change);
    }
    ui::data(&format!("{id}: accepted {} {}", certificate.fingerprint(), certificate.subject()))?;
    ui::hint("`pgtrust install` puts it into the stores that the manifest keeps");
    Ok(Status::Done)
}
