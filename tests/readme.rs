//! The README: what its examples show is what happens.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::support::pgtrust::{Home, Run};
use crate::support::pki::{Authority, Chain};
use crate::support::postgres::Postgres;
use crate::support::provider_server::ProviderServer;
use crate::support::reply::Reply;

/// All console blocks are one session, in one home.
#[test]
fn the_examples_show_what_happens() {
    let mirror = ProviderServer::start();
    let new_root = Authority::root("New Root").certificate;
    serve_what_the_examples_ask(&mirror, &new_root.pem);

    let binary = Path::new(env!("CARGO_BIN_EXE_pgtrust"));
    let Some(server) = Postgres::start_with(&[], "host all all all trust\n") else { return };
    server.present(&Chain::named("Example"));
    let mut home = Home::new();
    home.set("PGHOSTADDR", "127.0.0.1");
    home.set("PGPORT", server.port.to_string());
    home.trust_for_https(mirror.ca_pem());
    home.set("HTTPS_PROXY", mirror.plain(""));
    home.set("PATH", format!("{}:{}", binary.parent().unwrap().display(), std::env::var("PATH").unwrap()));
    let stand_ins = [
        ("/home/me", home.path().display().to_string()),
        ("https://mirror.example/pki", mirror.plain("/pki")),
        ("FINGERPRINT", new_root.fingerprint()),
        ("db.example:5432", format!("db.example:{}", server.port)),
        ("CN=db.example", "CN=localhost".to_owned()),
    ];
    let real = |shown: &str| stand_ins.iter().fold(shown.to_owned(), |text, (shown, real)| text.replace(shown, real));
    let shown = |real: &str| stand_ins.iter().fold(real.to_owned(), |text, (shown, real)| text.replace(real, shown));

    let examples = examples();
    let mut session = format!("exec 2>&1\nended() {{ local status=$?; echo \"{END}$status\"; return $status; }}\n");
    for example in &examples {
        session += &format!("{}\nended\n", real(&example.command));
    }
    let run = Run::of(home.command("bash").args(["-c", &session]));
    let mut rest = run.stdout.as_str();
    for (index, example) in examples.iter().enumerate() {
        let (output, after) =
            rest.split_once(END).unwrap_or_else(|| panic!("bash ended before {}:\n{rest}", example.place));
        let (status, after) = after.split_once('\n').unwrap();
        rest = after;
        let output = shown(output);
        let lines: Vec<&str> = output.lines().collect();
        let expected: Vec<&str> = example.output.iter().map(String::as_str).collect();
        assert!(
            matches(&expected, &lines),
            "{}: `{}` prints\n{output}\nand not\n{}",
            example.place,
            example.command,
            expected.join("\n")
        );
        let asked = examples.get(index + 1).is_some_and(|next| next.command == "echo $?");
        assert!(status == "0" || asked, "{}: `{}` ends with status {status}, unsaid", example.place, example.command);
    }
}

/// They cannot be run from within a test run, except for what comes after the build.
#[test]
fn the_build_and_test_commands_exist() {
    let check = fs::read_to_string(project("scripts/check")).unwrap();
    for block in blocks("sh") {
        for command in block.lines.iter().flat_map(|line| line.split(" && ")) {
            let place = &block.place;
            match command.split(' ').collect::<Vec<_>>()[..] {
                ["cargo", "run", ref arguments @ ..] => {
                    let at = arguments.iter().position(|word| *word == "--").unwrap();
                    Home::new().pgtrust(&arguments[at + 1..]).expect(0);
                }
                ["cargo", "test", ..] => assert!(check.contains(command), "{place}: scripts/check has no `{command}`"),
                [script] if script.starts_with("scripts/") => assert!(project(script).is_file(), "{place}: {script}"),
                ["psql", ..] => assert!(command.contains("sslmode=verify-full"), "{place}: {command}"),
                _ => panic!("{place}: nobody knows how to test `{command}`"),
            }
        }
    }
}

#[test]
fn the_manifest_is_one() {
    let manifests = blocks("toml");
    assert!(!manifests.is_empty());
    for Block { lines, .. } in manifests {
        let home = Home::new();
        let manifest = lines.join("\n") + "\n";
        let path = home.write(".config/pgtrust/pgtrust.toml", &manifest);
        let run = home.pgtrust(&["fetch", "--offline"]).expect(0);
        assert_eq!(run.stdout.lines().count(), manifest.matches("[[source]]").count(), "{run}");
        assert_eq!(fs::read_to_string(path).unwrap(), manifest);
    }
}

