//! Remedies for errors, in the words of the command line.

#[path = "hint/check.rs"]
mod check;
#[path = "hint/system.rs"]
mod system;

use pgtrust::enforcement::EnforcementError;
use pgtrust::jvm::FoundBy;
use pgtrust::{
    BundleError, CatalogError, Error, HookError, JournalError, ManifestError, Reason, Rejected, RequestError,
    SettingsError, SourceError, StoreError, TenantError, TenantReason, format, schedule,
};

/// Returns what to do about an error, where something can be done.
pub(crate) fn hint(error: &Error) -> Option<String> {
    match error {
        Error::Bundle(error) => of_bundle(error),
        Error::Catalog(error) => of_catalog(error),
        Error::Decode(error) => of_format(&error.source),
        Error::Hook(HookError::HookFailed { .. }) => {
            Some("what was changed stays; `pgtrust refresh` runs the hook again".to_owned())
        }
        Error::Journal(error) => of_journal(error),
        Error::Manifest(error) => of_manifest(error),
        Error::Request(error) => of_request(error),
        Error::Schedule(error) => of_schedule(error),
        Error::Settings(error) => of_settings(error),
        Error::Source(SourceError::Server(error)) => check::of_server(&error.reason).map(str::to_owned),
        Error::Source(error) => of_source(error),
        Error::Store(error) => of_store(error),
        Error::System(error) => system::hint(error),
        _ => None,
    }
}

fn of_format(error: &format::Error) -> Option<String> {
    use format::Error as E;
    let hint = match error {
        E::HoldsOne { .. } => "write to a `.pem` file instead",
        E::NotAStore { what } => return of_other_file(*what).map(str::to_owned),
        E::PasswordNeeded { .. } | E::WrongPassword => {
            "`--password-file FILE` reads the password from the first line of a file"
        }
        E::InsideText { .. } => "`pgtrust bundle FILE -o ca.pem` makes a PEM file of it",
        E::PrivateKey { .. } => "a trust store is for certificates only; pass the CA file instead",
        _ => return None,
    };
    Some(hint.to_owned())
}

/// What to do with a file that is something else.
fn of_other_file(what: format::Identified) -> Option<&'static str> {
    use format::Identified as I;
    Some(match what {
        I::Bcfks | I::Bks | I::Uber => {
            "`keytool -importkeystore -deststoretype PKCS12`, with Bouncy Castle as the provider of what is there, makes a \
             store of it that is read"
        }
        I::CertificateRequest => "a CA makes a certificate of it; pass the root of that CA",
        I::EncryptedKey | I::PrivateKey | I::PublicKey | I::SshKey => {
            "pass the certificate of the CA: its file has `BEGIN CERTIFICATE`, or ends in `.cer`, `.crt` or `.der`"
        }
        I::Html => "a login page or a proxy's error may have been saved in place of the certificate",
        I::Text => {
            "a certificate in text is base64 between `-----BEGIN CERTIFICATE-----` and `-----END CERTIFICATE-----`"
        }
        _ => return None,
    })
}

fn of_bundle(error: &BundleError) -> Option<String> {
    match error {
        BundleError::EmptyBundle { rejected } => of_key(rejected).or_else(|| {
            let non_roots = rejected.iter().any(|rejected| rejected.reason.is_not_a_root());
            non_roots.then(|| {
                "pass the root that signed it; `--allow-non-roots` takes intermediates and leaves all the same"
                    .to_owned()
            })
        }),
        _ => None,
    }
}

/// What to do where certificates belong to private keys: clients of a key store trust none of these.
pub(crate) fn of_key<'a>(rejected: impl IntoIterator<Item = &'a Rejected>) -> Option<String> {
    let of_key = |rejected: &&Rejected| matches!(rejected.reason, Reason::OfKey { .. });
    let of_keys: Vec<&Rejected> = rejected.into_iter().filter(of_key).collect();
    let last = of_keys.last()?;
    Some(if of_keys.iter().any(|rejected| rejected.certificate.is_ca()) {
        "pass the CA by itself: `openssl pkcs12 -in FILE -cacerts -nokeys -out ca.pem` takes it out of a PKCS#12 file, \
         `keytool -list -rfc -keystore FILE` prints every chain"
            .to_owned()
    } else {
        format!("its CA is not in it: get the certificate of `{}`, and pass that", last.certificate.issuer())
    })
}

