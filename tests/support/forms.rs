//! PEM in every form in use, and what is to be made of it.

use std::path::Path;

use crate::support::pgtrust::{Home, Run};
use crate::support::pki::{Authority, TestCertificate};

/// One file as it is in use.
pub(crate) struct Form {
    pub(crate) name: &'static str,
    pub(crate) bytes: Vec<u8>,
    /// What is to be found in it, in order.
    pub(crate) good: Vec<TestCertificate>,
    /// The lines of the blocks that are to be reported.
    pub(crate) rejected: &'static [u64],
}

/// How many certificates the reader takes that libpq uses too (`PEM_X509_INFO_read_bio`).
pub(crate) fn certificates_for_libpq(home: &Home, file: &Path) -> usize {
    let collect = ["crl2pkcs7", "-nocrl", "-outform", "DER", "-out", "collected.p7b", "-certfile"];
    if Run::of(home.command("openssl").args(collect).arg(file)).status != 0 {
        return 0;
    }
    let print = ["pkcs7", "-inform", "DER", "-in", "collected.p7b", "-print_certs", "-noout"];
    Run::of(home.command("openssl").args(print)).expect(0).stdout.matches("subject=").count()
}

/// Two roots in every form that files in use have.
pub(crate) fn forms(home: &Home) -> Vec<Form> {
    let (a, b) =
        (Authority::root("pgtrust test root A").certificate, Authority::root("pgtrust test root B").certificate);
    let both = format!("{}{}", a.pem, b.pem);
    let second = u64::try_from(a.pem.lines().count()).unwrap() + 1;
    // All roots of these tests have as many lines.
    assert_eq!(second, 13, "{}", a.pem);
    let body = |certificate: &TestCertificate, columns: usize, end: &str| {
        let text: String = certificate.pem.lines().filter(|line| !line.starts_with('-')).collect();
        let lines: Vec<&str> = text.as_bytes().chunks(columns).map(|line| str::from_utf8(line).unwrap()).collect();
        format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join(end))
    };
    let columns = |columns: usize| format!("{}{}", body(&a, columns, "\n"), body(&b, columns, "\n"));
    let labelled = |label: &str| both.replace(" CERTIFICATE-----", &format!(" {label}-----"));
    let utf16 =
        |mark: &str, to: fn(u16) -> [u8; 2]| format!("{mark}{both}").encode_utf16().flat_map(to).collect::<Vec<_>>();
    let unpadded = |certificate: &TestCertificate| certificate.pem.replace("=\n", "\n").replace("=\n", "\n");
    let bad = a.pem.replacen('M', "!", 1);
    let truncated = {
        let cut = pem::Pem::new("CERTIFICATE", &a.der[..a.der.len() - 40]);
        pem::encode_config(&cut, pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF))
    };
    let openssl = |arguments: &str| {
        home.write("a.pem", &a.pem);
        Run::of(home.command("openssl").args(arguments.split(' '))).expect(0).stdout
    };

    let good =
        |name: &'static str, bytes: Vec<u8>| Form { name, bytes, good: vec![a.clone(), b.clone()], rejected: &[] };
    let text = |name: &'static str, text: String| good(name, text.into_bytes());
    let half = |name: &'static str, text: String, rejected: &'static [u64]| Form {
        name,
        bytes: text.into_bytes(),
        good: vec![b.clone()],
        rejected,
    };
    let mut forms = vec![
        text("as it should be", both.clone()),
        text("CRLF", both.replace('\n', "\r\n")),
        text("CR only", both.replace('\n', "\r")),
        text("CR CR LF", both.replace('\n', "\r\r\n")),
        text("byte order mark", format!("\u{feff}{both}")),
        text("byte order mark in the middle", format!("{}\u{feff}{}", a.pem, b.pem)),
        text("text between blocks", format!("# one: a\n{}\ntwo - b\n----- \n{}the end", a.pem, b.pem)),
        text("text of openssl x509 -text", format!("{}{}", openssl("x509 -in a.pem -text"), b.pem)),
        text("bag attributes", format!("Bag Attributes\n    friendlyName: a\nsubject=CN = a\n\n{both}")),
        text("TRUSTED CERTIFICATE", format!("{}{}", openssl("x509 -in a.pem -trustout -addtrust serverAuth"), b.pem)),
        text("X509 CERTIFICATE", labelled("X509 CERTIFICATE")),
        text("no final newline", both.trim_end().to_owned()),
        text("two blocks glued", both.replace("-----\n-----", "----------")),
        text("text glued before a block", format!("abc{both}")),
        text("63 columns", columns(63)),
        text("63 columns, CRLF", columns(63).replace('\n', "\r\n")),
        text("63 columns, a space at the end of all lines but the last", {
            format!("{}{}", body(&a, 63, " \n"), body(&b, 63, " \n"))
        }),
        text("76 columns", columns(76)),
        text("76 columns, CRLF", columns(76).replace('\n', "\r\n")),
        text("all on one line", columns(100_000)),
        text("one column", columns(1)),
        text("no line ends inside the block", {
            let inline = |pem: String| pem.replace("-----\nM", "-----M").replace("\n-----END", "-----END");
            format!("{}{}", inline(body(&a, 100_000, "")), inline(body(&b, 100_000, "")))
        }),
        text("trailing white space", both.replace('\n', " \t\n")),
        text("indented by spaces", indented(&both, "    ")),
        text("indented by a tab", indented(&both, "\t")),
        text("only the base64 indented", both.replace("\n", "\n ").replace("\n -----", "\n-----")),
        text("blank line after BEGIN", both.replace("BEGIN CERTIFICATE-----\n", "BEGIN CERTIFICATE-----\n\n")),
        text("blank line before END", both.replace("-----END", "\n-----END")),
        text("blank line inside", format!("{}{}", body(&a, 64, "\n\n"), b.pem)),
        text("spaces inside", format!("{}{}", body(&a, 8, " "), body(&b, 8, " "))),
        text("no padding", format!("{}{}", unpadded(&a), unpadded(&b))),
        good("UTF-16LE with a mark", utf16("\u{feff}", u16::to_le_bytes)),
        good("UTF-16BE with a mark", utf16("\u{feff}", u16::to_be_bytes)),
        good("UTF-16LE without a mark", utf16("", u16::to_le_bytes)),
        good("UTF-16BE without a mark", utf16("", u16::to_be_bytes)),
        text("RFC 1421 headers", both.replace("BEGIN CERTIFICATE-----\n", "BEGIN CERTIFICATE-----\nX-Note: a\n b\n\n")),
        text("100 KiB of text first", format!("{}{both}", "# some text\n".repeat(9000))),
        half("bad character in the first block", format!("{bad}{}", b.pem), &[1]),
        half("END of another label", format!("{}{}", a.pem.replace("END CERT", "END X509 CERT"), b.pem), &[1]),
        half("no END, then BEGIN", format!("{}{}", a.pem.replace("-----END CERTIFICATE-----\n", ""), b.pem), &[1]),
        half("BEGIN BEGIN END", format!("-----BEGIN CERTIFICATE-----\n{}", b.pem), &[1]),
        half("no END at the end", format!("{}{}", b.pem, a.pem.replace("-----END CERTIFICATE-----\n", "")), &[13]),
        half("an empty block", format!("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n{}", b.pem), &[1]),
        half("DER cut off", format!("{truncated}{}", b.pem), &[1]),
        half(
            "bytes after the DER",
            {
                let longer = pem::Pem::new("CERTIFICATE", [&a.der[..], b"\0"].concat());
                let config = pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF);
                format!("{}{}", pem::encode_config(&longer, config), b.pem)
            },
            &[1],
        ),
        half("a conflict marker inside", format!("{}{}", a.pem.replacen("\nM", "\n<<<<<<< HEAD\nM", 1), b.pem), &[1]),
        half(
            "a block of more than 1 MiB",
            {
                format!("-----BEGIN CERTIFICATE-----\n{}-----END CERTIFICATE-----\n{}", "QUFB\n".repeat(300_000), b.pem)
            },
            &[1],
        ),
        half("garbage between and after the second", format!("\n\n{bad}\0\u{7f}%PDF-----\n{}\0", b.pem), &[3]),
    ];
    let mut cr =
        half("bad character in the second block, CR only", format!("{}{bad}", b.pem).replace('\n', "\r"), &[13]);
    cr.good = vec![b.clone()];
    forms.push(cr);
    forms
}

fn indented(text: &str, by: &str) -> String {
    text.lines().map(|line| format!("{by}{line}\n")).collect()
}
