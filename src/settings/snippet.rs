//! Connection settings of PostgreSQL clients that check the server's chain and name against a file that pgtrust keeps.
//!
//! To add one: a file in `snippets/` and its entry in [`SNIPPETS`]. In the file, `{file}`, `{host}`, `{port}`, `{user}`
//! and `{dbname}` stand for values, written so that no value can end the text around it. `{file|query}` writes the
//! value for a layer of its own first, here the query of a URL; `escape` in the module below has all layers.

mod escape;

use std::path::PathBuf;

use crate::catalog::distance;
use crate::settings::Error;
use crate::system::{self, layout};
use escape::{Escape, Layer};

pub(crate) use escape::visible;

/// One client.
#[derive(Debug)]
pub struct Snippet {
    /// The name on the command line.
    pub name: &'static str,
    /// What it is, in a few words.
    pub title: &'static str,
    /// What it is written in.
    pub language: &'static str,
    /// Which of the files that pgtrust keeps it names.
    pub reads: Reads,
    escape: Escape,
    template: &'static str,
}

/// A kind of file that clients read roots from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reads {
    /// The Java trust store, with the password `changeit`.
    JavaStore,
    /// A PEM file.
    Pem,
}

/// The values that a snippet is filled with.
#[derive(Clone, Debug)]
pub struct SnippetValues {
    /// The file with the roots, as the snippet [reads](Snippet::reads) it.
    pub file: PathBuf,
    /// The server: a name or an IP address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The account there.
    pub user: String,
    /// The database.
    pub dbname: String,
}

impl Snippet {
    /// Returns the snippet of this name.
    pub fn named(name: &str) -> Result<&'static Self, Error> {
        let wanted = name.to_ascii_lowercase();
        if let Some(snippet) = SNIPPETS.iter().find(|snippet| snippet.name == wanted) {
            return Ok(snippet);
        }
        // `jdbc` for `pgjdbc`, `prisma` for `prisma-6`
        let part = SNIPPETS.iter().find(|snippet| !wanted.is_empty() && snippet.name.contains(&wanted));
        let nearest = || SNIPPETS.iter().min_by_key(|snippet| distance(&wanted, snippet.name));
        let near = |snippet: &&Self| distance(&wanted, snippet.name) <= 3.min(wanted.len() / 2);
        let suggestion = part.or_else(|| nearest().filter(near)).map(|snippet| snippet.name);
        Err(Error::UnknownClient { name: name.to_owned(), suggestion })
    }

    /// Returns the text with these values in it. Fails when one of them cannot be written in the snippet's language.
    pub fn fill(&self, values: &SnippetValues) -> Result<String, Error> {
        let file = layout::text_of(&values.file)?;
        let port = values.port.to_string();
        let mut text = String::with_capacity(self.template.len() + 2 * file.len());
        let mut rest = self.template;
        while let Some(start) = rest.find('{') {
            text.push_str(&rest[..start]);
            rest = &rest[start..];
            let end = rest.find('}').map_or(rest.len(), |end| end + 1);
            let (name, layer) = Layer::split(rest[..end].trim_matches(['{', '}']));
            let value = match name {
                "file" => file,
                "host" => &values.host,
                "port" => &port,
                "user" => &values.user,
                "dbname" => &values.dbname,
                // A brace of the language itself.
                _ => {
                    text.push('{');
                    rest = &rest[1..];
                    continue;
                }
            };
            let written = layer.write(value).and_then(|value| (self.escape)(&value));
            text += &written.map_err(|what| system::Error::Unwritable {
                value: value.to_owned(),
                place: format!("the snippet `{}`", self.name),
                what,
            })?;
            rest = &rest[end..];
        }
        Ok(text + rest)
    }
}

macro_rules! snippet {
    ($name:literal, $title:literal, $file:literal, $language:literal, $escape:path) => {
        snippet!($name, $title, $file, $language, $escape, Reads::Pem)
    };
    ($name:literal, $title:literal, $file:literal, $language:literal, $escape:path, $reads:expr) => {
        Snippet {
            name: $name,
            title: $title,
            language: $language,
            reads: $reads,
            escape: $escape,
            template: include_str!(concat!("../../snippets/", $file)),
        }
    };
}

