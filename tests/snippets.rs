//! `pgtrust snippet`: what it prints connects to a server whose root is in the file, and to no other.
//!
//! Each snippet runs as it is, with the few lines after it that a user would write to run a query. The files stand in a
//! folder whose name has everything that could end a string, so that the client itself judges how it is written.

mod java;

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::pgbouncer::Pooler;
use crate::support::pgtrust::{Home, Provider, Run};
use crate::support::postgres::Postgres;
use crate::support::tools;

const QUERY: &str = "select case when ssl then 'encrypted' end from pg_stat_ssl where pid = pg_backend_pid()";
const FOLDER: &str = r#"it's "50%25" \n $HOME <%= 1 %> ü"#;

#[test]
fn libpq_url() {
    let Some(psql) = tools::program("psql") else { return };
    connects_to_its_own_server_only("libpq-url", OPENSSL, &|home, text| {
        query(&mut self::psql(home, &psql), text.trim())
    });
}

#[test]
fn libpq_service() {
    let Some(psql) = tools::program("psql") else { return };
    connects_to_its_own_server_only("libpq-service", OPENSSL, &|home, text| {
        let file = home.write("pg_service.conf", text);
        query(self::psql(home, &psql).env("PGSERVICEFILE", file), "service=app")
    });
}

#[test]
fn psycopg() {
    python("psycopg", "import sys\nprint(connection.execute(sys.argv[1]).fetchone()[0])");
}

#[test]
fn asyncpg() {
    python(
        "asyncpg",
        "import asyncio, sys\nasync def main():\n    print(await (await connect()).fetchval(sys.argv[1]))\nasyncio.run(main())",
    );
}

#[test]
fn sqlalchemy_psycopg() {
    let run = "import sys\nfrom sqlalchemy import text\nprint(engine.connect().execute(text(sys.argv[1])).scalar())";
    python("sqlalchemy-psycopg", run);
}

#[test]
fn sqlalchemy_asyncpg() {
    python(
        "sqlalchemy-asyncpg",
        "import asyncio, sys\nfrom sqlalchemy import text\nasync def main():\n    async with engine.connect() as connection:\n        \
         print((await connection.execute(text(sys.argv[1]))).scalar())\nasyncio.run(main())",
    );
}

#[test]
fn django() {
    python(
        "django",
        "import sys\nfrom django.conf import settings\nsettings.configure(DATABASES=DATABASES)\nfrom django.db import connection\n\
         cursor = connection.cursor()\ncursor.execute(sys.argv[1])\nprint(cursor.fetchone()[0])",
    );
}

#[test]
fn node_postgres() {
    node(
        "node-postgres",
        "await client.connect();\nconst { rows } = await client.query({ text: process.argv[2], rowMode: 'array' });\n\
         console.log(rows[0][0]);\nawait client.end();",
    );
}

#[test]
fn postgres_js() {
    let run = "const rows = await sql.unsafe(process.argv[2]).values();\nconsole.log(rows[0][0]);\nawait sql.end();";
    node("postgres-js", run);
}

#[test]
fn drizzle() {
    node(
        "drizzle",
        "const { rows } = await db.execute(process.argv[2]);\nconsole.log(Object.values(rows[0])[0]);\nawait db.$client.end();",
    );
}

/// The adapter, which is what connects. The client that is generated from a schema is left out.
#[test]
fn prisma_7() {
    node(
        "prisma-7",
        "const connection = await adapter.connect();\n\
         const { rows } = await connection.queryRaw({ sql: process.argv[2], args: [], argTypes: [] });\n\
         console.log(rows[0][0]);\nawait connection.dispose();",
    );
}

/// Its engine is not run: what stands in the file is read as the URL that it is.
#[test]
fn prisma_6() {
    let (Some(node), Some(modules)) = (tools::program("node"), tools::node_modules()) else { return };
    let home = own_server(&authority());
    let text = snippet(&home, "prisma-6", 5432);
    let file = home.write(".env", text);
    let program = "const { DATABASE_URL } = require('dotenv').parse(require('fs').readFileSync(process.argv[1]));\
                   const { searchParams } = new URL(DATABASE_URL);\
                   console.log(['sslmode', 'sslaccept', 'sslcert'].map((name) => searchParams.get(name)).join('\\n'));";
    let run = Run::of(home.command(node).env("NODE_PATH", modules).args(["-e", program]).arg(file)).expect(0);
    assert_eq!(run.stdout, format!("require\nstrict\n{}\n", pem(&home).display()));
}

#[test]
fn php_pdo() {
    let Some(php) = tools::program("php") else { return };
    connects_to_its_own_server_only("php-pdo", OPENSSL, &|home, text| {
        let file = home.write("snippet.php", format!("{text}echo $pdo->query($argv[1])->fetchColumn();\n"));
        Run::of(home.command(&php).args(["-d", "display_errors=stderr"]).arg(file).arg(QUERY))
    });
}

