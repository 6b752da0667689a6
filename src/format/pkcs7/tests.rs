use super::super::mutation;
use super::*;
use crate::catalog::Catalog;
use crate::format::pem;

fn roots(count: usize) -> Vec<Certificate> {
    let rds = Catalog::built_in().provider("aws-rds").unwrap();
    rds.roots().unwrap().into_iter().take(count).map(|(_, certificate)| certificate).collect()
}

fn entries(certificates: &[Certificate]) -> Vec<Entry<'_>> {
    certificates.iter().map(|certificate| Entry { certificate, origin: "" }).collect()
}

fn written(certificates: &[Certificate]) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode(&mut entries(certificates).into_iter(), None, &mut bytes).unwrap();
    bytes
}

fn list(bytes: &[u8]) -> (Vec<Certificate>, Vec<String>) {
    let (mut certificates, mut others) = (Vec::new(), Vec::new());
    PKCS7
        .decode(&mut &bytes[..], None, &mut |member| match member {
            Member::Certificate { certificate, .. } => certificates.push(certificate),
            Member::Other { kind, position, .. } => others.push(format!("{position}: {kind}")),
            Member::PrivateKey(key) => others.push(format!("{}: private-key", key.position)),
            Member::Rejected { position, reason } => others.push(format!("{position}: {reason}")),
            Member::Distrusted { reason, .. } => others.push(reason.to_owned()),
            Member::Unchecked { reason } => others.push(reason),
        })
        .unwrap();
    (certificates, others)
}

/// A signed message with everything optional: digest algorithms, content, an attribute certificate, a revocation list,
/// a signer.
fn signed(certificates: &[Certificate]) -> Vec<u8> {
    let version_3 = der(tag::INTEGER, &[&[3]]);
    let algorithms = der(tag::SET, &[&der(tag::SEQUENCE, &[b"\x06\x01\x2a"])]);
    let content = der(tag::SEQUENCE, &[b"\x06\x01\x2a", b"\xa0\x80\x24\x80\x04\x02hi\0\0\0\0"]);
    let attribute_certificate = der(tag::context_constructed(2), &[b"\x05\0"]);
    let mut members: Vec<&[u8]> = certificates.iter().map(Certificate::der).collect();
    members.insert(1, &attribute_certificate);
    let members = der(tag::context_constructed(0), &members);
    let lists = der(tag::context_constructed(1), &[b"\x30\x02\x05\0"]);
    let signers = der(tag::SET, &[b"\x30\x03\x02\x01\x01"]);
    let all = der(tag::SEQUENCE, &[&version_3, &algorithms, &content, &members, &lists, &signers]);
    let explicit = der(tag::context_constructed(0), &[&all]);
    der(tag::SEQUENCE, &[&der(tag::OID, &[SIGNED_DATA]), &explicit])
}

/// The same with marked instead of counted ends, down to the set of certificates.
fn marked(certificates: &[Certificate]) -> Vec<u8> {
    let mut bytes = b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x80\x30\x80".to_vec();
    bytes.extend_from_slice(b"\x02\x01\x01\x31\0\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01\xa0\x80\x24\x80");
    bytes.extend_from_slice(b"\x04\x02hi\x04\x01!\0\0\0\0\0\0\xa0\x80");
    certificates.iter().for_each(|certificate| bytes.extend_from_slice(certificate.der()));
    bytes.extend_from_slice(b"\0\0\x31\0\0\0\0\0\0\0");
    bytes
}

#[test]
fn certificates_come_out_in_the_order_given() {
    let mut certificates = roots(5);
    certificates.reverse();
    assert_eq!(list(&written(&certificates)), (certificates.clone(), vec![]));
    certificates.rotate_left(2);
    assert_eq!(list(&written(&certificates)), (certificates, vec![]));
    assert_eq!(list(&written(&[])), (vec![], vec![]));
}

#[test]
fn signed_messages_are_read_and_keep_all_but_their_lengths() {
    let (certificates, new) = (roots(2), roots(4));
    for old in [signed(&certificates), marked(&certificates)] {
        assert!(recognise(&old));
        assert_eq!(list(&old).0, certificates);
        assert_eq!(merge(&old, None, &entries(&certificates)).unwrap(), old);
        let merged = merge(&old, None, &entries(&new)).unwrap();
        assert_eq!(list(&merged).0, new);
        let (before, after) = (SignedData::parse(&old).unwrap(), SignedData::parse(&merged).unwrap());
        assert_eq!((before.before, before.after), (after.before, after.after));
        assert!(after.certificates.rest().starts_with(before.certificates.rest()));
    }
    assert_eq!(list(&marked(&certificates)).1, [""; 0]);
    let others = list(&signed(&certificates)).1;
    assert!(
        matches!(&others[..], [a, b] if a.ends_with(": unknown") && b.ends_with(": revocation-list")),
        "{others:?}"
    );
}