#[test]
fn every_block_is_of_a_kind_that_is_tested() {
    const TESTED: &[&str] = &["console", "sh", "toml"];
    // A crontab; output would have to be `console`.
    const NOT_RUN: &[&str] = &["text"];
    for Block { place, kind, .. } in all_blocks() {
        assert!(TESTED.contains(&kind.as_str()) || NOT_RUN.contains(&kind.as_str()), "{place}: `{kind}`");
    }
}

#[test]
fn links_to_files_of_the_project_lead_somewhere() {
    for page in [
        "README.md",
        "ARCHITECTURE.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "bundles/README.md",
        "docs/decisions.md",
        "docs/hooks.md",
        "docs/metrics.md",
    ] {
        let page = project(page);
        let text = fs::read_to_string(&page).unwrap();
        for link in text.split("](").skip(1).map(|rest| rest.split([')', '#']).next().unwrap()) {
            let target = page.parent().unwrap().join(link);
            assert!(link.starts_with("https://") || target.exists(), "{}: `{link}`", page.display());
        }
    }
}

/// The mirror has Supabase's root as it is, and beside those of one region of Amazon one that no pin knows.
fn serve_what_the_examples_ask(mirror: &ProviderServer, new_root: &str) {
    let home = Home::new();
    let file = |arguments: &[&str]| fs::read_to_string(home.pgtrust(arguments).expect(0).printed_path()).unwrap();
    let supabase = file(&["fetch", "supabase", "--offline"]);
    let amazon = file(&["fetch", "aws-rds", "--region", "eu-west-1", "--offline"]);
    let (id, customer) = ("9cc10173-e9ea-4176-9dbc-a4cee4c4ff30", Authority::root("Customer CA").certificate);
    let answer = json!({"ca": {"certificate": STANDARD.encode(customer.pem)}});
    let databases = json!({"databases": [{"id": id, "name": "my-cluster"}]});
    mirror.serve("/v2/databases", Reply::bytes(databases.to_string()));
    mirror.serve(&format!("/v2/databases/{id}/ca"), Reply::bytes(answer.to_string()));
    mirror.serve("/pki/prod/ssl/prod-ca-2021.crt", Reply::bytes(supabase));
    mirror.serve("/pki/eu-west-1/eu-west-1-bundle.pem", Reply::bytes(format!("{amazon}{new_root}")));
}

/// A command and the output that the README shows under it.
struct Example {
    place: String,
    command: String,
    output: Vec<String>,
}

fn examples() -> Vec<Example> {
    let mut examples: Vec<Example> = Vec::new();
    for Block { place, lines, .. } in blocks("console") {
        assert!(lines[0].starts_with("$ "), "{place}: output of no command");
        for line in lines {
            match (line.strip_prefix("$ "), examples.last_mut()) {
                (None, Some(example)) => example.output.push(line),
                (command, _) => {
                    let command = command.unwrap_or_default().to_owned();
                    examples.push(Example { place: place.clone(), command, output: Vec::new() });
                }
            }
        }
    }
    examples
}

/// A code block; its kind is the word after the fence.
struct Block {
    place: String,
    kind: String,
    lines: Vec<String>,
}

fn blocks(kind: &str) -> Vec<Block> {
    all_blocks().into_iter().filter(|block| block.kind == kind).collect()
}

fn all_blocks() -> Vec<Block> {
    let text = fs::read_to_string(project("README.md")).unwrap();
    let mut lines = text.lines().enumerate();
    let mut blocks = Vec::new();
    while let Some((index, line)) = lines.next() {
        if let Some(kind) = line.strip_prefix("```") {
            let body = lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```");
            let lines = body.map(str::to_owned).collect();
            blocks.push(Block { place: format!("README.md:{}", index + 1), kind: kind.to_owned(), lines });
        }
    }
    blocks
}

/// `...` stands for any lines.
fn matches(expected: &[&str], lines: &[&str]) -> bool {
    match (expected, lines) {
        ([], _) => lines.is_empty(),
        (["...", rest @ ..], _) => (0..=lines.len()).any(|skipped| matches(rest, &lines[skipped..])),
        ([first, rest @ ..], [line, others @ ..]) => line_matches(first, line) && matches(rest, others),
        _ => false,
    }
}

/// `[..]` stands for any text within a line.
fn line_matches(expected: &str, line: &str) -> bool {
    match expected.split_once("[..]") {
        None => expected == line,
        Some((start, rest)) => line.strip_prefix(start).is_some_and(|line| {
            line.char_indices().map(|(at, _)| at).chain([line.len()]).any(|at| line_matches(rest, &line[at..]))
        }),
    }
}

fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Ends the output of a command; its status follows.
const END: &str = "-- end of the output, with status ";