fn of_catalog(error: &CatalogError) -> Option<String> {
    use CatalogError as E;
    Some(match error {
        E::BadCatalogue { name, .. } if name.starts_with("https:") => {
            "`pgtrust fetch` downloads it; the manifest says which archive is expected".to_owned()
        }
        E::BadCatalogue { .. } => "correct it, or take its entry out of the manifest".to_owned(),
        E::NoFixedRoots { id, flags: Some(flags), .. } => {
            format!("say whose: `{id} {flags}` (`pgtrust providers {id}` tells more)")
        }
        E::NoFixedRoots { id, obtain, .. } => match obtain.first() {
            Some(first) => format!("{first}; then `pgtrust install FILE` (`pgtrust providers {id}` tells more)"),
            None => format!("`pgtrust providers {id}` tells where the CA comes from"),
        },
        E::UnknownProvider { id, suggestion: Some(suggestion) } => did_you_mean(id, suggestion),
        E::UnknownProvider { id, .. } if id.contains('.') => {
            format!("no provider is known for this host: `pgtrust check {id}` shows its certificates")
        }
        E::UnknownProvider { .. } => "`pgtrust providers` lists all".to_owned(),
        E::UnknownRegion { id, regions, grows, .. } => {
            let known = match regions.len() {
                ..=8 => format!("there are {}", regions.join(", ")),
                many => format!("`pgtrust providers {id}` lists its {many} regions"),
            };
            let new = "; once a new one is published, `pgtrust refresh` of all regions brings its roots";
            if *grows { known + new } else { known }
        }
        _ => return None,
    })
}

/// A provider whose name is much like what was typed, or to whom that host belongs.
fn did_you_mean(name: &str, suggestion: &str) -> String {
    if name.contains('.') {
        format!("the host belongs to `{suggestion}`: `pgtrust install {suggestion}`")
    } else {
        format!("did you mean `{suggestion}`? `pgtrust providers` lists all")
    }
}

fn of_manifest(error: &ManifestError) -> Option<String> {
    use ManifestError as E;
    let hint = match error {
        E::Full { .. } => "take `[[accepted]]` roots out of it that no server has any more",
        E::BadManifest { .. } => "correct the line, or move the file away: `pgtrust install` writes a new one",
        _ => return None,
    };
    Some(hint.to_owned())
}

fn of_journal(error: &JournalError) -> Option<String> {
    use JournalError as E;
    let hint = match error {
        E::BytesGone { .. } => "`pgtrust uninstall` takes out of the store what pgtrust added, by its journal",
        E::ChangedSince { .. } | E::GoneSince { .. } => {
            "`--force` puts the old bytes back all the same, `pgtrust history` tells of later changes"
        }
        E::NoSuchChange { .. } | E::NothingToUndoOf { .. } => "`pgtrust history` lists the changes that there are",
        E::NotItsOwn { .. } => "look at what `pgtrust history` says, and remove that journal if you did not write it",
        E::Unreadable { .. } => "mend it, or put a copy there; `pgtrust refresh` renames it and begins a new one",
        _ => return None,
    };
    Some(hint.to_owned())
}

fn of_store(error: &StoreError) -> Option<String> {
    use StoreError as E;
    Some(match error {
        E::BlockedHash { .. } => "move that file out of the folder".to_owned(),
        E::DamagedStore { path, .. } | E::UnreadableStore { path, .. } => {
            format!("`pgtrust repair {}` takes it out, and `undo` would bring it back", path.display())
        }
        E::DistrustedThere { .. } => "leave it out; or, if you trust it, take it out of that file first".to_owned(),
        E::GeneratedBundle { .. } => "`--target system` adds to what it is made of".to_owned(),
        E::JavaSilent { .. } | E::JavaUnknown => {
            "name its folder: `--java-home DIR`; or take every Java that is here: `--all-jdks`".to_owned()
        }
        E::NoJvm { found: FoundBy::JavaHome, .. } => {
            "correct or unset JAVA_HOME, or name the folder: `--java-home DIR`".to_owned()
        }
        E::NoJvm { .. } | E::NoJvmAnywhere { .. } => "`--java-home` with what has `bin/java`".to_owned(),
        E::NoSystemStore { .. } => "install into a file and name it: `sslrootcert=`, PGSSLROOTCERT".to_owned(),
        E::NotCacerts { path, is_store: true, .. } => format!(
            "put that Java's own back, as by installing its package again; or `pgtrust bundle {0} -o {0}.jks` makes a \
             Java store of these roots, to be moved to its place",
            path.display()
        ),
        E::NotCacerts { .. } => "put that Java's own back, as by installing its package again".to_owned(),
        E::NothingLeft { .. } => {
            "move it away; `pgtrust install PROVIDER|FILE --output` puts sound roots there".to_owned()
        }
        E::NotAnNssDatabase { path, .. } => format!("`certutil -N -d sql:{}` makes one", path.display()),
        E::TargetOfUser { root, .. } => format!(
            "name the file: `--output {}` for root; or take a store of the whole machine: `--target system`",
            root.join("root/.postgresql/root.crt").display()
        ),
        E::UnknownFormat { .. } => {
            let names: Vec<_> = format::FORMATS.iter().flat_map(|format| format.extensions).collect();
            let names: Vec<_> = names.iter().map(|name| format!("`.{name}`")).collect();
            format!("end the name in one of {}", names.join(", "))
        }
        E::WouldLose { .. } => "leave the store in its format, or write to another file".to_owned(),
        _ => return None,
    })
}

