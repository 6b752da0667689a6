//! The kinds of failures, as scripts know them: `{"error":{"kind":"no-such-provider",…}}`. A name in this list stays as it is. What is wrong
//! with the command line itself is `usage`, and standard output that cannot be written is `output`.

use pgtrust::client::surroundings::SurroundingsError;
use pgtrust::enforcement::EnforcementError;
use pgtrust::server::ServerReason;
use pgtrust::{
    BundleError, CatalogError, DownloadError, Error, HookError, JournalError, ManifestError, ProcessError, Refusal,
    RequestError, SettingsError, SourceError, StoreError, SystemError, TenantReason, format, schedule,
};

/// Returns the name of this kind of error.
pub(crate) fn of(error: &Error) -> &'static str {
    match error {
        Error::Bundle(BundleError::EmptyBundle { .. }) => "empty-bundle",
        Error::Catalog(error) => of_catalog(error),
        Error::Decode(error) => of_format(&error.source),
        Error::Hook(HookError::HookFailed { .. }) => "hook-failed",
        Error::Journal(JournalError::BytesGone { .. }) => "bytes-gone",
        Error::Journal(JournalError::ChangedSince { .. }) => "changed-since",
        Error::Journal(JournalError::GoneSince { .. }) => "gone-since",
        Error::Journal(JournalError::NoSuchChange { .. }) => "no-such-change",
        Error::Journal(JournalError::NotItsOwn { .. }) => "not-its-own",
        Error::Journal(JournalError::NothingToUndo) => "nothing-to-undo",
        Error::Journal(JournalError::PutBackAlready { .. }) => "put-back-already",
        Error::Journal(JournalError::Unreadable { .. }) => "journal-unreadable",
        Error::Manifest(ManifestError::BadManifest { .. }) => "bad-manifest",
        Error::Manifest(ManifestError::Full { .. }) => "manifest-full",
        Error::Request(error) => of_request(error),
        Error::Schedule(error) => of_schedule(error),
        Error::Settings(SettingsError::UnknownClient { .. }) => "no-such-client",
        Error::Source(error) => of_source(error),
        Error::Store(error) => of_store(error),
        Error::Surroundings(SurroundingsError::NoSuchUser { .. }) => "no-such-user",
        Error::Surroundings(_) => "bad-connection-file",
        Error::System(error) => of_system(error),
        Error::Target(_) => "bad-target",
        _ => OTHER,
    }
}

fn of_catalog(error: &CatalogError) -> &'static str {
    match error {
        CatalogError::BadCatalogue { .. } => "bad-catalogue",
        CatalogError::BadProvider { .. } => "bad-provider",
        CatalogError::NoFixedRoots { .. } => "no-fixed-roots",
        CatalogError::UnknownProvider { .. } => "no-such-provider",
        CatalogError::UnknownRegion { .. } => "no-such-region",
        _ => OTHER,
    }
}

fn of_format(error: &format::Error) -> &'static str {
    match error {
        format::Error::Damaged { .. } => "damaged",
        format::Error::HoldsOne { .. } => "holds-one",
        format::Error::InsideText { .. } => "inside-text",
        format::Error::Io(_) => "io",
        format::Error::Limit { .. } => "limit",
        format::Error::NotAStore { .. } => "not-a-store",
        format::Error::PasswordNeeded { .. } => "password-needed",
        format::Error::PrivateKey { .. } => "private-key",
        format::Error::TooLarge { .. } => "too-large",
        format::Error::Unsupported { .. } => "unsupported",
        format::Error::WrongPassword => "wrong-password",
        _ => OTHER,
    }
}

fn of_request(error: &RequestError) -> &'static str {
    match error {
        RequestError::Exists { .. } => "exists",
        RequestError::BadHosts { .. } => "bad-target",
        RequestError::FolderNotEmpty { .. } => "folder-not-empty",
        RequestError::FormatOfDatabase { .. } | RequestError::FormatOfTarget { .. } => "no-such-format",
        RequestError::HoldsOthers { .. } => "holds-others",
        RequestError::MissingValues { .. } => "missing-values",
        RequestError::NoJavaStore { .. } => "no-java-store",
        RequestError::NoPassword { .. } | RequestError::PasswordNotInFile { .. } => "no-password",
        RequestError::NoTarget { .. } => "no-target",
        RequestError::OneChain { .. } => "several-servers",
        RequestError::RotationOfAnother { .. } => "no-such-rotation",
        RequestError::UnusedPattern { .. } => "no-such-root",
        RequestError::Socket { .. } => "unix-socket",
        RequestError::UnknownClient { .. } => "no-such-client",
        RequestError::UnknownRotation { .. } => "no-such-rotation",
        RequestError::NoStoreKept => "no-store-kept",
        RequestError::NotARoot { .. } => "not-a-root",
        RequestError::NotAStore { .. } => "not-a-store",
        RequestError::NotFollowed { .. } => "not-followed",
        RequestError::NotHeld { .. } | RequestError::NothingHeld { .. } => "not-held",
        RequestError::NothingKept => "nothing-kept",
        RequestError::ProviderDiffers { .. } => "provider-differs",
        RequestError::ProviderInUse { .. } => "provider-in-use",
        RequestError::ProviderTaken { .. } => "provider-taken",
        RequestError::SeveralKept { .. } => "several-kept",
        RequestError::TokenOfOne { .. } => "token-of-one",
        RequestError::UnusedValue { .. } => "unused-value",
        RequestError::WouldEmpty { .. } => "would-empty",
        _ => OTHER,
    }
}

