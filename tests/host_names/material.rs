//! Certificates with names of many forms, all for one key, and hosts.

use pgtrust::Certificate;

use crate::support::der::tlv;
use crate::support::odd::{Signer, extension};

pub(super) struct Material {
    pub(super) key: String,
    pub(super) certificates: Vec<Named>,
    pub(super) hosts: Vec<&'static str>,
}

pub(super) struct Named {
    pub(super) name: String,
    pub(super) certificate: Certificate,
}

/// A name in a certificate.
enum Part<'a> {
    Dns(&'a [u8]),
    Ip(&'a [u8]),
    Email(&'a [u8]),
    /// With the tag of its string.
    Common(u8, &'a [u8]),
    /// No more than the extension itself.
    NoAlternatives,
}

impl Material {
    pub(super) fn new() -> Self {
        let signer = Signer::ec();
        let key = pem::encode(&pem::Pem::new("PRIVATE KEY", signer.pkcs8()));
        let mut certificates = Vec::new();
        let mut add = |name: String, parts: &[Part<'_>]| {
            let certificate = Certificate::from_der(certificate(&signer, &name, parts)).unwrap();
            certificates.push(Named { name, certificate });
        };
        for (index, name) in DNS.iter().enumerate() {
            add(format!("DNS {}", name.escape_ascii()), &[Part::Dns(name)]);
            // Of most libraries the rule for both is the same.
            if index % 3 > 0 && *name != b"127.0.0.1" {
                continue;
            }
            add(format!("CN {}", name.escape_ascii()), &[Part::Common(UTF8, name)]);
        }
        for (name, address) in ADDRESSES {
            add(format!("IP {name}"), &[Part::Ip(address)]);
            add(format!("IP {name} + CN db.example.net"), &[Part::Ip(address), Part::Common(UTF8, RIGHT)]);
        }
        combinations(&mut add);
        Self { key, certificates, hosts: HOSTS.to_vec() }
    }
}

/// A certificate for ten thousand hosts.
pub(super) fn of_many() -> Certificate {
    let names: Vec<String> = (0..10_000).map(|number| format!("host{number}.example.net")).collect();
    let names: Vec<Part<'_>> = names.iter().map(|name| Part::Dns(name.as_bytes())).collect();
    Certificate::from_der(certificate(&Signer::ec(), "many", &names)).unwrap()
}

fn combinations(add: &mut impl FnMut(String, &[Part<'_>])) {
    use Part::{Common, Dns, Email, Ip, NoAlternatives};
    let other = b"other.example.org";
    let local = b"127.0.0.1";
    let loopback = &[127, 0, 0, 1];
    add("no names".to_owned(), &[]);
    add("CN 127.0.0.1 + DNS other.example.org".to_owned(), &[Common(UTF8, local), Dns(other)]);
    add("CN db.example.net + DNS other.example.org".to_owned(), &[Common(UTF8, RIGHT), Dns(other)]);
    add("CN db.example.net + email".to_owned(), &[Common(UTF8, RIGHT), Email(b"a@example.org")]);
    add("CN db.example.net + no alternatives".to_owned(), &[Common(UTF8, RIGHT), NoAlternatives]);
    add("CN other.example.org + CN db.example.net".to_owned(), &[Common(UTF8, other), Common(UTF8, RIGHT)]);
    add("CN example.org + CN db.example.net".to_owned(), &[Common(UTF8, b"example.org"), Common(UTF8, RIGHT)]);
    add("CN db.example.net + CN other.example.org".to_owned(), &[Common(UTF8, RIGHT), Common(UTF8, other)]);
    add("CN a.b.example.org + CN db.example.net".to_owned(), &[Common(UTF8, b"a.b.example.org"), Common(UTF8, RIGHT)]);
    add("DNS other + IP".to_owned(), &[Dns(other), Ip(loopback)]);
    add("broken IP + DNS".to_owned(), &[Ip(&[127, 0, 0]), Dns(RIGHT)]);
    add("DNS + broken IP".to_owned(), &[Dns(RIGHT), Ip(&[127, 0, 0])]);
    add("DNS with a zero byte + DNS".to_owned(), &[Dns(b"db.example.net\0.example.org"), Dns(RIGHT)]);
    add("DNS blank + DNS".to_owned(), &[Dns(b" "), Dns(RIGHT)]);
    add("DNS + DNS".to_owned(), &[Dns(other), Dns(RIGHT)]);
    let wide: Vec<u8> = RIGHT.iter().flat_map(|byte| [0, *byte]).collect();
    for (kind, tag, value) in
        [("Printable", 0x13, RIGHT), ("T61", 0x14, RIGHT), ("IA5", 0x16, RIGHT), ("BMP", 0x1e, &wide)]
    {
        add(format!("CN {kind}String"), &[Common(tag, value)]);
    }
    for (kind, tag) in [("UTF-8", UTF8), ("Latin-1", 0x14)] {
        let value: &[u8] = if tag == UTF8 { "bücher.example.net".as_bytes() } else { b"b\xfccher.example.net" };
        add(format!("CN bücher in {kind}"), &[Common(tag, value)]);
    }
}

fn certificate(signer: &Signer, name: &str, parts: &[Part<'_>]) -> Vec<u8> {
    let mut fields = signer.fields("");
    let organization = tlv(0x31, &[&tlv(0x30, &[&[6, 3, 0x55, 4, 10], &tlv(UTF8, &[name.as_bytes()])])]);
    let (mut subject, mut alternative, mut has_alternative) = (vec![organization], Vec::new(), false);
    for part in parts {
        has_alternative |= !matches!(part, Part::Common(..));
        match part {
            Part::Dns(name) => alternative.push(tlv(0x82, &[name])),
            Part::Ip(address) => alternative.push(tlv(0x87, &[address])),
            Part::Email(address) => alternative.push(tlv(0x81, &[address])),
            Part::Common(tag, value) => {
                subject.push(tlv(0x31, &[&tlv(0x30, &[&[6, 3, 0x55, 4, 3], &tlv(*tag, &[value])])]));
            }
            Part::NoAlternatives => {}
        }
    }
    fields.name(&tlv(0x30, &[&subject.concat()]));
    fields.extensions = Vec::new();
    if has_alternative {
        fields.extensions.push(extension(&[0x55, 0x1d, 0x11], false, &tlv(0x30, &[&alternative.concat()])));
    }
    fields.extensions.push(extension(&[0x55, 0x1d, 0x0f], true, &[3, 2, 7, 0x80]));
    signer.sign(&fields)
}

const UTF8: u8 = 0x0c;
const RIGHT: &[u8] = b"db.example.net";

/// Each as the one dNSName, and as the one common name.
const DNS: &[&[u8]] = &[
    RIGHT,
    b"DB.EXAMPLE.net",
    b"db.example.net.",
    b".example.net",
    b"*.example.net",
    b"*.example.net.",
    b"*.net",
    b"*.localhost",
    b"*",
    b"*.",
    b"*..example.net",
    b"*.*.net",
    b"*.*.example.net",
    b"db.*.net",
    b"*b.example.net",
    b"db*.example.net",
    b"d*b.example.net",
    b"d*",
    b"*example.net",
    b"*-b.example.net",
    b"*.d-b.example.net",
    b"*.-b.example.net",
    b"*.d_b.example.net",
    b"**.example.net",
    b"xn--*.example.net",
    b"xn--bcher-kva.example.net",
    b"*.xn--bcher-kva.net",
    b"d_b.example.net",
    b"-db.example.net",
    b"db-.example.net",
    b"db..example.net",
    b"db.example.net\0.example.org",
    b"db.example.net\0",
    b"\x1b[2J",
    b" ",
    b"localhost",
    b"net",
    b"example.net",
    b"127.0.0.1",
    b"*.0.0.1",
    b"127.1",
    b"::1",
    b"0:0:0:0:0:0:0:1",
    b"[::1]",
    b"1.2.3",
    b"db.5",
    b"*.5",
];

const ADDRESSES: &[(&str, &[u8])] = &[
    ("127.0.0.1", &[127, 0, 0, 1]),
    ("::1", &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]),
    ("::ffff:127.0.0.1", &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1]),
    ("of 5 octets", &[127, 0, 0, 1, 0]),
    ("with a mask", &[127, 0, 0, 1, 255, 255, 255, 255]),
];

const HOSTS: &[&str] = &[
    "db.example.net",
    "DB.Example.NET",
    "db.example.net.",
    "db.example.net..",
    "a.db.example.net",
    "a.d-b.example.net",
    "a.d_b.example.net",
    "b.example.net",
    "dbx.example.net",
    "dxb.example.net",
    "d-b.example.net",
    "d_b.example.net",
    "-db.example.net",
    "db-.example.net",
    "db..example.net",
    ".example.net",
    "example.net",
    "*.example.net",
    "xn--bcher-kva.example.net",
    "db.xn--bcher-kva.net",
    "xn--b.example.net",
    "bücher.example.net",
    "localhost",
    "db.localhost",
    "net",
    "db",
    "127.0.0.1",
    "127.0.0.1.",
    "127.1",
    "127.000.000.001",
    "0x7f.0.0.1",
    "2130706433",
    "127.0.0.256",
    "::1",
    "0:0:0:0:0:0:0:1",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "::ffff:127.0.0.1",
    "::1%lo",
    "1.2.3",
    "db.5",
    "*",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example.net",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example.net",
];
