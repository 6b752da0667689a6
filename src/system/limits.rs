//! Every limit on what is read, in one place: to change one is to change it here.
//!
//! What is beyond a limit is an error that names it, never a shorter result. SECURITY.md shows the first sentence of
//! each; a test compares the two.
//!
//! Under `scripts/fuzz` (`cfg(fuzzing)`) key derivations are short: what a fuzzer tries must be tried often, and a file
//! that asks for a second of work has nothing new to show.

use std::time::Duration;

/// Bytes of an input that is read piece by piece, such as a bundle in PEM.
pub const INPUT: u64 = 1 << 30;

/// Bytes of a file that is read into memory as a whole. The largest store in wide use, the JDK's, has 170 KB.
pub const WHOLE: u64 = 256 << 20;

/// Bytes at the start of an input that tell its format: enough to see past the text that people put before the first
/// certificate.
pub const HEAD: usize = 64 << 10;

/// Files in a folder. `/etc/ssl/certs` has some 300.
pub const FOLDER_ENTRIES: usize = 50_000;

/// Folders within folders of a source.
pub const FOLDER_DEPTH: usize = 16;

/// Bytes of one file in a folder of certificates. System bundles have a quarter of a megabyte.
pub const FOLDER_FILE: u64 = 16 << 20;

/// Bytes of all files in a folder of certificates together.
pub const FOLDER_TOTAL: usize = 256 << 20;

/// Symbolic links that lead from one to the next. Linux gives up after as many.
pub const LINKS: usize = 40;

/// Bytes of `pgtrust.toml`, of a `provider.toml`, or of the file that says which release of Java is installed. The
/// largest definition that is built in has 32 KB.
pub const SETTINGS: u64 = 1 << 20;

/// Bytes of the journal. It is kept short: a hundred changes of a store have about 100 KB.
pub const JOURNAL: u64 = 256 << 20;

/// Bytes of a file whose first line is a password, or a token.
pub const PASSWORD_FILE: u64 = 64 << 10;

/// Bytes of a service file, of `.env`, or of a list of servers. A thousand servers have some 50 KB.
pub const CONNECTIONS: u64 = 1 << 20;

/// Bytes of one connection string. Those in use have some hundred, and some thousand with a certificate in them.
pub const TARGET: usize = 64 << 10;

/// Servers that one connection string names. Those in use name a handful.
pub const HOSTS: usize = 100;

/// Days before its end on which `check` speaks of a server's certificate.
pub const LEAF_DAYS: i64 = 14;

/// Ends and rotations through which a verdict of `check` is followed.
pub const EVENTS: usize = 64;

/// Bytes of one certificate, or of its block in PEM. The largest root in use has 4 KiB.
pub const CERTIFICATE: usize = 1 << 20;

/// Bytes of a PEM label such as `CERTIFICATE`. The longest in use has 22.
pub const PEM_LABEL: usize = 64;

/// Levels of nested BER. What others write stays below ten.
pub const NESTING: usize = 32;

/// Levels of nested Java objects in a secret key of a JCEKS store. Those that Java writes have three.
pub const OBJECT_NESTING: usize = 8;

/// Entries of a JKS or PKCS#12 store. Six bytes can be an entry, and each takes a few hundred in memory. Java reads the
/// largest store in use, with some thousands, in seconds.
pub const STORE_ENTRIES: u32 = 1_000_000;

/// Parts of a PKCS#12 store, each encrypted by itself. Others write up to three; pgtrust adds one with each change of a
/// store.
pub const STORE_PARTS: usize = 100_000;

/// Certificates of a file in which the chains of its private keys are looked for: the first of it. A server's has a handful.
pub const CHAINED: usize = 10_000;

/// Certificates that are told of together: before a file with more is read to its end, the first are told.
pub const TOGETHER: usize = 1_000;

/// Iterations of one key derivation: what Java accepts at most. OpenSSL and Java write 2,048 to 100,000; some have set
/// millions.
pub const DERIVATION: u64 = if cfg!(fuzzing) { 1_000 } else { 5_000_000 };

/// Iterations of all key derivations for what one run reads, however many stores that is: a few seconds.
pub const DERIVATIONS: u64 = if cfg!(fuzzing) { 4_000 } else { 30_000_000 };