fn of_source(error: &SourceError) -> Option<String> {
    Some(match error {
        SourceError::BadTenant { usage, .. } => {
            usage.clone().unwrap_or_else(|| "name the provider alone; a path begins with `./`".to_owned())
        }
        SourceError::Enforcement(error) => of_enforcement(error),
        SourceError::NoSuchSource { name, suggestion: Some(suggestion) } => did_you_mean(name, suggestion),
        SourceError::NoSuchSource { .. } => "no such file is here; `pgtrust providers` lists the providers".to_owned(),
        SourceError::NoSystemRoots { .. } => "SSL_CERT_FILE names a file of them".to_owned(),
        SourceError::NotFetched { id, .. } => format!("`pgtrust fetch {id}`"),
        SourceError::Tenant(error) => of_tenant(error),
        _ => return None,
    })
}

fn of_tenant(error: &TenantError) -> String {
    let provider = error.tenant.split('/').next().unwrap_or_default();
    match &error.reason {
        TenantReason::Busy { retry_after: Some(pause), .. } => {
            format!("run it again in {} seconds: the API asks for that", pause.as_secs())
        }
        TenantReason::Busy { retry_after: None, .. } => "run it again in a few minutes".to_owned(),
        TenantReason::Failing { .. } => "run it again later; what is kept stays as it is".to_owned(),
        TenantReason::Forbidden { .. } => {
            "give the token the right to read databases, or take one of an account that has it".to_owned()
        }
        TenantReason::NoToken { variables, .. } => {
            format!("put it into {variables}, or into a file: `--token-file FILE`, which is remembered")
        }
        TenantReason::NotRead { remedy, .. } => remedy.clone(),
        TenantReason::NotFound { .. } | TenantReason::UnknownName { .. } => {
            "compare it with the provider's console; the token of another account sees nothing of it either".to_owned()
        }
        TenantReason::Refused { from, .. } => {
            format!("it comes from {from}: it may have expired, or be one for something else")
        }
        TenantReason::Unreachable { passing: true, .. } => "run it again once the network is there".to_owned(),
        _ => {
            format!("a proxy may have answered in the API's place; `pgtrust providers {provider}` tells another way")
        }
    }
}

fn of_enforcement(error: &EnforcementError) -> String {
    match error {
        EnforcementError::Busy { retry_after: Some(pause) } => {
            format!("run it again in {} seconds, as it asks", pause.as_secs())
        }
        EnforcementError::Busy { retry_after: None } => "run it again in a minute".to_owned(),
        EnforcementError::Failing { .. } => "run it again later; `get` tells what holds".to_owned(),
        EnforcementError::Forbidden { .. } => "take the token of somebody who may change the project's settings".to_owned(),
        EnforcementError::NotAReference { .. } | EnforcementError::UnknownProject { .. } => {
            "it is the word in the project's address, https://supabase.com/dashboard/project/REF, and in `db.REF.supabase.co`; \
             the token of another account does not see it"
                .to_owned()
        }
        EnforcementError::Refused => "it may have expired: https://supabase.com/dashboard/account/tokens makes a new one".to_owned(),
        EnforcementError::Unreachable(_) => "nothing is known to have changed; `get` tells what holds".to_owned(),
        _ => "a proxy may have answered in the API's place".to_owned(),
    }
}

