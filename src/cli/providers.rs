//! `pgtrust providers`

use std::path::Path;

use pgtrust::client::surroundings::Surroundings;
use pgtrust::client::target::{Server, Target};
use pgtrust::{BUILT_IN_CATALOGUE, Certificate, Fingerprint, Followed, Machine, Provider, Role, Token, timestamp};
use serde::Serialize;
use time::OffsetDateTime;

use super::args::{self, ProvidersCommand};
use super::ui::{self, Failure};
use super::{Status, custom};

pub(crate) fn run(machine: &Machine<'_>, args: &args::Providers) -> Result<Status, Failure> {
    match &args.command {
        Some(ProvidersCommand::Add(args)) => return custom::add(machine, args),
        Some(ProvidersCommand::Remove(args)) => return custom::remove(machine, args),
        None => {}
    }
    let catalog = machine.catalog()?;
    let mut status = Status::Done;
    match &args.name {
        Some(name) => {
            let host = host(name);
            let id = if catalog.contains(name) { None } else { catalog.provider_of_host(&host)? };
            let provider = catalog.provider(id.as_deref().unwrap_or(&host))?;
            let shown = shown_provider(&provider)?;
            if args.json { ui::json(&shown)? } else { show(&provider, &shown, machine.as_of)? }
        }
        None => {
            let ids = catalog.ids()?;
            let providers: Vec<Provider> = ids.iter().map(|id| catalog.provider(id)).collect::<Result<_, _>>()?;
            if args.json {
                let shown: Vec<_> = providers.iter().map(shown_provider).collect::<Result<_, _>>()?;
                ui::json(&Shown { providers: shown })?;
            } else {
                list(&providers)?;
            }
            for problem in catalog.unusable() {
                ui::problem(&problem.into());
                status = Status::Found;
            }
        }
    }
    Ok(status)
}

/// The host of a URL or of `host:port`; anything else is a name.
fn host(name: &str) -> String {
    let surroundings = Surroundings::of_this_user(&|_| None, Path::new("/"));
    let named = if name.contains([':', '=']) { Target::parse(name, &surroundings).ok() } else { None };
    match named.and_then(|target| target.servers.into_iter().next()) {
        Some(Server::Network(parameters)) => parameters.host,
        // What stands before an `@` may be a password.
        _ => name.rsplit('@').next().unwrap_or(name).to_owned(),
    }
}

fn list(providers: &[Provider]) -> Result<(), Failure> {
    let width = providers.iter().map(|provider| provider.id.len()).max().unwrap_or(0);
    ui::data(&format!("{:<width$}  {:>5}  CA", "PROVIDER", "ROOTS"))?;
    for provider in providers {
        let installed = provider.pins.iter().filter(|root| root.role.installed()).count();
        let roots = if installed > 0 { installed.to_string() } else { "-".to_owned() };
        let from = provider.catalogue.as_ref().map_or_else(String::new, |name| format!(" (from {name})"));
        ui::data(&format!("{:<width$}  {roots:>5}  {}: {}{from}", provider.id, provider.title, provider.ca))?;
    }
    Ok(())
}

#[derive(Serialize)]
struct Shown<'a> {
    providers: Vec<ShownProvider<'a>>,
}

#[derive(Serialize)]
struct ShownProvider<'a> {
    id: &'a str,
    catalogue: &'a str,
    title: &'a str,
    docs: &'a str,
    checked: &'a str,
    ca: &'a str,
    hosts: &'a [String],
    ports: &'a [u16],
    roots_of: Option<&'a str>,
    /// How the CA of one customer is fetched.
    fetch: Option<String>,
    obtain: &'a [String],
    notes: &'a [String],
    regions: Vec<&'a str>,
    roots: Vec<ShownRoot<'a>>,
    sources: Vec<&'a str>,
    rotations: Vec<ShownRotation<'a>>,
}

#[derive(Serialize)]
struct ShownRoot<'a> {
    sha256: Fingerprint,
    subject: String,
    role: Role,
    not_before: String,
    not_after: String,
    key: String,
    url: Option<&'a str>,
    regions: &'a [String],
    exception: Option<&'a str>,
    unlisted: Option<&'a str>,
    #[serde(skip)]
    certificate: Certificate,
}

#[derive(Serialize)]
struct ShownRotation<'a> {
    id: &'a str,
    starts: &'a str,
    ends: Option<&'a str>,
    from: &'a str,
    to: &'a str,
    needs: &'a [Fingerprint],
    source: &'a str,
}

