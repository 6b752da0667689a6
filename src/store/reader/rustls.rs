//! rustls, which sqlx, tokio-postgres and Prisma may be built with: webpki makes an anchor of each certificate, and goes on
//! without those of which it cannot.

use super::{Reader, Reading, Row};

pub(super) const RUSTLS: Reader = Reader {
    name: "rustls",
    title: "rustls (sqlx, tokio-postgres)",
    formats: &[Reading::too("pem", false), Reading::too("hashed", false), Reading::too("anchors", false)],
    rows: &[Row::new("what webpki makes no anchor of", |fields| {
        webpki::anchor_from_trusted_cert(&fields.der.into()).is_err()
    })],
};