/// Iterations of all key derivations for one download, or one answer of an API. No provider encrypts its certificates.
pub const DERIVATIONS_OF_ANSWER: u64 = 10_000;

/// Bytes of the salt of a key derivation. Programs write 8 to 64.
pub const SALT: u64 = 64 << 10;

/// Bytes of a derived key. Ciphers and MACs in use take 64 at most.
pub const DERIVED_KEY: u64 = 1 << 10;

/// Files in an archive. One of a provider's certificates has a handful.
pub const ARCHIVE_FILES: u16 = 1_000;

/// Bytes of all files in an archive together, unpacked. A provider's have some 100 KB.
pub const ARCHIVE_UNPACKED: u64 = 64 << 20;

/// Bytes of all files in a company's catalogue together, unpacked. A hundred providers have half a megabyte.
pub const CATALOGUE_UNPACKED: u64 = 16 << 20;

/// Problems of one input, such as a file, that are told one by one. What is beyond is counted: an input of bad blocks would
/// be told in more bytes than it has.
pub const PROBLEMS: usize = 100;

/// Characters of a text of others in a message, such as a subject. The longest in use has some 150.
pub const TEXT: usize = 300;

/// Bytes of a download, decompressed. The largest bundle of a provider has 165 KB.
pub const DOWNLOAD: u64 = 16 << 20;

/// Bytes of a download that are kept for the next time: larger ones are downloaded again.
pub const DOWNLOAD_KEPT: u64 = 1 << 20;

/// Bytes of a download while others are read beside it. Of those that have more, one is read at a time.
pub const DOWNLOAD_BESIDE: u64 = 1 << 20;

/// Bytes that a kept download has beside its body: its address and validators.
pub const DOWNLOAD_HEAD: u64 = 64 << 10;

/// Bytes of the answer of a provider's API, decompressed. None is as large, and there may be a thousand of them.
pub const ANSWER: u64 = 1 << 20;

/// Bytes that a program of others prints, hooks aside. The CA of a server has a few kilobytes.
pub const PRINTED: u64 = 1 << 20;

/// Characters that are shown of what a program says that is to print a token.
pub const SAID: usize = 2_000;

/// Bytes that `certutil` prints. A line of its list has about a hundred.
pub const CERTUTIL_PRINTED: u64 = 16 << 20;

/// Time for one call of `certutil`. One takes some milliseconds.
pub const CERTUTIL_TIME: Duration = Duration::from_secs(30);

/// Time for Docker to say which containers there are. Its service may hang.
pub const DOCKER_TIME: Duration = Duration::from_secs(10);

/// Time for `java` to say which Java it starts. Version managers put scripts in its place.
pub const JAVA_TIME: Duration = Duration::from_secs(30);

/// Time for one command of a scheduler, such as `systemctl`.
pub const SCHEDULER_TIME: Duration = Duration::from_secs(60);

/// Time for a program that prints a token. It may have to ask its user for a password.
pub const TOKEN_TIME: Duration = Duration::from_secs(30);

/// Time for one command that brings new roots of the system into use. It runs what others have added to it, and macOS asks
/// its user first.
pub const UPDATE_TIME: Duration = Duration::from_secs(300);

/// Time for one attempt of a download, from connecting to the last byte. `--timeout` sets another.
pub const DOWNLOAD_TIME: Duration = Duration::from_secs(30);

/// Time for connecting to a server. One that does not answer by then is tried again or done without.
pub const CONNECT_TIME: Duration = Duration::from_secs(5);

/// Attempts of one download.
pub const ATTEMPTS: u32 = 3;

/// Time between two attempts, also where the server asks for more.
pub const PAUSE: Duration = Duration::from_secs(5);

/// Redirects of one download.
pub const REDIRECTS: usize = 5;

/// Downloads at the same time.
pub const PARALLEL: usize = 16;

/// Time for asking one server for its certificates, from the look-up of its name to the last byte. A tenth of a second is
/// usual.
pub const SERVER_TIME: Duration = Duration::from_secs(10);

/// Time for a server to close its side of a connection that was ended: it logs fewer errors then.
pub const GOODBYE_TIME: Duration = Duration::from_secs(1);

/// Servers that are asked at the same time. macOS lets a program open 256 files.
pub const SERVERS: usize = 100;

