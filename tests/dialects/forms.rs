//! Files of two roots in every form that may be met, and some that may not.

use crate::support::der;
use crate::support::odd::odd_roots;
use crate::support::pki::{Authority, Chain, TestCertificate};

#[derive(Clone)]
pub(super) struct Form {
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
}

/// Two roots whose PEM ends with a line feed.
pub(super) fn roots() -> [TestCertificate; 2] {
    ["one", "other"].map(|name| {
        let mut root = Authority::root(&format!("dialects {name}")).certificate;
        root.pem = root.pem.replace("\r\n", "\n");
        root
    })
}

pub(super) fn all() -> Vec<Form> {
    let [one, other] = roots();
    let mut forms = Forms {
        one: one.pem.clone(),
        two: format!("{}{}", one.pem, other.pem),
        other: other.pem.clone(),
        forms: Vec::new(),
    };
    forms.whole();
    forms.broken();
    forms.edges();
    forms.lines();
    forms.bodies();
    forms.other_blocks();
    forms.binary(&one, &other);
    forms.odd();
    forms.forms
}

struct Forms {
    one: String,
    other: String,
    two: String,
    forms: Vec<Form>,
}

impl Forms {
    fn add(&mut self, name: &str, bytes: impl Into<Vec<u8>>) {
        self.forms.push(Form { name: name.to_owned(), bytes: bytes.into() });
    }

    fn whole(&mut self) {
        let (one, two) = (self.one.clone(), self.two.clone());
        self.add("one", one.clone());
        self.add("two", two.clone());
        self.add("one twice", format!("{one}{one}"));
        self.add("empty", "");
        self.add("one line feed", "\n");
        self.add("text", "# nothing here\n");
        self.add("text without a line end", "nothing here");
        self.add(
            "comments",
            format!(
                "# one ünd\n{}# end\n",
                two.replace("-----END CERTIFICATE-----\n", "-----END CERTIFICATE-----\n# then\n\n")
            ),
        );
        self.add("comment with five hyphens", format!("# ----- roots -----\n{two}"));
        self.add("line of hyphens", format!("-----\n{two}"));
        self.add("line of hyphens between", format!("{one}----------\n{two}"));
        self.add("line that is named", format!("subject=CN = a: b\n{two}"));
        self.add("byte order mark", format!("\u{feff}{two}"));
        self.add("byte order mark and comment", format!("\u{feff}# one\n{two}"));
        self.add("byte order mark between", format!("{one}\u{feff}{one}{}", self.other));
        self.add("CR LF", two.replace('\n', "\r\n"));
        self.add("CR", two.replace('\n', "\r"));
        self.add("CR CR LF", two.replace('\n', "\r\r\n"));
        self.add("CR LF in one of two", format!("{}{}", one.replace('\n', "\r\n"), self.other));
        self.add("no final line end", two.trim_end());
        self.add("no final line end and CR", two.trim_end().to_owned() + "\r");
        self.add("empty lines between", format!("\n\n{one}\n\n\n{}\n\n", self.other));
        let wide = |units: Vec<u16>, of: fn(u16) -> [u8; 2]| units.into_iter().flat_map(of).collect::<Vec<u8>>();
        let units = |text: &str| format!("\u{feff}{text}").encode_utf16().collect::<Vec<u16>>();
        self.add("UTF-16 LE", wide(units(&two), u16::to_le_bytes));
        self.add("UTF-16 BE", wide(units(&two), u16::to_be_bytes));
        self.add("UTF-16 LE without mark", wide(two.encode_utf16().collect(), u16::to_le_bytes));
    }

