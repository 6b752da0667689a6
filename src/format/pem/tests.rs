//! Defects that damaged input has shown.

use super::*;

/// A file with this text around a root, after two additions of another.
fn added_twice(before: &str, after: &str) -> (Vec<u8>, Vec<u8>) {
    let root = Certificate::from_der(&include_bytes!("../../../tests/data/isrg-root-x1.der")[..]).unwrap();
    let rds = crate::Catalog::built_in().provider("aws-rds").unwrap();
    let (_, own) = rds.roots().unwrap().swap_remove(0);
    let mut file = before.as_bytes().to_vec();
    write_block(&mut file, CERTIFICATE, own.der());
    file.extend_from_slice(after.as_bytes());
    let entry = Entry { certificate: &root, origin: "letsencrypt current" };
    let once = merge(&file, None, &[entry]).unwrap();
    let twice = merge(&once, None, &[entry]).unwrap();
    (once, twice)
}

#[test]
fn blank_lines_at_the_start_of_a_file_and_in_files_with_cr_stay() {
    let texts = [("\n\n", ""), ("\r\r--", ""), ("", "\r# a\r\r"), ("", "\r\r\n# a\r\r\n"), ("\n", "\n\n# a\n")];
    for (before, after) in texts {
        let (once, twice) = added_twice(before, after);
        assert_eq!(String::from_utf8(once).unwrap(), String::from_utf8(twice).unwrap(), "{before:?}, {after:?}");
    }
    assert!(added_twice("\n\n", "").0.starts_with(b"\n\n-----BEGIN"));
}

#[test]
fn a_label_ends_with_its_line_in_files_with_cr() {
    let mut file = b"-----BEGIN of a list\n".to_vec();
    let rds = crate::Catalog::built_in().provider("aws-rds").unwrap();
    write_block(&mut file, CERTIFICATE, rds.roots().unwrap()[0].1.der());
    for byte in file.iter_mut().filter(|byte| **byte == b'\n') {
        *byte = b'\r';
    }
    let mut found = 0;
    PEM.decode(&mut &file[..], None, &mut |member| found += u32::from(matches!(member, Member::Certificate { .. })))
        .unwrap();
    assert_eq!(found, 1);
}

#[test]
fn a_block_that_is_commented_out_behind_one_without_end_stays_so() {
    let mut out = Vec::new();
    let root = Certificate::from_der(&include_bytes!("../../../tests/data/isrg-root-x1.der")[..]).unwrap();
    write_block(&mut out, CERTIFICATE, root.der());
    let out = String::from_utf8(out).unwrap();
    let (once, _) = added_twice("", &format!("-----BEGIN NOTE-----\n# taken out: {out}"));
    let mut rejected = 0;
    PEM.decode(&mut &once[..], None, &mut |member| rejected += u32::from(matches!(member, Member::Rejected { .. })))
        .unwrap();
    assert_eq!((rejected, String::from_utf8(once).unwrap().matches("taken out: -----BEGIN").count()), (1, 1));
}