fn of_settings(error: &SettingsError) -> Option<String> {
    match error {
        SettingsError::UnknownClient { suggestion: Some(suggestion), .. } => {
            Some(format!("did you mean `{suggestion}`? `pgtrust snippet` lists all"))
        }
        SettingsError::UnknownClient { .. } => Some("`pgtrust snippet` lists all".to_owned()),
        _ => None,
    }
}

fn of_schedule(error: &schedule::Error) -> Option<String> {
    use schedule::Error as E;
    Some(match error {
        E::BadTimes { .. } => {
            "`daily`, `hourly`, `weekly` or `04:30`; for cron also minute, hour, day, month and weekday: `17 4 * * 1-5`"
                .to_owned()
        }
        E::NoProgram { .. } => "put it into its `usr/local/bin` or `usr/bin` first".to_owned(),
        E::NoScheduler { .. } => {
            "`--via` names one to write for all the same; or let something else run `pgtrust refresh`".to_owned()
        }
        E::NotTaken { remaining, .. } => {
            format!("where it can be reached, as after a login, run `{}`", remaining.join("`, `"))
        }
        E::OnlyCron { .. } => {
            "`--every daily`, `hourly`, `weekly` or a time such as `04:30`; or `--via cron`".to_owned()
        }
        _ => return None,
    })
}

fn of_request(error: &RequestError) -> Option<String> {
    use RequestError as E;
    Some(match error {
        E::NoTarget { .. }
        | E::OneChain { .. }
        | E::Socket { .. }
        | E::UnknownClient { .. }
        | E::RotationOfAnother { .. }
        | E::UnknownRotation { .. } => {
            return check::of_request(error).map(str::to_owned);
        }
        E::BadMirrorAuth => "write the name and the password for the mirror into it, with a colon between".to_owned(),
        E::FolderNotEmpty { .. } => "`pgtrust install --output` adds to a hashed folder and keeps the rest".to_owned(),
        E::FormatOfDatabase { .. } => "leave `--format` out".to_owned(),
        E::FormatOfTarget { formats: [], .. } => "it keeps the one that it has: leave `--format` out".to_owned(),
        E::FormatOfTarget { formats, .. } => {
            format!("it has `{}`; `--output FILE` takes any", formats.join("`, `"))
        }
        E::HoldsOthers { .. } => "`pgtrust install --output` adds to it and keeps the rest".to_owned(),
        E::MissingValues { name, placeholders, .. } => {
            format!("or name it `{name}/{}`", placeholders.join("/").to_uppercase())
        }
        E::NoJavaStore { .. } => "`pgtrust install --target java` makes it".to_owned(),
        E::NoPassword { .. } => "its first line is taken, in UTF-8".to_owned(),
        E::NoStoreKept => "`--output FILE` names one that pgtrust added to".to_owned(),
        E::NotARoot { .. } => "a trust store holds roots only; trust the root that it leads to".to_owned(),
        E::NotAStore { .. } => "write to another file, or remove that one first".to_owned(),
        E::NotFollowed { .. } => "download it yourself, and pass it with `--file`".to_owned(),
        E::NotHeld { .. } | E::NothingHeld { .. } => "`pgtrust status` shows what is held".to_owned(),
        E::NothingKept => "name one, as in `pgtrust install azure`; `pgtrust providers` lists all".to_owned(),
        E::PasswordNotInFile { .. } => "write the password to a file: later runs read it again".to_owned(),
        E::ProviderDiffers { .. } => "`--replace` writes it anew".to_owned(),
        E::ProviderInUse { manifest, .. } => format!("take that out of `{}` first", manifest.display()),
        E::ProviderTaken { name, .. } => {
            format!("choose another name; `pgtrust providers {name}` shows that one")
        }
        E::SeveralKept { ids } => format!("name one of {}", ids.join(", ")),
        E::TokenOfOne { .. } => {
            "name those of one provider in a run of their own, as `digitalocean/my-cluster`".to_owned()
        }
        E::UnusedValue { .. } => "`pgtrust providers PROVIDER` tells what a provider needs to know".to_owned(),
        E::WouldEmpty { .. } => "install the roots that its servers use now, then prune".to_owned(),
        _ => return None,
    })
}