fn of_schedule(error: &schedule::Error) -> &'static str {
    match error {
        schedule::Error::BadTimes { .. } => "bad-times",
        schedule::Error::NoProgram { .. } => "no-program",
        schedule::Error::NoScheduler { .. } => "no-scheduler",
        schedule::Error::NotTaken { .. } => "not-taken",
        schedule::Error::OnlyCron { .. } => "only-cron",
        _ => OTHER,
    }
}

fn of_source(error: &SourceError) -> &'static str {
    match error {
        SourceError::BadTenant { .. } => "bad-tenant",
        SourceError::Server(error) => of_server(&error.reason),
        SourceError::Download(DownloadError::Timeout { .. }) => "timeout",
        SourceError::Download(_) => "download",
        SourceError::Enforcement(EnforcementError::NotAReference { .. } | EnforcementError::UnknownProject { .. }) => {
            "no-such-project"
        }
        SourceError::Enforcement(_) => "enforcement",
        SourceError::NoSuchSource { .. } => "no-such-source",
        SourceError::NoSystemRoots { .. } => "no-system-roots",
        SourceError::NotFetched { .. } => "not-fetched",
        SourceError::Tenant(error) => match error.reason {
            TenantReason::NoToken { .. } => "no-token",
            TenantReason::NotFound { .. } | TenantReason::UnknownName { .. } => "no-such-tenant",
            TenantReason::Forbidden { .. } | TenantReason::Refused { .. } => "token-refused",
            _ => "tenant",
        },
        _ => OTHER,
    }
}

fn of_store(error: &StoreError) -> &'static str {
    match error {
        StoreError::BlockedHash { .. } => "blocked-hash",
        StoreError::DamagedStore { .. } | StoreError::UnreadableStore { .. } => "damaged",
        StoreError::DistrustedThere { .. } => "distrusted-there",
        StoreError::GeneratedBundle { .. } => "generated-bundle",
        StoreError::JavaSilent { .. }
        | StoreError::JavaUnknown
        | StoreError::NoJvm { .. }
        | StoreError::NoJvmAnywhere { .. } => "no-java",
        StoreError::NoSystemStore { .. } => "no-system-store",
        StoreError::NotAnNssDatabase { .. } => "not-an-nss-database",
        StoreError::NotCacerts { .. } => "not-cacerts",
        StoreError::NothingLeft { .. } => "nothing-left",
        StoreError::TargetOfUser { .. } => "target-of-user",
        StoreError::UnknownFormat { .. } => "no-such-format",
        StoreError::WouldLose { .. } | StoreError::WouldNotReadBack { .. } => "would-lose",
        _ => OTHER,
    }
}

fn of_server(reason: &ServerReason) -> &'static str {
    match reason {
        ServerReason::Closed { .. } | ServerReason::Reset { .. } => "server-closes",
        ServerReason::Injected => "injected",
        ServerReason::NotPostgres { .. } => "not-postgres",
        ServerReason::Said { .. } => "server-error",
        ServerReason::Timeout { .. } => "timeout",
        ServerReason::Refused | ServerReason::UnknownHost { .. } | ServerReason::Unreachable { .. } => "unreachable",
        _ => "tls",
    }
}

fn of_system(error: &SystemError) -> &'static str {
    match error {
        SystemError::ChangedMeanwhile { .. } => "changed-meanwhile",
        SystemError::HardLinks { .. } => "hard-links",
        SystemError::HomeUnknown => "home-unknown",
        SystemError::Io(_) => "io",
        SystemError::IsFolder { .. } => "is-folder",
        SystemError::Locked { .. } => "locked",
        SystemError::NoImage { .. } => "no-image",
        SystemError::NotAFile { .. } => "not-a-file",
        SystemError::Process(ProcessError::Missing { .. }) => "program-missing",
        SystemError::Process(ProcessError::TimedOut { .. }) => "timeout",
        SystemError::Process(_) => "program-failed",
        SystemError::Refused(Refusal::ForeignHome { .. }) => "foreign-home",
        SystemError::Refused(Refusal::Link { .. } | Refusal::Program { .. } | Refusal::Shared { .. }) => {
            "writable-by-others"
        }
        SystemError::Refused(_) => "not-writable",
        SystemError::Unwritable { .. } => "unwritable",
        _ => OTHER,
    }
}

/// What has no name of its own yet.
const OTHER: &str = "other";
