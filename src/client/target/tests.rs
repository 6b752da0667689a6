use super::*;
use crate::client::parameters::{Mode, Root};

fn nothing(_: &str) -> Option<std::ffi::OsString> {
    None
}

/// Nobody's: no variables, no home.
fn nobody() -> Surroundings<'static> {
    let mut surroundings = Surroundings::of_this_user(&nothing, std::path::Path::new("/nonexistent"));
    surroundings.home = None;
    surroundings
}

fn parse(text: &str) -> Target {
    Target::parse(text, &nobody()).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn only(text: &str) -> Parameters {
    match parse(text).servers.as_slice() {
        [Server::Network(parameters)] => parameters.clone(),
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn the_form_of_a_text_is_told_by_its_beginning() {
    for (text, form) in [
        ("db.example", Form::Host),
        ("db", Form::Host),
        ("postgresql://h/db?sslmode=require", Form::Url),
        ("Postgres://h", Form::Url),
        ("postgresql+asyncpg://h/db", Form::Url),
        ("jdbc:postgresql://h/db", Form::Jdbc),
        ("host=h port=5", Form::Keywords),
        ("host=h password=a;b", Form::Keywords),
        ("user = me host = h", Form::Keywords),
        ("Host=h", Form::Npgsql),
        ("host=h;port=5", Form::Npgsql),
        ("server=h", Form::Npgsql),
        ("Pooling=true;Host=h", Form::Npgsql),
        ("password='a;b c=d';host=h", Form::Npgsql),
        ("Server=h;User Id=me;Password=\"a;b\"", Form::Npgsql),
    ] {
        assert_eq!(parse(text).form, form, "{text}");
    }
}

#[test]
fn every_form_says_the_same_of_one_server() {
    for text in [
        "postgresql://me@db.example:6543/app?sslmode=verify-full&sslrootcert=/ca.pem",
        "postgresql+psycopg://me:pw@db.example:6543/app?sslrootcert=%2Fca.pem&sslmode=verify-full",
        "host=db.example port=6543 user=me dbname=app sslmode=verify-full sslrootcert=/ca.pem password=pw",
        "jdbc:postgresql://db.example:6543/app?user=me&sslmode=verify-full&sslrootcert=/ca.pem&password=pw",
        "jdbc:postgresql://db.example:6543/app?user=me&ssl=true&sslrootcert=/ca.pem",
        "Server=db.example;Port=6543;UID=me;DB=app;SslMode=VerifyFull;Root Certificate=/ca.pem;Pwd=pw",
        "Host=db.example:6543;Username=me;Database=app;SSL Mode=verifyfull;rootcertificate='/ca.pem'",
    ] {
        let mut parameters = only(text);
        parameters.options.clear();
        let expected = Parameters {
            host: "db.example".to_owned(),
            port: Some(6543),
            user: Some("me".to_owned()),
            database: Some("app".to_owned()),
            mode: Some(Mode::VerifyFull),
            root: Some(Root::File("/ca.pem".into())),
            ..Parameters::default()
        };
        assert_eq!(parameters, expected, "{text}");
    }
}

#[test]
fn what_single_clients_know_is_kept_for_their_models() {
    let parameters =
        only("postgres://h/db?schema=public&sslaccept=strict&sslcert=ca.pem&sslmode=no-verify&pgbouncer=true");
    assert_eq!(parameters.mode, Some(Mode::NoVerify));
    assert_eq!(parameters.options["sslaccept"], "strict");
    assert_eq!(parameters.unknown, ["schema", "sslaccept", "pgbouncer"]);
    let parameters =
        only("jdbc:postgresql://h/db?sslfactory=org.postgresql.ssl.NonValidatingFactory&sslNegotiation=direct");
    assert_eq!(parameters.factory.as_deref(), Some("org.postgresql.ssl.NonValidatingFactory"));
    assert_eq!(parameters.direct, Some(true));
    assert_eq!(only("Host=h;Trust Server Certificate=true").options["TrustServerCertificate"], "true");
    assert_eq!(only("postgres://h?sslrootcert=system").root, Some(Root::System));
    assert_eq!(only("postgres://h?sslrootcert=./system").root, Some(Root::File("./system".into())));
    assert_eq!(only("postgres://h?sslrootcert=~/ca.pem").root, Some(Root::File("~/ca.pem".into())));
    assert_eq!(only("postgres://h?ssl=no-verify").mode, Some(Mode::NoVerify));
    assert_eq!(only("postgres://h?ssl-mode=verify-ca&ssl-root-cert=/a").mode, Some(Mode::VerifyCa));
    assert_eq!(only("host=h sslcrl=/a sslcrldir=/b").crl_folder, Some("/b".into()));
    assert_eq!(only("host=h hostaddr=10.0.0.7").address, "10.0.0.7".parse().ok());
    assert_eq!(only("hostaddr=::1").host, "");
}

#[test]
fn sockets_have_no_tls() {
    for (text, path) in [
        ("/var/run/postgresql", "/var/run/postgresql/.s.PGSQL.5432"),
        ("postgres:///db?host=/tmp&port=7", "/tmp/.s.PGSQL.7"),
        ("postgres://%2Ftmp/db", "/tmp/.s.PGSQL.5432"),
        ("host=@abstract", "@abstract/.s.PGSQL.5432"),
        ("Host=/tmp;Port=7", "/tmp/.s.PGSQL.7"),
    ] {
        assert_eq!(parse(text).servers, [Server::Socket(path.into())], "{text}");
    }
    assert!(matches!(parse("postgres:///db").servers[..], [Server::Socket(_)]));
    assert!(matches!(parse("dbname=app").servers[..], [Server::Socket(_)]));
}

#[test]
fn variables_say_where_to_connect_and_nothing_of_tls() {
    let variable = |name: &str| match name {
        "PGHOST" => Some("env.example".into()),
        "PGPORT" => Some("7".into()),
        "PGSSLMODE" => Some("verify-full".into()),
        _ => None,
    };
    let mut surroundings = nobody().with_variables(&variable);
    surroundings.home = None;
    let found = |text: &str| Target::parse(text, &surroundings).unwrap().servers;
    let server =
        |host: &str, port| Server::Network(Parameters { host: host.to_owned(), port, ..Parameters::default() });
    let with = |text: &str| match &found(text)[0] {
        Server::Network(parameters) => (parameters.host.clone(), parameters.port, parameters.mode),
        Server::Socket(path) => panic!("{}", path.display()),
    };
    assert_eq!(with("dbname=app"), ("env.example".to_owned(), Some(7), None));
    assert_eq!(with("postgres://h/db"), ("h".to_owned(), Some(7), None));
    assert_eq!(found("h.example"), [server("h.example", None)]);
    assert_eq!(found("jdbc:postgresql:"), [server("localhost", Some(5432))]);
    assert_eq!(Target::of_variables(&surroundings).unwrap().servers, [server("env.example", Some(7))]);
}

#[test]
fn what_cannot_be_read_is_named_and_no_secret_is() {
    let mut wrong = Vec::new();
    for (text, expected) in [
        ("", "``: it is empty"),
        ("postgres://u:s3/cret@h/db", "`postgres://…`, column 17: an `@` too many"),
        ("postgres://u:12/s3cret@h.example/db", "`postgres://h.example/…`, column 17: an `@` too many"),
        ("postgres://u:p@s3cret@h/db", "`postgres://…`, column 16: a host is"),
        ("postgres://u:s3cret", "`postgres://…`, column 12: a port is"),
        ("postgres://u:s3cret@h.example:x/db", "`postgres://…`, column 21: a port is"),
        ("postgres://u:%s3cret@h", "`postgres://…`, column 14: `%` begins"),
        ("postgres://[::1/db", "`postgres://…`, column 13: a host is"),
        ("postgres://a:1,b.example:2?port=1,2,3", "`postgres://…`, column 33: 3 ports for 2 hosts"),
        (
            "postgres://h?sslmode=verify-all",
            "`postgres://…`, column 22: there is no sslmode `verify-all`; `verify-full` is meant?",
        ),
        ("postgres://h?sslmode", "`postgres://…`, column 14: a name without `=`"),
        ("postgres://h?service=no", "`postgres://…`, column 22: no service file has a section `[no]`"),
        ("mysql://u:s3cret@h/db", "`mysql://…`, column 1: `mysql` is not for PostgreSQL"),
        (
            "prisma+postgres://x.example/?api_key=s3cret",
            "`prisma+postgres://x.example/…`, column 1: `prisma+postgres` wraps",
        ),
        (
            "jdbc:aws-wrapper:postgresql://h/db?password=s3cret",
            "`jdbc:aws-wrapper:postgresql://…`, column 1: `jdbc:aws-wrapper:` wraps",
        ),
        ("jdbc:postgresql://u:s3cret@h.example/db", "`jdbc:postgresql://h.example/…`, column 17: pgjdbc takes no user"),
        ("jdbc:postgresql://h/a/b", "`jdbc:postgresql://…`, column 17: pgjdbc reads"),
        ("hots=db.example password=s3cret", "`hots=…`: it names no host, and libpq has no parameter `hots`"),
        ("password=s3cret pass", "`password=…`, column 17: a name without `=`"),
        ("password=s3 cret=x", "`password=…`: it names no host, and libpq has no parameter"),
        ("host=h password='s3cret", "`host=…`, column 17: a quotation mark"),
        ("host=a,b hostaddr=10.0.0.7", "`host=…`, column 10: 1 addresses for 2 hosts"),
        ("host=bücher.example", "`host=…`, column 1: a host beyond ASCII"),
        ("Host=h;Password=\"s3cret", "`Host=…`, column 17: a quotation mark"),
        ("Host=h;SSL Mode=verify-full", "`Host=…`, column 8: Npgsql's modes are"),
        ("Username=me;Password=s3cret", "`Username=…`: it names no host"),
        ("Driver={PostgreSQL Unicode};Server=h;Pwd=s3cret", "`Driver=…`, column 1: `driver` wraps"),
        ("me:s3cret@h", "`…`, column 1: "),
    ] {
        let error = Target::parse(text, &nobody()).expect_err(text).to_string();
        if !error.starts_with(expected) {
            wrong.push(format!("{text}: {error}"));
        }
        assert!(!error.contains("s3cret") && !error.contains("cret@"), "{error}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_password_is_not_kept() {
    for text in [
        "postgres://u:s3cret@h/db?password=s3cret&sslpassword=s3cret&sslkey=s3cret",
        "host=h password=s3cret sslpassword='s3cret' oauth_client_secret=s3cret s3cret=1",
        "jdbc:postgresql://h/db?password=s3cret&sslpassword=s3cret",
        "Host=h;Pwd=s3cret;PSW=s3cret;SSL Password=s3cret",
    ] {
        assert!(!format!("{:?}", parse(text)).contains("s3cret"), "{text}");
    }
}

#[test]
fn a_list_has_one_target_a_line() {
    let list = targets_of_file("\u{feff}# ours\n\ndb.example:6543\r\n  postgres://h/db\nhost=h port=x\n", &nobody());
    let lines: Vec<_> = list.iter().flatten().map(|(line, target)| (*line, target.form)).collect();
    assert_eq!(lines, [(3, Form::Host), (4, Form::Url)]);
    let error = list.iter().find_map(|target| target.as_ref().err()).unwrap().to_string();
    assert!(error.starts_with("line 5: `host=…`, column 8: a port is"), "{error}");
}

/// What a URL, a string and a value are made of.
const PARTS: &[&str] = &[
    ":",
    "/",
    "?",
    "#",
    "@",
    "%",
    "%40",
    "&",
    "=",
    ";",
    ",",
    "'",
    "\"",
    "\\",
    " ",
    "[",
    "]",
    ".",
    "5",
    "x",
    "h.example",
    "&host=",
    " host=",
    ";Host=",
    "&sslmode=",
    " sslmode=",
    ";SSL Mode=",
    "&service=",
    " user=",
    "://",
    "\u{1b}",
    "é",
];

/// What stands before a password.
const BEFORE: &[&str] = &[
    "postgres://u:",
    "postgresql+asyncpg://u%40:x",
    "postgres://h/db?password=",
    "postgres://h/db?sslkey=",
    "jdbc:postgresql://h/db?password=",
    "jdbc:postgresql://u:",
    "host=h password=",
    "host=h password='",
    "Host=h;Password=",
    "Host=h;Pwd=\"",
];

proptest::proptest! {
    #[test]
    fn no_part_of_a_password_is_kept_or_told(
        before in proptest::sample::select(BEFORE),
        parts in proptest::collection::vec(proptest::sample::select(PARTS), 0..10),
    ) {
        let told = match Target::parse(&format!("{before}s3cret{}", parts.concat()), &nobody()) {
            Ok(target) => format!("{target:?}"),
            Err(error) => format!("{error} {error:?}"),
        };
        assert!(!told.contains("s3cret") && !told.contains(char::is_control), "{told}");
    }
}