#[test]
fn postgres_fdw() {
    let Some(psql) = tools::program("psql") else { return };
    connects_to_its_own_server_only("postgres-fdw", OPENSSL, &|home, text| {
        // The server is shared: what this makes is rolled back, but for what the other end of it has to see.
        let view = format!("create or replace view encrypted as {}", QUERY.replace(" end ", " end as answer "));
        assert!(superuser(home, &psql).args(["-c", &view]).status().unwrap().success());
        let foreign = "create foreign table answers (answer text) server app options (schema_name 'public', table_name 'encrypted');";
        query(superuser(home, &psql).args(["-c", "begin", "-c", text, "-c", foreign]), "select answer from answers")
    });
}

/// The connection stands when the publisher answers that it is not made for logical replication.
#[test]
fn subscription() {
    let Some(psql) = tools::program("psql") else { return };
    connects_to_its_own_server_only("subscription", OPENSSL, &|home, text| {
        let mut run = Run::of(superuser(home, &psql).args(["-c", text]));
        if run.stderr.contains("logical decoding requires wal_level >= logical") {
            (run.status, run.stdout) = (0, "encrypted".to_owned());
        }
        run
    });
}

#[test]
fn pgbouncer() {
    let (Some(psql), Some(pgbouncer)) = (tools::program("psql"), tools::pgbouncer()) else { return };
    connects_to_its_own_server_only("pgbouncer", OPENSSL, &|home, text| {
        let pooler = Pooler::start(home, &pgbouncer, text);
        let url = format!("postgresql://postgres@127.0.0.1:{}/app?sslmode=disable", pooler.port);
        let mut run = query(&mut self::psql(home, &psql), &url);
        // What went wrong stands in the log of the pooler only.
        run.stderr += &pooler.stop();
        run
    });
}

/// Files of programs that are too large to be run here are read by their parsers.
#[test]
fn yaml() {
    let Some(python) = tools::python() else { return };
    let home = own_server(&authority());
    let program = "import sys, yaml\nfor value in eval(sys.argv[1])(yaml.safe_load(open('file.yml', encoding='utf-8'))): print(value)";
    let values = |text: String, values: &str| {
        home.write("file.yml", text);
        Run::of(home.command(&python).args(["-c", program, values])).expect(0).stdout
    };
    let pem = pem(&home).display().to_string();
    let rails = "lambda file: [file['production'][key] for key in ('host', 'port', 'username', 'database', 'sslmode', 'sslrootcert')]";
    let text = snippet(&home, "rails", 6432);
    assert!(!text.contains("<%"), "ERB would act on\n{text}");
    assert_eq!(values(text, rails), format!("localhost\n6432\npostgres\npostgres\nverify-full\n{pem}\n"));

    let grafana = "lambda file: [file['datasources'][0][key] for key in ('type', 'url', 'user')] \
                   + [file['datasources'][0]['jsonData'][key] for key in ('database', 'sslmode', 'tlsConfigurationMethod', 'sslRootCertFile')]";
    let shown = pem.replace('$', "$$");
    let expected = format!("postgres\nlocalhost:6432\npostgres\npostgres\nverify-full\nfile-path\n{shown}\n");
    assert_eq!(values(snippet(&home, "grafana", 6432), grafana), expected);
}

#[test]
fn the_file_is_the_one_that_is_meant() {
    let home = Home::new();
    let error = |arguments: &[&str]| home.pgtrust(arguments).expect(2).stderr;
    assert!(error(&["snippet", "psycopg"]).contains("the manifest keeps none"));
    assert!(error(&["snippet", "psycopg", "azure"]).contains("hint: `pgtrust fetch azure`"));
    assert!(error(&["snippet", "psycopg", "azrue"]).contains("did you mean `azure`"));
    assert!(error(&["snippet", "psycop"]).contains("did you mean `psycopg`"));
    assert!(error(&["snippet", "pgjdbc-java-store"]).contains("install --target java"));

    home.pgtrust(&["fetch", "azure", "--offline"]).expect(0);
    let file = |arguments: &[&str]| home.pgtrust(arguments).expect(0).json()["file"].as_str().unwrap().to_owned();
    let azure = home.path().join(".local/share/pgtrust/azure.pem");
    assert_eq!(file(&["snippet", "psycopg", "--json"]), azure.display().to_string());
    home.pgtrust(&["fetch", "supabase", "--offline"]).expect(0);
    assert!(error(&["snippet", "psycopg"]).contains("hint: name one of azure, supabase"));
    assert_eq!(file(&["snippet", "psycopg", "azure", "--json"]), azure.display().to_string());
    home.pgtrust(&["install", "azure", "--offline"]).expect(0);
    assert_eq!(file(&["snippet", "psycopg", "--json"]), home.root_crt().display().to_string());
}

