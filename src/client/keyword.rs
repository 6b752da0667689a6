//! The parameters that libpq has names for.

/// Tells whether libpq has a parameter of this name, which is in lower case.
pub(in crate::client) fn is_known(name: &str) -> bool {
    LIBPQ.binary_search(&name).is_ok()
}

/// Tells whether a value behind such a name may be a secret, in the words of any client.
pub(in crate::client) fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name == "psw" || ["pass", "pwd", "secret", "key", "token"].iter().any(|part| name.contains(part))
}

/// PQconninfoOptions of fe-connect.c, of the releases from 9.3 on, and `requiressl`, which it translates.
const LIBPQ: &[&str] = &[
    "application_name",
    "authtype",
    "channel_binding",
    "client_encoding",
    "connect_timeout",
    "dbname",
    "fallback_application_name",
    "gssdelegation",
    "gssencmode",
    "gsslib",
    "host",
    "hostaddr",
    "keepalives",
    "keepalives_count",
    "keepalives_idle",
    "keepalives_interval",
    "krbsrvname",
    "load_balance_hosts",
    "max_protocol_version",
    "min_protocol_version",
    "oauth_ca_file",
    "oauth_client_id",
    "oauth_client_secret",
    "oauth_issuer",
    "oauth_scope",
    "options",
    "passfile",
    "password",
    "port",
    "replication",
    "require_auth",
    "requirepeer",
    "requiressl",
    "scram_client_key",
    "scram_server_key",
    "service",
    "servicefile",
    "ssl_max_protocol_version",
    "ssl_min_protocol_version",
    "sslcert",
    "sslcertmode",
    "sslcompression",
    "sslcrl",
    "sslcrldir",
    "sslkey",
    "sslkeylogfile",
    "sslmode",
    "sslnegotiation",
    "sslpassword",
    "sslrootcert",
    "sslsni",
    "target_session_attrs",
    "tcp_user_timeout",
    "tty",
    "user",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted() {
        assert!(LIBPQ.is_sorted());
        assert!(is_known("sslmode") && !is_known("SSLMODE"));
        assert!(is_secret("Password") && is_secret("oauth_client_secret") && !is_secret("user"));
    }
}