    fn broken(&mut self) {
        let (one, other) = (self.one.clone(), self.other.clone());
        let broken = one.replace("MII", "MI!");
        let cut = one.lines().take(4).map(|line| format!("{line}\n")).collect::<String>();
        let without_begin = one.lines().skip(1).map(|line| format!("{line}\n")).collect::<String>();
        let no_certificate = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
        let empty = "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n";
        let damaged = [
            ("base64", broken.as_str()),
            ("no END", &cut),
            ("no BEGIN", &without_begin),
            ("no certificate", no_certificate),
            ("nothing", empty),
        ];
        for (what, block) in damaged {
            self.add(&format!("{what} alone"), block);
            self.add(&format!("{what} first"), format!("{block}{one}{other}"));
            self.add(&format!("{what} between"), format!("{one}{block}{other}"));
            self.add(&format!("{what} last"), format!("{one}{other}{block}"));
        }
        self.add("END without a line end before it", one.replace("\n-----END", "-----END"));
        self.add("last line without a line end", format!("{one}{}", other.trim_end().trim_end_matches('-')));
        self.add("END of something else", one.replace("END CERTIFICATE", "END X509 CRL") + &other);
        self.add("four hyphens in BEGIN", one.replacen("CERTIFICATE-----", "CERTIFICATE----", 1) + &other);
        self.add("six hyphens in BEGIN", one.replacen("CERTIFICATE-----", "CERTIFICATE------", 1) + &other);
        self.add("six hyphens before BEGIN", one.replacen("-----BEGIN", "------BEGIN", 1) + &other);
        self.add("four hyphens in END", format!("{}-\n{other}", &one[..one.len() - 3]));
        self.add("six hyphens in END", format!("{}-\n{other}", one.trim_end()));
        self.add("text behind END", format!("{} # one\n{other}", one.trim_end()));
        self.add("text behind BEGIN", one.replacen("-----\n", "----- # one\n", 1) + &other);
        self.add("lower case", one.to_lowercase());
        self.add("two BEGIN lines", format!("-----BEGIN CERTIFICATE-----\n{one}{other}"));
    }

    fn edges(&mut self) {
        let (one, two, other) = (self.one.clone(), self.two.clone(), self.other.clone());
        self.add("glued", format!("{}{other}", one.trim_end()));
        self.add("glued with a blank", format!("{} {other}", one.trim_end()));
        self.add("glued to text", format!("text{two}"));
        self.add("glued to text with a blank", format!("text {two}"));
        self.add("blanks before BEGIN", two.replace("-----BEGIN", " -----BEGIN"));
        self.add("blanks before END", two.replace("-----END", "  -----END"));
        self.add("tabs before all", two.lines().map(|line| format!("\t{line}\n")).collect::<String>());
        self.add(
            "blanks before lines of base64",
            two.lines()
                .map(|line| if line.starts_with('-') { format!("{line}\n") } else { format!("  {line}\n") })
                .collect::<String>(),
        );
        self.add("blanks behind all", two.lines().map(|line| format!("{line}  \n")).collect::<String>());
        self.add("tabs behind all", two.lines().map(|line| format!("{line}\t\n")).collect::<String>());
        self.add("no-break spaces behind all", two.lines().map(|line| format!("{line}\u{a0}\n")).collect::<String>());
        self.add("vertical tab behind END", two.replace("END CERTIFICATE-----", "END CERTIFICATE-----\x0b"));
        self.add("quotes around", format!("\"{two}\""));
        self.add("line ends as backslash n", two.replace('\n', "\\n"));
    }

    fn lines(&mut self) {
        let (one, other) = (self.one.clone(), self.other.clone());
        let long = "x".repeat(65_536);
        let with_body = |change: &dyn Fn(&str) -> String| {
            let body: String = one.lines().filter(|line| !line.starts_with('-')).collect();
            format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n{other}", change(&body))
        };
        let broken_at = |body: &str, length: usize| {
            body.as_bytes()
                .chunks(length)
                .map(|line| format!("{}\n", String::from_utf8_lossy(line)))
                .collect::<String>()
                .trim_end()
                .to_owned()
        };
        self.add("64 KB line before", format!("{long}\n{one}{other}"));
        self.add("64 KB line between", format!("{one}{long}\n{other}"));
        self.add("64 KB line glued before", format!("{long}{one}{other}"));
        self.add("line of 254 and BEGIN", format!("{}{one}{other}", "x".repeat(254)));
        self.add("line of 253 and BEGIN", format!("{}{one}{other}", "x".repeat(253)));
        self.add("base64 in one line", with_body(&ToOwned::to_owned));
        for length in [76, 100, 252, 253, 254, 255, 256, 4, 1, 63] {
            self.add(&format!("base64 in lines of {length}"), with_body(&|body| broken_at(body, length)));
        }
        self.add("all in one line", one.replace('\n', ""));
        self.add("all in one line with blanks", one.replace('\n', " "));
        self.add("BEGIN and base64 in one line", one.replacen("-----\n", "-----", 1) + &other);
        self.add(
            "empty line in the middle",
            with_body(&|body| format!("{}\n\n{}", &broken_at(body, 64)[..130], broken_at(&body[128..], 64))),
        );
        self.add("empty line behind BEGIN", with_body(&|body| format!("\n{}", broken_at(body, 64))));
        self.add("two empty lines behind BEGIN", with_body(&|body| format!("\n\n{}", broken_at(body, 64))));
        self.add("empty line before END", with_body(&|body| format!("{}\n", broken_at(body, 64))));
        self.add(
            "blank line in the middle",
            with_body(&|body| format!("{}\n \n{}", &broken_at(body, 64)[..129], broken_at(&body[128..], 64))),
        );
    }