#[test]
fn the_list_has_one_line_per_client() {
    let home = Home::new();
    let list = home.pgtrust(&["snippet"]).expect(0);
    let json = home.pgtrust(&["snippet", "--json"]).expect(0).json();
    let names: Vec<&str> =
        json["snippets"].as_array().unwrap().iter().map(|entry| entry["client"].as_str().unwrap()).collect();
    let listed: Vec<&str> = list.stdout.lines().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(names, listed);
    assert!(names.len() >= 30, "{list}");
}

/// What libpq and what stands on OpenSSL say.
const OPENSSL: &str = "certificate verify failed";

/// Gives the snippet to `run`, which runs [`QUERY`] with it: once with the file that has the root of the server, once
/// with a file that has the roots of others.
#[track_caller]
fn connects_to_its_own_server_only(client: &str, refusal: &str, run: &dyn Fn(&Home, &str) -> Run) {
    let Some(server) = Postgres::shared() else { return };
    let home = own_server(&Provider::new("testprov").root(&server.chain.root));
    if client == java::STORE {
        java::make_store(&home);
    }
    let text = snippet(&home, client, server.port);
    let connected = run(&home, &text).expect(0);
    assert_eq!(connected.stdout.lines().last(), Some("encrypted"), "{connected}\n{text}");

    let home = self::home();
    home.pgtrust(&["fetch", "azure", "--offline"]).expect(0);
    fs::rename(bundle(&home, "azure"), pem(&home)).unwrap();
    if client == java::STORE {
        java::make_store(&home);
    }
    home.add_provider(&Provider::new("testprov").root(&server.chain.root));
    let refused = run(&home, &snippet(&home, client, server.port));
    assert_ne!(refused.status, 0, "{refused}\n{text}");
    assert!(format!("{}{}", refused.stdout, refused.stderr).contains(refusal), "{refused}\n{text}");
}

/// The home of a user who keeps `testprov`.
fn own_server(provider: &Provider) -> Home {
    let home = home();
    home.add_provider(provider);
    home.pgtrust(&["fetch", "testprov", "--offline"]).expect(0);
    home
}

fn authority() -> Provider {
    Provider::new("testprov").root(&crate::support::pki::Authority::root("pgtrust test root").certificate)
}

/// Servers read the file too, as an account of their own.
fn home() -> Home {
    let mut home = Home::new();
    fs::set_permissions(home.path(), Permissions::from_mode(0o755)).unwrap();
    home.set("PGTRUST_HOME", home.path().join(FOLDER));
    home
}

fn bundle(home: &Home, provider: &str) -> PathBuf {
    home.path().join(FOLDER).join(format!("{provider}.pem"))
}

fn pem(home: &Home) -> PathBuf {
    bundle(home, "testprov")
}

#[track_caller]
fn snippet(home: &Home, client: &str, port: u16) -> String {
    let port = port.to_string();
    let arguments = ["--host", "localhost", "--port", &port, "--user", "postgres", "--dbname", "postgres"];
    home.pgtrust(&[&["snippet", client, "testprov"], &arguments[..]].concat()).expect(0).stdout
}

fn psql(home: &Home, program: &Path) -> Command {
    let mut command = home.command(program);
    command.args(["--no-psqlrc", "--no-password", "--quiet", "--tuples-only", "--no-align", "-v", "ON_ERROR_STOP=1"]);
    command
}

fn superuser(home: &Home, program: &Path) -> Command {
    let mut command = psql(home, program);
    let port = Postgres::shared().unwrap().port.to_string();
    let settings = [("PGHOST", "localhost"), ("PGPORT", &port), ("PGUSER", "postgres"), ("PGSSLMODE", "require")];
    command.envs(settings).env("PGDATABASE", "postgres");
    command
}

fn query(psql: &mut Command, connection: &str) -> Run {
    if connection.starts_with("select") {
        return Run::of(psql.args(["-c", connection]));
    }
    Run::of(psql.args(["-c", QUERY, connection]))
}

#[track_caller]
fn python(client: &str, after: &str) {
    let Some(python) = tools::python() else { return };
    connects_to_its_own_server_only(client, OPENSSL, &|home, text| {
        let file = home.write("snippet.py", format!("{text}\n{after}\n"));
        Run::of(home.command(&python).arg(file).arg(QUERY))
    });
}

#[track_caller]
fn node(client: &str, after: &str) {
    let (Some(node), Some(modules)) = (tools::program("node"), tools::node_modules()) else { return };
    connects_to_its_own_server_only(client, "unable to get local issuer certificate", &|home, text| {
        let text: String =
            text.lines().filter(|line| !line.contains("PrismaClient")).flat_map(|line| [line, "\n"]).collect();
        let file = home.write("snippet.mjs", format!("{text}\n{after}\n"));
        symlink(&modules, home.path().join("node_modules")).unwrap();
        Run::of(home.command(&node).arg(file).arg(QUERY))
    });
}