fn shown_provider(provider: &Provider) -> Result<ShownProvider<'_>, Failure> {
    let roots = provider.roots()?.into_iter().map(|(root, certificate)| ShownRoot {
        sha256: root.sha256,
        subject: certificate.subject().to_string(),
        role: root.role,
        not_before: timestamp(certificate.not_before()),
        not_after: timestamp(certificate.not_after()),
        key: certificate.key().to_string(),
        url: root.url.as_deref(),
        regions: &root.regions,
        exception: root.exception.as_deref(),
        unlisted: root.unlisted.as_deref(),
        certificate,
    });
    let rotations = provider.rotations.iter().map(|rotation| ShownRotation {
        id: &rotation.id,
        starts: &rotation.starts,
        ends: rotation.ends.as_deref(),
        from: &rotation.from,
        to: &rotation.to,
        needs: &rotation.needs,
        source: &rotation.source,
    });
    Ok(ShownProvider {
        id: &provider.id,
        catalogue: provider.catalogue.as_deref().unwrap_or(BUILT_IN_CATALOGUE),
        title: &provider.title,
        docs: &provider.docs,
        checked: &provider.checked,
        ca: &provider.ca,
        hosts: &provider.hosts,
        ports: &provider.ports,
        roots_of: provider.roots_of.as_deref(),
        fetch: provider.api().map(|api| fetching(provider, api)),
        obtain: &provider.obtain,
        notes: &provider.notes,
        regions: provider.regions(true),
        roots: roots.collect(),
        sources: {
            let file = provider.file.iter().map(|file| file.path.as_str());
            provider.sources.iter().map(|source| source.url.as_str()).chain(file).collect()
        },
        rotations: rotations.collect(),
    })
}

fn fetching(provider: &Provider, api: &Followed) -> String {
    let command = format!("`pgtrust fetch {} {}`", provider.id, api.flags());
    match &api.token {
        None => command,
        Some(Token { env, user_env: Some(user), .. }) => format!("{command}, with a key in {user} and {env}"),
        Some(Token { env, command: Some(own), .. }) => {
            format!("{command}, with a token in {env}, else from `{}`", own.join(" "))
        }
        Some(Token { env, .. }) => format!("{command}, with a token in {env}"),
    }
}

fn show(provider: &Provider, shown: &ShownProvider<'_>, as_of: OffsetDateTime) -> Result<(), Failure> {
    let line = |label: &str, value: &str| ui::data(&format!("{label:<8} {value}"));
    ui::data(&format!("{}: {}", provider.id, provider.title))?;
    line("ca", &provider.ca)?;
    if let Some(other) = &provider.roots_of {
        line("roots of", other)?;
    }
    provider.hosts.iter().try_for_each(|host| line("host", host))?;
    if !provider.ports.is_empty() {
        let ports: Vec<String> = provider.ports.iter().map(u16::to_string).collect();
        line("port", &ports.join(", "))?;
    }
    if let Some(fetch) = &shown.fetch {
        line("fetch", fetch)?;
    }
    provider.obtain.iter().try_for_each(|way| line("get it", way))?;
    shown.sources.iter().try_for_each(|source| line("source", source))?;
    provider.notes.iter().try_for_each(|note| line("note", note))?;
    if !provider.docs.is_empty() {
        line("docs", &provider.docs)?;
    }
    line("from", shown.catalogue)?;
    line("checked", &provider.checked)?;
    for root in &shown.roots {
        let certificate = &root.certificate;
        let expired = if certificate.expired(as_of) { ", expired" } else { "" };
        ui::data("")?;
        ui::data(&format!("{} {}", root.role.name(), root.subject))?;
        ui::data(&format!("  sha256 {}", root.sha256))?;
        let (from, to) = (certificate.not_before().date(), certificate.not_after().date());
        ui::data(&format!("  valid {from} to {to}{expired}, {}", root.key))?;
        if !root.regions.is_empty() {
            ui::data(&format!("  regions {}", root.regions.join(", ")))?;
        }
        if let Some(exception) = root.exception {
            ui::data(&format!("  {exception}"))?;
        }
        if let Some(day) = root.unlisted {
            ui::data(&format!("  Mozilla's root list trusts it until {day}"))?;
        }
    }
    for rotation in &shown.rotations {
        let ends = rotation.ends.map_or_else(String::new, |ends| format!(" to {ends}"));
        ui::data("")?;
        ui::data(&format!("rotation {}: {}{ends}", rotation.id, rotation.starts))?;
        ui::data(&format!("  from {}", rotation.from))?;
        ui::data(&format!("  to {}", rotation.to))?;
        rotation.needs.iter().try_for_each(|needs| ui::data(&format!("  needs {needs}")))?;
        ui::data(&format!("  {}", rotation.source))?;
    }
    Ok(())
}
