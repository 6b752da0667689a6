//! What to do about a server that cannot be asked.

use pgtrust::RequestError;
use pgtrust::server::ServerReason;
use pgtrust::server::greeting::Protocol;

pub(super) fn of_request(error: &RequestError) -> Option<&'static str> {
    use RequestError as E;
    Some(match error {
        E::NoTarget { .. } => "name one: `pgtrust check HOST`, a URL, or the name of a service",
        E::OneChain { .. } => "ask one server at a time with `--save-chain`",
        E::Socket { .. } => "nothing is to be verified there: name a host to check TLS",
        E::UnknownClient { .. } => "`pgtrust check --help` lists them",
        E::RotationOfAnother { .. } | E::UnknownRotation { .. } => {
            "`pgtrust providers NAME` lists the rotations of a provider"
        }
        _ => return None,
    })
}

pub(super) fn of_server(reason: &ServerReason) -> Option<&'static str> {
    use ServerReason as R;
    Some(match reason {
        R::Injected => "clients older than the mend of CVE-2021-23222 can be deceived: look at what stands between",
        R::NotPostgres { speaks: Protocol::Tls } => "it may want TLS at once: add `sslnegotiation=direct`",
        R::NotPostgres { .. } => "is it the right port?",
        R::Outdated { .. } => "clients of today refuse it: renew the server, or what stands before it",
        R::Refused => "is the server up, and is it the right port?",
        R::Timeout { .. } => "a firewall may drop what is sent; `--timeout 30s` waits for longer",
        R::UnknownHost { .. } => "is the name right? `hostaddr=` gives the address of a name that is not known here",
        _ => return None,
    })
}