/// Bytes of what a server answers before TLS. libpq takes errors of up to 30,000.
pub const SERVER_ANSWER: usize = 32 << 10;

/// Bytes of a TLS handshake with a server. OpenSSL takes chains of 100 KB, rustls of 64 KB.
pub const HANDSHAKE: usize = 256 << 10;

/// Certificates that a server sends. OpenSSL looks no further than a hundred.
pub const SERVED: usize = 100;

/// Time for one hook. `timeout` in the manifest sets another.
pub const HOOK_TIME: Duration = Duration::from_secs(30);

/// Time for one `refresh`, from the end of `--splay` to the last hook; what writes stores has its own. `--deadline` sets
/// another.
pub const REFRESH_TIME: Duration = Duration::from_secs(600);

/// Roots of one provider that are held. The largest bundle that is followed has some hundred.
pub const HELD_ROOTS: usize = 200;

/// Bytes of the held roots of one provider.
pub const HELD_BYTES: usize = 256 << 10;

/// Roots of all providers that are held.
pub const HELD_IN_ALL: usize = 2_000;

/// New roots of one provider that are taken in all under `new-roots = "accept"`, with those that a person accepted.
pub const ACCEPTED: usize = 128;

/// New roots of one provider that are taken at once under `new-roots = "accept"`. Where there are more, none is.
pub const ACCEPTED_AT_ONCE: usize = 32;

/// Findings of one source, store or hook.
pub const FINDINGS_OF_ONE: usize = 200;

/// Findings that are kept in all.
pub const FINDINGS: usize = 1_000;

/// Characters of a finding's text, and of what to do about it.
pub const FINDING_TEXT: usize = 2 << 10;

/// Fingerprints that a message lists.
pub const FINGERPRINTS_SHOWN: usize = 8;

/// Findings of one source, store or hook that one run says.
pub const FINDINGS_SAID: usize = 10;

/// Lines on standard error of one `refresh` or `fetch`, errors aside.
pub const LINES: usize = 100;

/// Errors that one `refresh` or `fetch` says.
pub const ERRORS: usize = 90;

/// Bytes of a file of state that only remembers, such as the findings of the last run. One that has more counts as none.
pub const REMEMBERED: u64 = 32 << 20;

/// Changes that one hook is owed: of more, the latest.
pub const OWED: usize = 1_000;

/// Days that the clock may be off what the last run saw. Beyond it, nothing expires until a second run agrees.
pub const CLOCK_DAYS: i64 = 730;

/// Days after which pins that nobody has checked are old.
pub const PINS_DAYS: i64 = 366;

#[cfg(test)]
mod tests {
    /// The table in SECURITY.md as this file has it.
    fn table() -> String {
        let source = include_str!("limits.rs").split("#[cfg(test)]").next().unwrap_or_default();
        let (mut table, mut words) = (String::new(), Vec::new());
        for line in source.lines() {
            if let Some(text) = line.strip_prefix("/// ") {
                words.push(text);
            } else if let Some((_, value)) = line.strip_prefix("pub const ").and_then(|rest| rest.split_once(" = ")) {
                let text = words.join(" ");
                let what = text.split(". ").next().unwrap_or_default().split(": ").next().unwrap_or_default();
                table += &format!("| {} | {} |\n", what.trim_end_matches('.'), shown(value.trim_end_matches(';')));
                words.clear();
            } else {
                words.clear();
            }
        }
        table
    }

    fn shown(value: &str) -> String {
        let value = value.split("else {").last().unwrap_or_default().trim_matches([' ', '}']);
        if let Some(seconds) = value.strip_prefix("Duration::from_secs(") {
            return format!("{} s", seconds.trim_end_matches(')'));
        }
        match value.split_once(" << ") {
            Some((count, "10")) => format!("{count} KiB"),
            Some((count, "20")) => format!("{count} MiB"),
            Some((count, _)) => format!("{count} GiB"),
            None => value.replace('_', ","),
        }
    }

    #[test]
    fn the_table_for_users_has_every_limit() {
        let table = table();
        assert_eq!(table.lines().count(), 78);
        assert!(include_str!("../../SECURITY.md").contains(&table), "SECURITY.md should have:\n{table}");
    }
}