    fn bodies(&mut self) {
        let (one, other) = (self.one.clone(), self.other.clone());
        let behind_begin = |text: &str| format!("{}{other}", one.replacen("-----\n", &format!("-----\n{text}"), 1));
        self.add("Proc-Type", behind_begin("Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n"));
        self.add("header", behind_begin("Comment: one\n\n"));
        self.add("header without an empty line", behind_begin("Comment: one\n"));
        self.add("comment in the block", behind_begin("# one\n"));
        self.add("hyphen in the block", behind_begin("-\n"));
        self.add("hyphen in base64", one.replacen("MII", "MI-I", 1) + &other);
        self.add("equals sign in base64", one.replacen("MII", "MI=I", 1) + &other);
        self.add("URL alphabet", one.replace('+', "-").replace('/', "_") + &other);
        self.add("zero byte in base64", one.replacen("MII", "MI\0I", 1) + &other);
        self.add("zero byte at the end of a line", one.replacen("\n-----END", "\0\n-----END", 1) + &other);
        self.add("zero byte on a line before", format!("a\0b\n{one}{other}"));
        self.add("zero byte at the start of a line", format!("{one}\0\n{other}"));
        self.add("zero byte at the start", format!("\0{one}{other}"));
        self.add("zero bytes at the end", format!("{one}{other}\0\0\0"));
        self.add("control character in base64", one.replacen("MII", "MI\u{1}I", 1) + &other);
        self.add("letter beyond ASCII in base64", one.replacen("MII", "MIé", 1) + &other);
        for (name, cut) in [("one character less", 1), ("two characters less", 2), ("four characters less", 4)] {
            let end = one.find("\n-----END").unwrap();
            self.add(name, format!("{}{}{other}", &one[..end - cut], &one[end..]));
        }
        // Lengths at which base64 is padded in each way, by what follows the certificate.
        let der = pem::parse(&one).unwrap().into_contents();
        for more in 0..3 {
            let bytes = [&der[..], &vec![0; more]].concat();
            let text = pem::encode(&pem::Pem::new("CERTIFICATE", bytes)).replace("\r\n", "\n");
            self.add(&format!("{more} bytes behind the certificate"), format!("{text}{other}"));
            self.add(&format!("{more} bytes behind, without padding"), format!("{}{other}", text.replace('=', "")));
            self.add(
                &format!("{more} bytes behind, more padding"),
                format!("{}{other}", text.replacen("\n-----END", "=\n-----END", 1)),
            );
        }
    }

