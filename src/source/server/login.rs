//! Whether a server lets clients in without TLS.

use std::time::Duration;

use super::connection::{Connection, End, block_on};
use super::greeting::{Greeting, Said, login_answer};
use super::{Address, ServerError, ServerReason, Step};
use crate::system::limits;

/// Who is to log in, and where: names without which a server cannot say whether it wants TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// The user.
    pub user: String,
    /// The database.
    pub database: String,
}

/// What a server makes of a client without TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plaintext {
    /// It goes on with the login, or refuses it for something else than the lack of TLS.
    Offered,
    /// It refuses it without TLS, or from here at all.
    Refused {
        /// Its words, shortened, which cannot act on a terminal.
        message: String,
    },
    /// It refuses it before it comes to that, as while it starts or when too many are connected.
    Undetermined {
        /// Its words, shortened, which cannot act on a terminal.
        message: String,
    },
}

/// Asks a server to let a client in without TLS. The names of the user and of the database go over the network in plain
/// text, as every client sends them there; a password does not.
///
/// `timeout` is for all of it, from the look-up of the name to the last byte. Must not be called from asynchronous code: it
/// runs its own event loop.
pub fn plaintext(server: &Address, login: &Login, timeout: Duration) -> Result<Plaintext, ServerError> {
    block_on(server, log_in(server, login, End::after(timeout)))
}

pub(super) async fn log_in(server: &Address, login: &Login, end: End) -> Result<Plaintext, ServerReason> {
    let mut connection = Connection::open(server, end).await?;
    connection.step = Step::Login;
    connection.write(&startup_message(login)).await?;
    let greeting = connection.read_until(limits::SERVER_ANSWER, login_answer).await?;
    // PostgreSQL has no message by which a client leaves while it is asked for a password.
    let last: &[u8] = if greeting == (Greeting::Authentication { is_in: true }) { &TERMINATE } else { &[] };
    connection.close(last).await;
    match greeting {
        Greeting::Authentication { .. } => Ok(Plaintext::Offered),
        Greeting::Error(said) => Ok(meaning(said)),
        Greeting::Other(speaks) => Err(ServerReason::NotPostgres { speaks }),
        Greeting::Injected | Greeting::NoTls | Greeting::Tls => Err(ServerReason::Injected),
    }
}

/// What an error says of plain text, by its code (PostgreSQL's documentation, "Error Codes") and text.
fn meaning(said: Said) -> Plaintext {
    let Said { message, sqlstate, routine } = said;
    let sqlstate = sqlstate.unwrap_or_default();
    let text = message.to_lowercase();
    // `pg_hba.conf` is judged by one function, whose messages are in the server's language.
    let by_rules = sqlstate == "28000" && routine.as_deref() == Some("ClientAuthentication");
    if by_rules || WANTS_TLS.iter().any(|words| text.contains(words)) {
        return Plaintext::Refused { message };
    }
    match sqlstate.get(..2) {
        // A wrong password or user; a database that is not there, that one may not enter or that takes no connections.
        Some("28" | "3D" | "42") => Plaintext::Offered,
        _ => Plaintext::Undetermined { message },
    }
}

/// StartupMessage of protocol 3.0. A zero would end a name early and begin another parameter: nothing behind it is sent.
fn startup_message(login: &Login) -> Vec<u8> {
    let name = |text: &str| text.split('\0').next().unwrap_or_default().to_owned();
    let parameters = format!("user\0{}\0database\0{}\0\0", name(&login.user), name(&login.database));
    let length = 8 + parameters.len() as u32;
    [&length.to_be_bytes()[..], &[0, 3, 0, 0], parameters.as_bytes()].concat()
}

const TERMINATE: [u8; 5] = [b'X', 0, 0, 0, 4];

/// How servers say that they want TLS: PostgreSQL since 14 and before, PgBouncer, Azure's gateway, CockroachDB, Neon and
/// other poolers.
const WANTS_TLS: &[&str] = &[
    "no encryption",
    "ssl off",
    "ssl required",
    "ssl connection is required",
    "ssl connection required",
    "ssl is required",
    "tls is required",
    "tls required",
    "connection is insecure",
    "sslmode=require",
    "requires encryption",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn said(sqlstate: &str, message: &str, routine: &str) -> Said {
        Said { message: message.to_owned(), sqlstate: Some(sqlstate.to_owned()), routine: Some(routine.to_owned()) }
    }

    #[test]
    fn errors_are_told_apart() {
        let refused = [
            said("28000", "no pg_hba.conf entry for host \"10.0.0.1\", user \"a\", database \"b\", no encryption", "x"),
            said("28000", "no pg_hba.conf entry for host \"10.0.0.1\", user \"a\", database \"b\", SSL off", "x"),
            said("28000", "kein pg_hba.conf-Eintrag für Host", "ClientAuthentication"),
            said("08P01", "SSL required", ""),
            said("XX000", "connection is insecure (try using `sslmode=require`)", ""),
        ];
        for said in refused {
            assert!(matches!(meaning(said.clone()), Plaintext::Refused { .. }), "{said:?}");
        }
        let offered = [
            said("28000", "role \"a\" does not exist", "InitializeSessionUserId"),
            said("28P01", "password authentication failed for user \"a\"", "auth_failed"),
            said("3D000", "database \"b\" does not exist", "InitPostgres"),
        ];
        for said in offered {
            assert_eq!(meaning(said), Plaintext::Offered);
        }
        let starting = said("57P03", "the database system is starting up", "ProcessStartupPacket");
        assert!(matches!(meaning(starting), Plaintext::Undetermined { .. }));
    }

    #[test]
    fn a_name_is_no_further_parameter() {
        let login = Login { user: "a\0replication\0true".to_owned(), database: "b".to_owned() };
        assert_eq!(startup_message(&login), b"\0\0\0\x1b\0\x03\0\0user\0a\0database\0b\0\0");
    }
}
