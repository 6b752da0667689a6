//! Which certificates become roots.

use std::fs;

use crate::support::pgtrust::Home;
use crate::support::pki::{Chain, TestCertificate, ed25519_root, p521_root, self_issued_not_self_signed};

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
