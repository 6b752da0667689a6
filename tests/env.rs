//! `pgtrust env`: what it prints is read by the programs that it is for.

use std::fs;
use std::path::PathBuf;

use crate::support::pgtrust::{Home, Run};
use crate::support::tools;

const FOLDER: &str = r#"it's "50%" \n $HOME `id` ; # & ü"#;

#[test]
fn posix_shells() {
    for shell in ["sh", "dash", "bash"] {
        let Some(program) = tools::program(shell) else { continue };
        let (home, file) = home(FOLDER);
        let script = "eval \"$(\"$PGTRUST\" env azure)\" && exec printenv PGSSLROOTCERT NODE_EXTRA_CA_CERTS";
        let run = Run::of(home.command(program).args(["-c", script]).env("PGTRUST", env!("CARGO_BIN_EXE_pgtrust")));
        assert_eq!(run.stdout, format!("{0}\n{0}\n", file.display()), "{run}");
    }
}

#[test]
fn fish() {
    let Some(fish) = tools::program("fish") else { return };
    let (home, file) = home(FOLDER);
    let script = "$PGTRUST env --shell fish azure | source; and printenv PGSSLROOTCERT NODE_EXTRA_CA_CERTS";
    let mut command = home.command(fish);
    // Its own variables go through the encoding of the locale.
    command.args(["-c", script]).env("PGTRUST", env!("CARGO_BIN_EXE_pgtrust")).env("LC_ALL", "C.UTF-8");
    let run = Run::of(&mut command);
    assert_eq!(run.stdout, format!("{0}\n{0}\n", file.display()), "{run}");
}

/// The readers of Python and Node.js, and a shell, which many use in their place.
#[test]
fn dotenv() {
    let (Some(python), Some(node), Some(modules)) = (tools::python(), tools::program("node"), tools::node_modules())
    else {
        return;
    };
    let (home, file) = home(r#"a "50%" b\n #c `id` ü"#);
    home.write(".env", print(&home, "dotenv"));
    let expected = format!("{}\n", file.display());
    let python_dotenv = "import dotenv; print(dotenv.dotenv_values('.env')['PGSSLROOTCERT'])";
    let node_dotenv = "console.log(require('dotenv').parse(require('fs').readFileSync('.env')).PGSSLROOTCERT)";
    let runs = [
        Run::of(home.command(python).args(["-X", "utf8", "-c", python_dotenv])),
        Run::of(home.command(node).env("NODE_PATH", modules).args(["-e", node_dotenv])),
        Run::of(home.command("sh").args(["-c", ". ./.env && printf '%s\\n' \"$PGSSLROOTCERT\""])),
    ];
    for run in runs {
        assert_eq!(run.stdout, expected, "{run}");
    }
    let refused = self::home("it's").0.pgtrust(&["env", "--shell", "dotenv", "azure"]).expect(2);
    assert!(refused.stderr.contains("it holds `'`") && refused.stdout.is_empty(), "{refused}");
}

/// systemd reads os-release with the parser that it has for `EnvironmentFile=`, and needs no running systemd for it.
#[test]
fn systemd() {
    let Some(tmpfiles) = tools::program("systemd-tmpfiles") else { return };
    let (home, file) = home(FOLDER);
    let text = print(&home, "systemd");
    let value = text.lines().next().unwrap().strip_prefix("PGSSLROOTCERT=").unwrap();
    home.write("root/etc/os-release", format!("ID={value}\n"));
    home.write("root/etc/tmpfiles.d/print.conf", "f /printed - - - - %o\n");
    let root = format!("--root={}", home.path().join("root").display());
    let run = Run::of(home.command(tmpfiles).args([&root, "--create", "print.conf"])).expect(0);
    let printed = fs::read_to_string(home.path().join("root/printed")).unwrap();
    assert_eq!(printed, file.display().to_string(), "{run}");
}

/// Docker's rule for `--env-file`: name, `=`, and the rest of the line as it is.
#[test]
fn docker() {
    let (home, file) = home(FOLDER);
    let text = print(&home, "docker");
    let values: Vec<(&str, &str)> = text.lines().map(|line| line.split_once('=').unwrap()).collect();
    let file = file.to_str().unwrap();
    assert_eq!(values, [("PGSSLROOTCERT", file), ("NODE_EXTRA_CA_CERTS", file)]);
}

#[test]
fn a_jvm_takes_the_path_of_its_store() {
    let Some(java) = tools::program("java") else { return };
    let (home, file) = home(r#"it's "50%" \n $HOME"#);
    let store = file.with_file_name("java.p12");
    fs::write(&store, "").unwrap();
    let script = "eval \"$(\"$PGTRUST\" env azure)\" && exec \"$JAVA\" -XshowSettings:properties -version";
    let mut command = home.command("sh");
    command.args(["-c", script]).env("PGTRUST", env!("CARGO_BIN_EXE_pgtrust")).env("JAVA", java);
    let run = Run::of(&mut command).expect(0);
    for line in [
        format!("javax.net.ssl.trustStore = {}", store.display()),
        "javax.net.ssl.trustStorePassword = changeit".to_owned(),
    ] {
        assert!(run.stderr.contains(&format!("{line}\n")), "{line}: {run}");
    }
    fs::remove_file(store).unwrap();
    assert!(!print(&home, "sh").contains("JAVA"));
}

#[test]
fn a_line_end_in_a_path_is_refused() {
    let (home, _) = home("a\nb");
    for shell in ["sh", "fish", "powershell", "dotenv", "systemd", "docker"] {
        let run = home.pgtrust(&["env", "--shell", shell, "azure"]).expect(2);
        assert!(run.stdout.is_empty() && run.stderr.contains("it holds a line end"), "{run}");
    }
}

#[test]
fn the_file_of_one_account_is_not_for_the_machine() {
    let home = Home::new();
    home.pgtrust(&["install", "azure", "--offline"]).expect(0);
    let root_crt = home.root_crt().display().to_string();
    assert!(home.pgtrust(&["env"]).expect(0).stdout.contains(&root_crt));
    assert!(!home.pgtrust(&["env", "--system"]).stdout.contains(&root_crt));
}

/// A home whose files stand in this folder, with one provider; and the path of its file.
fn home(folder: &str) -> (Home, PathBuf) {
    let mut home = Home::new();
    let folder = home.path().join(folder);
    home.set("PGTRUST_HOME", &folder);
    home.pgtrust(&["fetch", "azure", "--offline"]).expect(0);
    (home, folder.join("azure.pem"))
}

#[track_caller]
fn print(home: &Home, shell: &str) -> String {
    home.pgtrust(&["env", "--shell", shell, "azure"]).expect(0).stdout
}
