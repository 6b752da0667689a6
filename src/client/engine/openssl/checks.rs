//! What OpenSSL demands of each certificate of a chain (`check_extensions`, `check_purpose`, `internal_verify`).

use time::OffsetDateTime;

use super::super::facts::{GATED, NETSCAPE_SERVER, SERVER_AUTH, usage};
use super::super::reason::{Checked, Reason};
use super::build::{Chain, has_ended};
use super::kind::{Authority, Kind};
use super::{Rules, strict};
use crate::x509::{Curve, Key};

pub(super) fn extensions(chain: &Chain<'_, '_>, rules: Rules) -> Checked {
    let number = chain.certificates.len();
    let mut below = 0;
    for (index, kind) in chain.certificates.iter().enumerate() {
        let last = index + 1 == number;
        if let Some(oid) = kind.unsupported() {
            return Err(Reason::critical(kind, oid).into());
        }
        authority(kind, index, last, rules)?;
        if number > 1 {
            if kind.certificate.key() == Key::Ec(Curve::Other("explicit".to_owned())) {
                return Err(Reason::malformed(kind, "has a key whose curve is written out").into());
            }
            if rules.strict {
                strict::check(kind, last)?;
            }
        }
        purpose(kind, index, rules)?;
        if index > 1 && kind.path_length().is_some_and(|length| below > length) {
            return Err(Reason::too_long(kind).into());
        }
        if index > 0 && !kind.self_issued() {
            below += 1;
        }
    }
    Ok(())
}

/// Only the last of a chain may be a CA by something else than its basic constraints.
fn authority(kind: &Kind<'_>, index: usize, last: bool, rules: Rules) -> Checked {
    let full = rules.strict || !last;
    let good = match kind.authority() {
        Authority::None => index == 0,
        Authority::Full => true,
        Authority::Old => {
            if index == 0 {
                !rules.strict
            } else {
                !full
            }
        }
    };
    if good {
        return Ok(());
    }
    let why = if kind.lacks_usage(usage::KEY_CERT_SIGN) { KEY_USAGE } else { BASIC_CONSTRAINTS };
    Err(Reason::not_a_ca(kind, why).into())
}

fn purpose(kind: &Kind<'_>, index: usize, rules: Rules) -> Checked {
    if kind.invalid {
        let refused = Reason::malformed(kind, "has an extension that OpenSSL cannot read");
        return if rules.strict { Err(refused.into()) } else { Ok(()) };
    }
    if kind.lacks_purpose(&[SERVER_AUTH, GATED[0], GATED[1]]) {
        return Err(Reason::usage(kind, "its extended key usage does not include TLS servers").into());
    }
    let tls = usage::DIGITAL_SIGNATURE | usage::KEY_ENCIPHERMENT | usage::KEY_AGREEMENT;
    if index == 0 && kind.lacks_usage(tls) {
        return Err(Reason::usage(kind, "its key usage does not include what TLS needs").into());
    }
    if index == 0 && kind.netscape_type.get().is_some_and(|kinds| kinds & NETSCAPE_SERVER == 0) {
        return Err(Reason::usage(kind, "its Netscape type does not include TLS servers").into());
    }
    Ok(())
}

pub(super) fn times(chain: &Chain<'_, '_>, at: OffsetDateTime) -> Checked {
    for kind in &chain.certificates {
        if kind.early_at(at) {
            return Err(Reason::not_yet_valid(kind.certificate).into());
        }
        if has_ended(kind, at) {
            return Err(Reason::expired(kind.certificate).into());
        }
    }
    Ok(())
}

const BASIC_CONSTRAINTS: &str = "its basic constraints do not say so";
const KEY_USAGE: &str = "its key usage does not include signing certificates";
