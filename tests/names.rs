//! Names in certificates: read as OpenSSL reads them, and harmless on a terminal and in a comment.

use std::path::Path;

use crate::certificates::{inspect, openssl};
use crate::support::der::{certificate, common_name, generalized, utc};
use crate::support::forms::certificates_for_libpq;
use crate::support::pgtrust::{Home, Run};
use crate::support::pki::Authority;
use crate::support::tools;

#[test]
fn no_name_acts_on_a_terminal_or_adds_a_line_to_a_comment() {
    let mut failures = Vec::new();
    for (what, tag, value) in deceiving_names() {
        let home = Home::new();
        home.write(
            "name.der",
            certificate(&common_name(tag, &value), &utc("240101000000Z"), &generalized("20600101000000Z")),
        );
        let bundled = home.pgtrust(&["bundle", "name.der", "--allow-non-roots"]);
        let command = "x509 -inform DER -in name.der -noout";
        let known = Run::of(home.command("openssl").args(command.split(' '))).status == 0;
        if bundled.status == 2 && bundled.stderr.contains("cannot be read by OpenSSL") {
            assert!(!known, "{what}: {bundled}");
        } else {
            failures.extend(wrong_in_comment(&home, &bundled.expect(0), known).map(|wrong| format!("{what}: {wrong}")));
        }
        for arguments in [
            &["inspect", "name.der"] as &[&str],
            &["inspect", "--json", "name.der"],
            &["install", "name.der", "--output", "store.pem"],
            &["install", "name.der", "--output", "store.pem", "--allow-non-roots", "--dry-run"],
            &["install", "name.der", "--output", "store.pem", "--allow-non-roots"],
            &["undo"],
            &["bundle", "name.der", "--at", "2070-01-01"],
        ] {
            let run = home.pgtrust(arguments);
            for c in run.stdout.chars().chain(run.stderr.chars()).filter(|c| *c != '\n' && deceives(*c)) {
                failures.push(format!("{what}: {c:?} from {arguments:?}"));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// What is wrong with the comment over a certificate, and with what is said of it elsewhere.
fn wrong_in_comment(home: &Home, bundled: &Run, known: bool) -> Option<String> {
    let comments: Vec<&str> = bundled.stdout.lines().take_while(|line| !line.starts_with("-----BEGIN")).collect();
    let subject = comments[0].strip_prefix("# CN=").unwrap_or_default();
    let expected = comments.len() == 3 && comments[1].starts_with("# sha256 ") && comments[2].starts_with("# valid ");
    if !expected || bundled.stdout.lines().filter(|line| line.starts_with("-----BEGIN")).count() != 1 {
        return Some(format!("comment {comments:?}"));
    }
    home.write("named.pem", &bundled.stdout);
    if known && certificates_for_libpq(home, Path::new("named.pem")) != 1 {
        return Some("OpenSSL cannot read what was written".to_owned());
    }
    let again = home.pgtrust(&["inspect", "--json", "named.pem"]);
    if again.status != 0 || again.stdout.matches("\"sha256\"").count() != 1 {
        return Some(format!("pgtrust does not read back what it wrote: {again}"));
    }
    let json = inspect(home, "name.der");
    let same = json[0]["subject"] == format!("CN={subject}");
    (!same).then(|| format!("`{}` in JSON, `{subject}` in the comment", json[0]["subject"]))
}

#[test]
fn names_in_old_encodings_are_read_as_openssl_reads_them() {
    if tools::program("openssl").is_none() {
        return;
    }
    let home = Home::new();
    let utf16: Vec<u8> = "Zürich 東京".encode_utf16().flat_map(u16::to_be_bytes).collect();
    let utf32: Vec<u8> = "Zürich 東".chars().flat_map(|c| u32::from(c).to_be_bytes()).collect();
    let names: [(u8, &[u8]); 6] =
        [(0x1e, &utf16), (0x1c, &utf32), (0x14, b"Z\xfcrich"), (0x16, b"ia5"), (0x13, b"printable"), (0x12, b"123 4")];
    for (tag, value) in names {
        home.write("name.der", certificate(&common_name(tag, value), &utc("240101000000Z"), &utc("490101000000Z")));
        let said = openssl(&home, "x509 -inform DER -in name.der -noout -subject -nameopt RFC2253,-esc_msb,utf8");
        assert_eq!(format!("subject={}", inspect(&home, "name.der")[0]["subject"].as_str().unwrap()), said.trim());
    }
}

#[test]
fn a_certificate_inside_the_name_of_another_stays_a_name() {
    let home = Home::new();
    // Base64 without `+`, which names escape.
    let dates = (utc("240101000000Z"), generalized("20600101000000Z"));
    let named = |number: u32| certificate(&common_name(0x0c, format!("evil {number}").as_bytes()), &dates.0, &dates.1);
    let inside =
        (0..).map(|number| pem::encode(&pem::Pem::new("CERTIFICATE", named(number)))).find(|pem| !pem.contains('+'));
    let name = format!("good {}", inside.unwrap().replace("\r\n", ""));
    let root = Authority::root(&name).certificate;
    home.write("root.pem", &root.pem);
    home.pgtrust(&["install", "root.pem", "--output", "store.pem"]).expect(0);
    let found = inspect(&home, "store.pem");
    let found: Vec<&str> = found.iter().map(|certificate| certificate["sha256"].as_str().unwrap()).collect();
    assert_eq!(found, [root.fingerprint()]);
    let run = home.pgtrust(&["install", "root.pem", "--output", "store.pem"]).expect(0);
    assert!(run.stdout.contains("unchanged"), "{run}");
}

/// What can hide, reorder or erase text on a terminal: control characters, and format characters of Unicode.
pub(crate) fn deceives(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

fn deceiving_names() -> Vec<(&'static str, u8, Vec<u8>)> {
    let text = |what, text: &str| (what, 0x0c, text.as_bytes().to_vec());
    let bmp = |what, text: &str| (what, 0x1e, text.encode_utf16().flat_map(u16::to_be_bytes).collect());
    let block = "x\n-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n# y";
    vec![
        text("a newline", "a\n# trusted by Microsoft"),
        text("a carriage return", "a\r# CN=b"),
        text("a PEM block", block),
        text("a PEM block after CR only", &block.replace('\n', "\r")),
        text("a PEM block on the same line", &block.replace('\n', " ")),
        text("an ANSI sequence", "\u{1b}[2J\u{1b}[1;31mred\u{7}\u{8}"),
        text("a window title", "\u{1b}]0;title\u{7}"),
        text("C1 controls", "\u{9b}31m\u{85}next\u{90}"),
        text("NUL", "good.example\0.evil.example"),
        text("right-to-left override", "a\u{202e}moc.live\u{202c}"),
        text("isolates", "\u{2066}a\u{2069}\u{2067}"),
        text("invisible characters", "a\u{200b}\u{feff}\u{2060}\u{ad}b"),
        text("line and paragraph separators", "a\u{2028}# b\u{2029}"),
        text("quotes and separators", "\"a\",O=b+C=c;<d>=#\\"),
        text("spaces around", "  a  "),
        text("a hash", "#0403"),
        text("only a space", " "),
        text("a very long name", &"long ".repeat(4000)),
        text("no characters", ""),
        bmp("a newline in BMPString", "a\n# b\u{202e}"),
        ("half a character in BMPString", 0x1e, vec![0, b'a', 0]),
        ("a lone surrogate in BMPString", 0x1e, vec![0xd8, 0, 0, b'a']),
        ("a control in UniversalString", 0x1c, vec![0, 0, 0, 0x1b, 0, 0x11, 0, 0]),
        ("C1 controls in T61String", 0x14, b"a\x9b2Jb\x85\n".to_vec()),
        ("bytes that are no UTF-8 in UTF8String", 0x0c, b"a\xff\xfe\x9b\n".to_vec()),
        ("controls in PrintableString", 0x13, b"a\n\x1b[2J".to_vec()),
        ("a number in place of text", 0x02, b"\n\x1b".to_vec()),
        ("a sequence in place of text", 0x30, b"\x0c\x02\n\n".to_vec()),
    ]
}