/// Every snippet, in the order of the list that users see: by language, what all build on first.
#[rustfmt::skip]
pub static SNIPPETS: &[Snippet] = &[
    snippet!("libpq-url", "a URL for psql, pg_dump and all on libpq", "libpq-url.txt", "URL", escape::line),
    snippet!("libpq-service", "an entry of pg_service.conf", "libpq-service.ini", "INI", escape::line),
    snippet!("psycopg", "psycopg 3 and psycopg2", "psycopg.py", "Python", escape::double_quoted),
    snippet!("asyncpg", "asyncpg", "asyncpg.py", "Python", escape::double_quoted),
    snippet!("sqlalchemy-psycopg", "SQLAlchemy over psycopg", "sqlalchemy-psycopg.py", "Python", escape::double_quoted),
    snippet!("sqlalchemy-asyncpg", "SQLAlchemy over asyncpg", "sqlalchemy-asyncpg.py", "Python", escape::double_quoted),
    snippet!("django", "Django", "django.py", "Python", escape::double_quoted),
    snippet!("node-postgres", "node-postgres (`pg`)", "node-postgres.mjs", "JavaScript", escape::double_quoted),
    snippet!("postgres-js", "postgres.js (`postgres`)", "postgres-js.mjs", "JavaScript", escape::double_quoted),
    snippet!("prisma-6", "Prisma 6 and older: the URL in .env", "prisma-6.env", "dotenv", escape::line),
    snippet!("prisma-7", "Prisma 7 with its adapter for node-postgres", "prisma-7.ts", "TypeScript", escape::double_quoted),
    snippet!("drizzle", "Drizzle over node-postgres", "drizzle.mjs", "JavaScript", escape::double_quoted),
    snippet!("pgjdbc", "pgjdbc with the PEM file", "pgjdbc.java", "Java", escape::double_quoted),
    snippet!("pgjdbc-java-store", "pgjdbc with the Java trust store", "pgjdbc-java-store.java", "Java", escape::double_quoted, Reads::JavaStore),
    snippet!("spring", "Spring Boot over pgjdbc", "spring.properties", "properties", escape::properties),
    snippet!("npgsql", "Npgsql", "npgsql.cs", "C#", escape::double_quoted),
    snippet!("pgx", "pgx", "pgx.go", "Go", escape::double_quoted),
    snippet!("lib-pq", "lib/pq", "lib-pq.go", "Go", escape::double_quoted),
    snippet!("sqlx", "sqlx", "sqlx.rs", "Rust", escape::double_quoted),
    snippet!("tokio-postgres-rustls", "tokio-postgres with rustls", "tokio-postgres-rustls.rs", "Rust", escape::double_quoted),
    snippet!("tokio-postgres-native-tls", "tokio-postgres with native-tls", "tokio-postgres-native-tls.rs", "Rust", escape::double_quoted),
    snippet!("rails", "Ruby on Rails", "rails.yml", "YAML", escape::rails_yaml),
    snippet!("php-pdo", "PDO of PHP", "php-pdo.php", "PHP", escape::php),
    snippet!("pgbouncer", "PgBouncer to its server", "pgbouncer.ini", "INI", escape::line),
    snippet!("postgres-fdw", "postgres_fdw", "postgres-fdw.sql", "SQL", escape::sql),
    snippet!("subscription", "a subscription of logical replication", "subscription.sql", "SQL", escape::sql),
    snippet!("grafana", "a data source of Grafana", "grafana.yaml", "YAML", escape::grafana_yaml),
    snippet!("metabase", "Metabase: its own database, and those it shows", "metabase.sh", "shell", escape::shell),
    snippet!("dbeaver", "DBeaver", "dbeaver.sh", "shell", escape::shell),
    snippet!("debezium", "a Debezium connector", "debezium.properties", "properties", escape::properties),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn values(path: &str) -> SnippetValues {
        SnippetValues {
            file: path.into(),
            host: "db.example".to_owned(),
            port: 6432,
            user: "{file}".to_owned(),
            dbname: "app".to_owned(),
        }
    }

    #[test]
    fn every_file_is_listed_and_every_entry_is_filled() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("snippets");
        let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
        let mut files: Vec<String> = files.map(|file| file.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
        let mut names: Vec<&str> = SNIPPETS.iter().map(|snippet| snippet.name).collect();
        files.sort();
        names.sort();
        assert_eq!(files, names);
        for snippet in SNIPPETS {
            let text = snippet.fill(&values("/kept/azure.pem")).unwrap();
            for wanted in ["/kept/azure.pem", "db.example", "6432", "app"] {
                assert!(text.contains(wanted), "{}: no {wanted} in\n{text}", snippet.name);
            }
            for left in ["{host", "{port", "{dbname", "{user"] {
                assert!(!text.contains(left), "{}: {left} is left in\n{text}", snippet.name);
            }
            assert!(text.is_ascii() && text.ends_with('\n'), "{}", snippet.name);
            assert!(text.lines().all(|line| line.len() <= 200), "{}", snippet.name);
        }
    }

    #[test]
    fn every_placeholder_has_a_value() {
        for snippet in SNIPPETS {
            let braces = snippet.template.split('{').skip(1).filter_map(|part| part.split_once('}'));
            let is_word = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase() || c == '|');
            for (placeholder, _) in braces.filter(|(text, _)| is_word(text)) {
                let (name, _) = Layer::split(placeholder);
                let known = ["file", "host", "port", "user", "dbname"].contains(&name);
                assert!(known, "{}: {{{placeholder}}}", snippet.name);
            }
        }
    }

    #[test]
    fn what_cannot_be_written_is_refused_by_name() {
        for snippet in SNIPPETS {
            let error = snippet.fill(&values("/a\nb.pem")).unwrap_err().to_string();
            assert!(error.contains(&format!("`{}`", snippet.name)), "{error}");
        }
        let refuses = |name: &str, path: &str| Snippet::named(name).unwrap().fill(&values(path)).is_err();
        assert!(refuses("php-pdo", "/a;b.pem"));
        assert!(refuses("debezium", "/${a}.pem"));
        assert!(refuses("libpq-service", "/a.pem "));
    }

    #[test]
    fn a_near_name_is_suggested() {
        let suggestion = |name: &str| match Snippet::named(name) {
            Err(Error::UnknownClient { suggestion, .. }) => suggestion,
            other => panic!("{other:?}"),
        };
        assert_eq!(suggestion("jdbc"), Some("pgjdbc"));
        assert_eq!(suggestion("psycop"), Some("psycopg"));
        assert_eq!(suggestion("posgres-js"), Some("postgres-js"));
        assert_eq!(suggestion("zzzzzzzz"), None);
        assert_eq!(suggestion(""), None);
        assert!(Snippet::named("PgBouncer").is_ok());
    }
}
