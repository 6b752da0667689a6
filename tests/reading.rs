//! What is read of files that a user names: who must not wait, how much is told of what is wrong, and how much work it is.

use crate::support::pgtrust::{Home, Run};
use crate::support::pki::Authority;

#[test]
fn pipes_and_devices_are_refused_at_once_and_what_the_shell_passes_is_read() {
    let home = Home::new();
    let root = Authority::root("pgtrust test root").certificate;
    home.write("a.pem", &root.pem);
    Run::of(home.command("mkfifo").arg("pipe")).expect(0);
    for special in ["pipe", "/dev/zero"] {
        for arguments in [
            &["inspect", special][..],
            &["bundle", special, "-o", "out.pem"],
            &["install", special],
            &["inspect", "a.pem", "--password-file", special],
            &["bundle", "a.pem", "-o", "out.pem", "--password-file", special],
        ] {
            let run = in_time(&home, arguments).expect(2);
            assert!(run.stderr.contains(&format!("`{special}`")) && run.stderr.contains("regular file"), "{run}");
        }
    }
    let pgtrust = env!("CARGO_BIN_EXE_pgtrust");
    for script in ["<(cat a.pem)", "/dev/stdin < a.pem", "- < a.pem", "a.pem --password-file <(echo secret)"] {
        let script = format!("'{pgtrust}' inspect --json {script}");
        let run = Run::of(home.command("bash").args(["-c", &script])).expect(0);
        assert_eq!(run.json()["stores"][0]["certificates"][0]["sha256"], root.fingerprint(), "{run}");
    }
}

/// Runs `pgtrust` where waiting for nothing would end the test.
fn in_time(home: &Home, arguments: &[&str]) -> Run {
    let mut command = home.command("timeout");
    Run::of(command.args(["20", env!("CARGO_BIN_EXE_pgtrust")]).args(arguments))
}