    fn other_blocks(&mut self) {
        let (one, two, other) = (self.one.clone(), self.two.clone(), self.other.clone());
        let chain = Chain::new();
        let labelled = |label: &str| two.replace("CERTIFICATE", label);
        for label in [
            "X509 CERTIFICATE",
            "TRUSTED CERTIFICATE",
            "X.509 CERTIFICATE",
            "CERTIFICATES",
            "certificate",
            "PKCS7",
            " CERTIFICATE",
            "CERTIFICATE ",
            "",
        ] {
            self.add(&format!("trust or other label `{label}`"), labelled(label));
        }
        self.add("trusted first of two", format!("{}{other}", one.replace("CERTIFICATE", "TRUSTED CERTIFICATE")));
        for (name, key) in
            [("key", chain.key_pem()), ("EC key", ec_key(true)), ("EC key without its curve", ec_key(false))]
        {
            let key = key.replace("\r\n", "\n");
            self.add(&format!("{name} before"), format!("{key}{two}"));
            self.add(&format!("{name} between"), format!("{one}{key}{other}"));
            self.add(&format!("{name} behind"), format!("{two}{key}"));
            self.add(&format!("{name} alone"), key);
        }
        let encrypted = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\nAAAA\n-----END RSA PRIVATE KEY-----\n";
        self.add("encrypted key before", format!("{encrypted}{two}"));
        let broken = "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n";
        self.add("broken key behind", format!("{two}{broken}"));
        self.add("leaf among them", format!("{one}{}{other}", chain.leaf.pem.replace("\r\n", "\n")));
        self.add("only a leaf", chain.leaf.pem.replace("\r\n", "\n"));
        self.add(
            "parameters before",
            format!("-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n{two}"),
        );
        self.add("unknown block before", format!("-----BEGIN SOMETHING-----\nAAAA\n-----END SOMETHING-----\n{two}"));
        self.add(
            "unknown block of no base64",
            format!("-----BEGIN SOMETHING-----\n!!!!\n-----END SOMETHING-----\n{two}"),
        );
        self.add("broken list behind", format!("{two}-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n"));
        self.add("label that is long", format!("-----BEGIN {0}-----\nAAAA\n-----END {0}-----\n{two}", "A".repeat(300)));
    }

    fn binary(&mut self, one: &TestCertificate, other: &TestCertificate) {
        self.add("DER", one.der.clone());
        self.add("DER of two", [one.der.clone(), other.der.clone()].concat());
        self.add("DER and PEM", [&one.der[..], b"\n", other.pem.as_bytes()].concat());
        self.add("PEM and DER", [other.pem.as_bytes(), &one.der[..]].concat());
        self.add("DER cut off", one.der[..one.der.len() - 9].to_vec());
        self.add("DER with a byte more", [&one.der[..], &[0]].concat());
        let pkcs7 = pkcs7(&[&one.der, &other.der]);
        self.add("DER of PKCS#7", pkcs7.clone());
        for label in ["PKCS7", "CMS", "PKCS #7 SIGNED DATA", "CERTIFICATE"] {
            self.add(&format!("PKCS#7 labelled {label}"), pem::encode(&pem::Pem::new(label, pkcs7.clone())));
        }
        let mut random = 1u32;
        let noise: Vec<u8> = (0..4096)
            .map(|_| {
                random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (random >> 24) as u8
            })
            .collect();
        self.add("noise", noise);
    }

    /// Certificates with an oddity, beside a sound one.
    fn odd(&mut self) {
        for odd in odd_roots().into_iter().step_by(5) {
            let text = pem::encode(&pem::Pem::new("CERTIFICATE", odd.der)).replace("\r\n", "\n");
            let form = format!("{}{text}", self.one);
            self.add(&format!("odd: {}", odd.name), form);
        }
    }
}

/// An ECPrivateKey (RFC 5915) without its public key.
fn ec_key(with_curve: bool) -> String {
    let curve: &[u8] = if with_curve { &[0xa0, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7] } else { &[] };
    let key = der::tlv(0x30, &[&[2, 1, 1], &der::tlv(4, &[&[7; 32]]), curve]);
    pem::encode(&pem::Pem::new("EC PRIVATE KEY", key))
}

/// SignedData that signs nothing (RFC 2315).
fn pkcs7(certificates: &[&[u8]]) -> Vec<u8> {
    let data = der::tlv(0x30, &[&[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1]]);
    let signed = der::tlv(0x30, &[&[2, 1, 1], &[0x31, 0], &data, &der::tlv(0xa0, certificates), &[0x31, 0]]);
    der::tlv(0x30, &[&[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2], &der::tlv(0xa0, &[&signed])])
}
