//! What the clients have in common: cells are read from standard input, and each is answered with a line.

use std::error::Error;
use std::io::{BufRead as _, Write as _};
use std::time::Duration;

/// What the server says of a session.
pub const QUERY: &str = "select case when ssl then 'tls' else 'plain' end from pg_stat_ssl where pid = pg_backend_pid()";

pub type Answer = Result<String, Box<dyn Error>>;

/// One connection to be made: the fields of a line, with a tab between them. `-` stands for what is not given.
pub struct Cell {
    pub variant: String,
    pub host: String,
    pub port: u16,
    pub database: String,
    pub mode: Option<String>,
    pub file: Option<String>,
}

/// Answers each cell with `tls`, `plain` or `refused`, and why.
pub fn answer<F: Future<Output = Answer>>(ask: impl Fn(Cell) -> F) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        let cell = parse(&line);
        let answer = runtime.block_on(async { tokio::time::timeout(Duration::from_secs(20), ask(cell)).await });
        let answer = match answer {
            Ok(Ok(seen)) => format!("{seen}\t"),
            Ok(Err(error)) => format!("refused\t{}", all_of(error.as_ref())),
            Err(_) => "refused\ttimed out".to_owned(),
        };
        println!("{}", answer.replace('\n', " "));
        std::io::stdout().flush().unwrap();
    }
}

fn parse(line: &str) -> Cell {
    let fields: Vec<_> = line.split('\t').map(str::to_owned).collect();
    let given = |field: &str| Some(field.to_owned()).filter(|field| field != "-");
    Cell {
        variant: fields[0].clone(),
        host: fields[1].clone(),
        port: fields[2].parse().unwrap(),
        database: fields[3].clone(),
        mode: given(&fields[4]),
        file: given(&fields[5]),
    }
}

fn all_of(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text += &format!(": {cause}");
        next = cause.source();
    }
    text
}