#[test]
fn blocks_in_text_are_read_and_the_first_grows() {
    let certificates = roots(4);
    let block =
        |label: &str, certificates: &[Certificate]| String::from_utf8(armoured(label, &written(certificates))).unwrap();
    let (a, b) = (block("PKCS7", &certificates[..1]), block("CMS", &certificates[1..3]));
    let list_block = "-----BEGIN X509 CRL-----\nMIIBAAAA\n-----END X509 CRL-----";
    let old = format!("our roots\r\n{a}\r\n# more\n{b}\n{list_block}\nthe end");
    assert!(recognise(old.as_bytes()));
    let (found, others) = list(old.as_bytes());
    assert_eq!(found, certificates[..3]);
    assert_eq!(others.len(), 1);

    assert_eq!(merge(old.as_bytes(), None, &entries(&certificates[..3])).unwrap(), old.as_bytes());
    let grown = block("PKCS7", &[certificates[0].clone(), certificates[3].clone()]);
    let merged = merge(old.as_bytes(), None, &entries(&certificates)).unwrap();
    assert_eq!(String::from_utf8(merged).unwrap(), old.replace(&a, &grown));
}

#[test]
fn broken_blocks_are_rejected_and_not_written_to() {
    let certificates = roots(2);
    let bad = "-----BEGIN PKCS7-----\nMAA=\n-----END PKCS7-----\n";
    let (found, others) = list(bad.as_bytes());
    assert!(found.is_empty() && others[0].starts_with("line 1: its content: "), "{others:?}");
    let result = merge(bad.as_bytes(), None, &entries(&certificates));
    assert!(matches!(result, Err(Error::Unsupported { .. })), "{result:?}");
    let key = format!("{bad}-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n");
    assert_eq!(list(key.as_bytes()).1[1], "line 4: private-key");
}

#[test]
fn a_block_among_certificates_is_read_and_made_plain() {
    let certificates = roots(3);
    let block = String::from_utf8(armoured("PKCS7", &written(&certificates[1..]))).unwrap();
    let mut plain = Vec::new();
    (pem::PEM.encode)(&mut entries(&certificates[..1]).into_iter(), None, &mut plain).unwrap();
    let file = format!("{}# others\n{block}\n# end\n", String::from_utf8(plain).unwrap());
    assert!(!recognise(file.as_bytes()) && (pem::PEM.recognise)(file.as_bytes()));
    let flaws = |file: &[u8]| {
        let mut flaws = Vec::new();
        pem::PEM
            .decode(&mut &file[..], None, &mut |member| {
                if let Member::Certificate { certificate, flaw, .. } = member {
                    flaws.push((certificate, flaw.is_some()));
                }
            })
            .unwrap();
        flaws
    };
    let expected = |flawed| certificates.iter().cloned().zip([false, flawed, flawed]).collect::<Vec<_>>();
    assert_eq!(flaws(file.as_bytes()), expected(true));
    let merged = (pem::PEM.merge)(file.as_bytes(), None, &[]).unwrap();
    assert_eq!(flaws(&merged), expected(false));
    let merged = String::from_utf8(merged).unwrap();
    assert!(merged.contains("# others\n-----BEGIN CERTIFICATE") && merged.ends_with("# end\n"), "{merged}");
    assert!(!merged.contains("PKCS7"), "{merged}");
}

#[test]
fn other_kinds_and_broken_structures_are_named() {
    let enveloped = b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03\xa0\x80\0\0\0\0";
    assert!(recognise(enveloped));
    let error = PKCS7.decode(&mut &enveloped[..], None, &mut |_| ()).unwrap_err();
    assert_eq!(error.to_string(), "PKCS#7 without certificates (content type 1.2.840.113549.1.7.3) is not supported");

    for good in [written(&roots(2)), signed(&roots(2)), marked(&roots(2))] {
        for length in 0..good.len() {
            let result = PKCS7.decode(&mut &good[..length], None, &mut |_| ());
            if is_der(&good[..length]) {
                assert!(matches!(result, Err(Error::Damaged { .. })), "cut at {length}: {result:?}");
            }
        }
        let longer = [&good[..], b"\0"].concat();
        let error = PKCS7.decode(&mut &longer[..], None, &mut |_| ()).unwrap_err();
        assert_eq!(error.to_string(), format!("byte {}: bytes follow after it", good.len()));
    }
    let deep = [b"\x30\x80".repeat(1_000_000), vec![0; 2_000_000]].concat();
    let content = [&marked(&[])[..13], &deep].concat();
    assert!(matches!(PKCS7.decode(&mut &content[..], None, &mut |_| ()), Err(Error::Limit { .. })));
}

#[test]
fn damaged_bundles_never_panic() {
    for good in [signed(&roots(2)), marked(&roots(2))] {
        assert!(mutation::survive(&PKCS7, &good, None, 12_000) > 500);
    }
    mutation::survive(&PKCS7, &armoured("PKCS7", &written(&roots(2))), None, 2_000);
}
