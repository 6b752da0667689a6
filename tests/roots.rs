//! Which certificates become roots.

use std::fs;
use std::path::Path;

use crate::certificates::{inspect, self_signed};
use crate::support::pgtrust::{Home, Run};
use crate::support::pki::{Chain, TestCertificate, ed25519_root, p521_root, self_issued_not_self_signed};
use crate::support::tools;

#[test]
fn a_root_with_an_unusual_key_becomes_a_root() {
    for root in [p521_root(), ed25519_root()] {
        let home = Home::new();
        let input = home.write("input.crt", &root.der);
        let run = home.pgtrust(&["bundle", input.to_str().unwrap()]).expect(0);
        assert!(run.stdout.contains(root.pem.trim()), "{run}");
        home.pgtrust(&["install", input.to_str().unwrap()]).expect(0);
        assert!(fs::read_to_string(home.root_crt()).unwrap().contains(root.pem.trim()), "{}", root.common_name);
    }
}

#[test]
fn what_is_not_a_self_signed_ca_becomes_a_root_only_when_asked() {
    let chain = Chain::new();
    for other in [&chain.leaf, &chain.intermediate, &self_issued_not_self_signed()] {
        let TestCertificate { common_name, pem, .. } = other;
        let home = Home::new();
        let input = home.write("input.pem", pem);
        let input = input.to_str().unwrap();
        for command in [&["bundle", input, "-o", "out.pem"] as &[&str], &["install", input]] {
            let run = home.pgtrust(command).expect(2);
            assert!(run.stderr.contains(common_name) && run.stderr.contains("--allow-non-roots"), "{run}");
        }
        assert!(!home.path().join("out.pem").exists() && !home.root_crt().exists(), "{common_name}");

        home.pgtrust(&["bundle", input, "-o", "out.pem", "--allow-non-roots"]).expect(0);
        assert!(fs::read_to_string(home.path().join("out.pem")).unwrap().contains(pem.trim()), "{common_name}");
    }
}

#[test]
fn of_many_certificates_each_has_its_own_verdict() {
    if tools::program("openssl").is_none() {
        return;
    }
    let home = Home::new();
    let roots = Path::new(env!("CARGO_MANIFEST_DIR")).join("bundles/aws-rds/roots.pem");
    let mut blocks = pem::parse_many(fs::read(roots).unwrap()).unwrap();
    blocks.truncate(50);
    assert_eq!(blocks.len(), 50);
    for place in [0, 1, 7, 20, 48] {
        let mut damaged = blocks[place].contents().to_vec();
        *damaged.last_mut().unwrap() ^= 1;
        blocks[place] = pem::Pem::new("CERTIFICATE", damaged);
    }
    // OpenSSL verifies it, pgtrust does not.
    let unknown = pem::parse(self_signed(&home, "ed448", "-subj /CN=unknown")).unwrap();
    blocks.insert(30, unknown.clone());
    blocks.push(pem::parse(Chain::new().intermediate.pem).unwrap());
    home.write("many.pem", blocks.iter().map(pem::encode).collect::<String>());

    let verified: Vec<bool> = blocks
        .iter()
        .map(|block| {
            home.write("one.pem", pem::encode(block));
            let verify = "verify -no_check_time -check_ss_sig -auth_level 0 -no-CApath -no-CAstore -CAfile one.pem";
            let valid = Run::of(home.command("openssl").args(verify.split(' ')).arg("one.pem")).status == 0;
            valid && *block != unknown
        })
        .collect();
    assert_eq!(verified.iter().filter(|valid| !**valid).count(), 7, "{verified:?}");
    let told: Vec<bool> =
        inspect(&home, "many.pem").iter().map(|certificate| certificate["self_signed"] == true).collect();
    assert_eq!(told, verified);

    let run = home.pgtrust(&["--at", "2015-01-01", "bundle", "many.pem", "-o", "out.pem"]).expect(0);
    let warnings: Vec<&str> = run.stderr.lines().filter(|line| line.contains("left out")).collect();
    let forged = "its own key did not sign it";
    let wanted = [(0, forged), (1, forged), (7, forged), (20, forged), (49, forged), (51, "signed it")];
    assert_eq!(warnings.len(), wanted.len(), "{run}");
    for (warning, (place, why)) in warnings.iter().zip(wanted) {
        let line = blocks[..place].iter().map(|block| pem::encode(block).lines().count()).sum::<usize>() + 1;
        assert!(warning.contains(&format!("line {line}:")) && warning.contains(why), "{place}: {warning}");
    }
    let out = fs::read_to_string(home.path().join("out.pem")).unwrap();
    let mut kept: Vec<Vec<u8>> = pem::parse_many(out).unwrap().iter().map(|block| block.contents().to_vec()).collect();
    assert!(run.stderr.contains("`CN=unknown` is taken on your word"), "{run}");
    let good = blocks.iter().zip(&verified).filter(|(block, valid)| **valid || **block == unknown);
    let mut good: Vec<Vec<u8>> = good.map(|(block, _)| block.contents().to_vec()).collect();
    kept.sort();
    good.sort();
    assert!(kept == good, "{} kept, {} verified by openssl", kept.len(), good.len());
}
