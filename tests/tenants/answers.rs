//! Answers in the shape that each provider's specification says.

use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::{CLUSTER, PATH, Scene, TENANT, TOKEN, digitalocean, nowhere, pem};
use crate::support::pgtrust::Run;
use crate::support::pki::{Authority, TestCertificate};
use crate::support::reply::Reply;
use crate::support::store::{in_order, roots};
use crate::support::tools;

pub(super) struct Api {
    pub(super) tenant: &'static str,
    flags: &'static [&'static str],
    host: &'static str,
    pub(super) path: &'static str,
    pub(super) variables: &'static [(&'static str, &'static str)],
    header: Option<(&'static str, &'static str)>,
    pub(super) answer: fn(&[&TestCertificate]) -> String,
}

pub(super) const APIS: &[Api] = &[
    Api {
        tenant: TENANT,
        flags: &["--cluster", CLUSTER],
        host: "api.digitalocean.com:443",
        path: PATH,
        variables: &[("DIGITALOCEAN_TOKEN", TOKEN)],
        header: Some(("authorization", "Bearer dop_v1_hunter2")),
        answer: |roots| json!({"ca": {"certificate": STANDARD.encode(pem(roots))}}).to_string(),
    },
    Api {
        tenant: "aiven/my-project",
        flags: &["--project", "my-project"],
        host: "api.aiven.io:443",
        path: "/v1/project/my-project/kms/ca",
        variables: &[("AIVEN_TOKEN", "hunter2")],
        header: Some(("authorization", "aivenv1 hunter2")),
        answer: |roots| json!({"certificate": pem(roots)}).to_string(),
    },
    Api {
        tenant: "cloudsql/my-project/my-instance",
        flags: &["--project", "my-project", "--instance", "my-instance"],
        host: "sqladmin.googleapis.com:443",
        path: "/v1/projects/my-project/instances/my-instance/listServerCas",
        variables: &[("GOOGLE_OAUTH_ACCESS_TOKEN", "ya29.hunter2")],
        header: Some(("authorization", "Bearer ya29.hunter2")),
        answer: |roots| {
            let cert = |(serial, root): (usize, &&TestCertificate)| {
                json!({
                    "kind": "sql#sslCert", "certSerialNumber": serial.to_string(), "cert": root.pem,
                    "commonName": root.common_name, "instance": "my-instance",
                })
            };
            let certs: Vec<_> = roots.iter().enumerate().map(cert).collect();
            json!({"kind": "sql#instancesListServerCas", "certs": certs, "activeVersion": "0"}).to_string()
        },
    },
    Api {
        tenant: "crunchy/team1",
        flags: &["--team", "team1"],
        host: "api.crunchybridge.com:443",
        path: "/teams/team1.pem",
        variables: &[("CB_API_KEY", "cbkey_hunter2")],
        header: Some(("authorization", "Bearer cbkey_hunter2")),
        answer: pem,
    },
    Api {
        tenant: "cockroach/cluster-1",
        flags: &["--cluster", "cluster-1"],
        host: "cockroachlabs.cloud:443",
        path: "/clusters/cluster-1/cert",
        variables: &[],
        header: None,
        answer: pem,
    },
    Api {
        tenant: "scaleway/fr-par/instance-1",
        flags: &["--region", "fr-par", "--instance", "instance-1"],
        host: "api.scaleway.com:443",
        path: "/rdb/v1/regions/fr-par/instances/instance-1/certificate",
        variables: &[("SCW_SECRET_KEY", "hunter2")],
        header: Some(("x-auth-token", "hunter2")),
        answer: |roots| {
            let content = STANDARD.encode(pem(roots));
            json!({"name": "ssl_certificate", "content_type": "application/x-pem-file", "content": content}).to_string()
        },
    },
    Api {
        tenant: "ovh/ca/project1/cluster-1",
        flags: &["--region", "ca", "--project", "project1", "--cluster", "cluster-1"],
        host: "ca.api.ovh.com:443",
        path: "/v1/cloud/project/project1/database/postgresql/cluster-1/certificates",
        variables: &[("OVH_ACCESS_TOKEN", "hunter2")],
        header: Some(("authorization", "Bearer hunter2")),
        answer: |roots| json!({"ca": pem(roots)}).to_string(),
    },
    Api {
        tenant: "linode/1234",
        flags: &["--instance", "1234"],
        host: "api.linode.com:443",
        path: "/v4/databases/postgresql/instances/1234/ssl",
        variables: &[("LINODE_TOKEN", "hunter2")],
        header: Some(("authorization", "Bearer hunter2")),
        answer: |roots| json!({"ca_certificate": STANDARD.encode(pem(roots))}).to_string(),
    },
    Api {
        tenant: "ubicloud/pj1/eu-central-h1/pg-1",
        flags: &["--project", "pj1", "--location", "eu-central-h1", "--database", "pg-1"],
        host: "api.ubicloud.com:443",
        path: "/project/pj1/location/eu-central-h1/postgres/pg-1/ca-certificates",
        variables: &[("UBI_TOKEN", "pat-hunter2")],
        header: Some(("authorization", "Bearer pat-hunter2")),
        answer: pem,
    },
    Api {
        tenant: "ibm/eu-de/account1/deployment1",
        flags: &["--region", "eu-de", "--account", "account1", "--deployment", "deployment1"],
        host: "api.eu-de.databases.cloud.ibm.com:443",
        path: "/v5/ibm/deployments/crn%3Av1%3Abluemix%3Apublic%3Adatabases-for-postgresql%3Aeu-de%3Aa%2Faccount1%3Adeployment1%3A%3A/users/database/admin/connections/public",
        // As `ibmcloud iam oauth-tokens` prints it.
        variables: &[("IC_IAM_TOKEN", "Bearer hunter2")],
        header: Some(("authorization", "Bearer hunter2")),
        answer: |roots| {
            let certificate = json!({"name": "cert", "certificate_base64": STANDARD.encode(pem(roots))});
            json!({"connection": {"postgres": {"type": "uri", "certificate": certificate}}}).to_string()
        },
    },
    Api {
        tenant: "vultr/999c4ed0-f2e4-4f2a-a951-de358ceb9ab5",
        flags: &["--database", "999c4ed0-f2e4-4f2a-a951-de358ceb9ab5"],
        host: "api.vultr.com:443",
        path: "/v2/databases/999c4ed0-f2e4-4f2a-a951-de358ceb9ab5",
        variables: &[("VULTR_API_KEY", "hunter2")],
        header: Some(("authorization", "Bearer hunter2")),
        answer: |roots| {
            json!({"database": {
                "id": "999c4ed0-f2e4-4f2a-a951-de358ceb9ab5", "database_engine": "pg", "label": "orders",
                "host": "vultr-prod-1.vultrdb.com", "port": "16751", "user": "vultradmin", "password": "hunter2",
                "ca_certificate": pem(roots), "read_replicas": [],
            }})
            .to_string()
        },
    },
    Api {
        tenant: "clickhouse/org-1/pg-1",
        flags: &["--organization", "org-1", "--service", "pg-1"],
        host: "api.clickhouse.cloud:443",
        path: "/v1/organizations/org-1/postgres/pg-1/caCertificates",
        variables: &[("CLICKHOUSE_TOKEN_KEY", "key"), ("CLICKHOUSE_TOKEN_SECRET", "hunter2")],
        header: Some(("authorization", "Basic a2V5Omh1bnRlcjI=")),
        answer: pem,
    },
];

#[test]
fn every_provider_hands_out_the_ca_of_one_customer() {
    let Some(openssl) = tools::program("openssl") else { return };
    let (first, second) = (Authority::root("Customer CA 1"), Authority::root("Customer CA 2"));
    for api in APIS {
        let mut scene = Scene::new();
        for (name, value) in api.variables {
            scene.home.set(name, value);
        }
        let answer = (api.answer)(&[&first.certificate, &second.certificate]);
        scene.server.serve(api.path, Reply::bytes(answer));
        let run = scene.home.pgtrust(&["fetch", api.tenant]).expect(0);
        assert_eq!(run.printed_path(), scene.kept(api.tenant));
        assert!(run.stderr.contains("pinned") && run.stderr.contains(&first.certificate.fingerprint()), "{run}");
        assert_eq!(scene.server.connects(), [api.host], "{}", api.tenant);
        let request = &scene.server.requests(api.path)[0];
        let header = api.header.map(|(name, _)| (name, request.headers[name].as_str()));
        assert_eq!(header, api.header, "{}", api.tenant);
        assert_eq!(
            request.headers.contains_key("authorization"),
            api.header.is_some_and(|(name, _)| name == "authorization")
        );

        // The same in words; and the manifest knows it by one name.
        let provider = api.tenant.split('/').next().unwrap();
        let again = scene.home.pgtrust(&[&["fetch", provider], api.flags].concat()).expect(0);
        assert!(again.stdout == run.stdout && again.stderr.is_empty(), "{again}");
        assert_eq!(scene.manifest(), format!("[[source]]\nname = \"{}\"\n", api.tenant));
        scene.home.pgtrust(&["fetch"]).expect(0);
        assert_eq!(scene.server.requests(api.path).len(), 3);

        for authority in [&first, &second] {
            let (leaf, _) = authority.server(&["db.example"]);
            let leaf = scene.home.write("leaf.pem", leaf.pem);
            let file = scene.kept(api.tenant);
            Run::of(scene.home.command(&openssl).args(["verify", "-no-CApath", "-CAfile"]).args([file, leaf]))
                .expect(0);
        }
        fs::remove_file(scene.home.path().join("leaf.pem")).unwrap();
        nowhere("hunter2", &[&run, &again], scene.home.path());
        nowhere("a2V5Omh1bnRlcjI", &[&run, &again], scene.home.path());
    }
}

/// A provider that is added to the catalogue needs a row here, and its placeholders a flag.
#[test]
fn every_api_of_the_catalogue_is_tested() {
    let catalog = pgtrust::Catalog::built_in();
    let with_api = |id: &&str| catalog.provider(id).unwrap().api().is_some();
    let ids = catalog.ids().unwrap();
    let known: Vec<&str> = ids.iter().map(AsRef::as_ref).filter(with_api).collect();
    let mut tested: Vec<&str> = APIS.iter().map(|api| api.tenant.split('/').next().unwrap()).collect();
    tested.sort_unstable();
    assert_eq!(tested, known);
}

#[test]
fn a_text_that_comes_as_json_is_read_as_text() {
    let mut scene = Scene::new();
    scene.home.set("CLICKHOUSE_TOKEN_KEY", "key");
    scene.home.set("CLICKHOUSE_TOKEN_SECRET", "secret");
    let [a] = roots(["A"]);
    scene.server.serve("/v1/organizations/o/postgres/p/caCertificates", Reply::bytes(json!(a.pem).to_string()));
    scene.home.pgtrust(&["fetch", "clickhouse/o/p"]).expect(0);
}

#[test]
fn a_name_is_looked_up() {
    let scene = Scene::with_token();
    let [a] = roots(["A"]);
    scene.serves(&[&a]);
    let databases = json!({"databases": [
        {"id": "11111111-e9ea-4176-9dbc-a4cee4c4ff30", "name": "other", "connection": {"password": "hunter3"}},
        {"id": CLUSTER, "name": "my-cluster", "engine": "pg"},
    ]});
    scene.server.serve("/v2/databases", Reply::bytes(databases.to_string()));
    let run = scene.home.pgtrust(&["fetch", "digitalocean", "--cluster", "my-cluster"]).expect(0);
    assert_eq!(run.printed_path(), scene.kept("digitalocean/my-cluster"));
    assert_eq!(scene.server.requests("/v2/databases")[0].headers["authorization"], "Bearer dop_v1_hunter2");
    nowhere("hunter", &[&run], scene.home.path());

    // Two names need one list, and an id none.
    scene.home.pgtrust(&["fetch", "digitalocean/my-cluster", TENANT, "digitalocean/other"]).expect(2);
    assert_eq!(scene.server.requests("/v2/databases").len(), 2);
    let run = scene.home.pgtrust(&["fetch", "digitalocean/mine"]).expect(2);
    assert!(run.stderr.contains("lists no `mine`") && run.stderr.contains("hint:"), "{run}");
    let elsewhere = json!({"databases": [{"id": "../account?x=", "name": "bad"}]});
    scene.server.serve("/v2/databases", Reply::bytes(elsewhere.to_string()));
    let run = scene.home.pgtrust(&["fetch", "digitalocean/bad"]).expect(2);
    assert!(run.stderr.contains("unexpected answer"), "{run}");
}

/// Vultr calls the name a label.
#[test]
fn a_label_is_looked_up() {
    let mut scene = Scene::new();
    scene.home.set("VULTR_API_KEY", "hunter2");
    let [a] = roots(["A"]);
    let api = APIS.iter().find(|api| api.tenant.starts_with("vultr/")).unwrap();
    scene.server.serve(api.path, Reply::bytes((api.answer)(&[&a])));
    let databases = json!({"databases": [
        {"id": "daeb6d62-a6a2-458c-9f74-e053735d7f50", "label": "other", "password": "hunter3"},
        {"id": "999c4ed0-f2e4-4f2a-a951-de358ceb9ab5", "label": "orders", "password": "hunter3"},
    ], "meta": {"total": 2}});
    scene.server.serve("/v2/databases", Reply::bytes(databases.to_string()));
    let run = scene.home.pgtrust(&["fetch", "vultr", "--database", "orders"]).expect(0);
    assert_eq!(run.printed_path(), scene.kept("vultr/orders"));
    nowhere("hunter", &[&run], scene.home.path());
}

#[test]
fn what_is_missing_or_too_much_is_said() {
    let scene = Scene::with_token();
    for (arguments, said) in [
        (&["fetch", "cloudsql", "--project", "p"] as &[&str], "`cloudsql` needs `--instance` too"),
        (&["fetch", "ovh", "--cluster", "c"], "`ovh` needs `--region` and `--project` too"),
        (&["fetch", "digitalocean"], "`digitalocean --cluster CLUSTER`"),
        (&["fetch", "digitalocean", "--cluster", "c", "--team", "t"], "`--team` says nothing of what is named here"),
        (&["fetch", "azure", "--cluster", "c"], "`--cluster` says nothing of what is named here"),
        (&["fetch", "azure/c"], "`azure` has no CA for each customer"),
        (&["fetch", "digitalocean/a/b"], "2 values where there are to be 1"),
        (&["fetch", "digitalocean", "--cluster", "../x"], "cannot be a cluster"),
        (&["fetch", "ibm", "--region", "evil.example", "--account", "a", "--deployment", "d"], "cannot be a region"),
        (&["install", "digitalocean", "--cluster", "a?b"], "cannot be a cluster"),
        (&["install", "digitalocean/.."], "cannot be a cluster"),
    ] {
        let run = scene.home.pgtrust(arguments).expect(2);
        assert!(run.stderr.contains(said) && run.stderr.contains("hint:"), "{run}");
    }
    assert!(scene.server.connects().is_empty() && scene.manifest().is_empty());
}

#[test]
fn a_file_of_such_a_name_is_named_by_its_path() {
    let scene = Scene::with_token();
    let [a] = roots(["A"]);
    scene.home.write("digitalocean/a.pem", &a.pem);
    scene.home.pgtrust(&["install", "./digitalocean/a.pem", "--output", "s.pem"]).expect(0);
    assert_eq!(in_order(&scene.home, "s.pem"), [a.fingerprint()]);
}

#[test]
fn install_fetches_what_is_not_there_and_remembers_it() {
    let scene = Scene::with_token();
    let [a] = roots(["A"]);
    scene.serves(&[&a]);
    let run = scene.home.pgtrust(&["install", "digitalocean", "--cluster", CLUSTER, "--output", "s.pem"]).expect(0);
    assert!(run.stdout.contains(TENANT), "{run}");
    assert_eq!(in_order(&scene.home, "s.pem"), [a.fingerprint()]);
    assert!(scene.manifest().contains(&format!("sources = [\"{TENANT}\"]")), "{}", scene.manifest());
    let run = scene.home.pgtrust(&["install", "--output", "s.pem"]).expect(0);
    assert!(run.stdout.contains("unchanged"), "{run}");
    assert_eq!(scene.server.requests(PATH).len(), 1);

    let snippet = scene.home.pgtrust(&["snippet", "libpq-url", TENANT]).expect(0);
    assert!(snippet.stdout.contains(scene.file().to_str().unwrap()), "{snippet}");
    let env = scene.home.pgtrust(&["env"]).expect(0);
    assert!(env.stdout.contains(scene.file().to_str().unwrap()), "{env}");
    scene.home.pgtrust(&["bundle", TENANT, "-o", "b.pem"]).expect(0);
    assert_eq!(in_order(&scene.home, "b.pem"), [a.fingerprint()]);
}

#[test]
fn the_network_is_not_needed_for_what_is_kept() {
    let scene = Scene::with_token();
    let [a] = roots(["A"]);
    scene.serves(&[&a]);
    let run = scene.fetch(&["--offline"]).expect(2);
    assert!(run.stderr.contains("has not been fetched") && run.stdout.is_empty(), "{run}");
    scene.fetch(&[]).expect(0);
    assert_eq!(scene.fetch(&["--offline"]).expect(0).printed_path(), scene.file());
    assert_eq!(scene.server.requests(PATH).len(), 1);
}

#[test]
fn json_says_what_became_of_each_root() {
    let scene = Scene::with_token();
    let [a, b] = roots(["A", "B"]);
    scene.server.serve_each(PATH, [digitalocean(&[&a]), digitalocean(&[&b]), Reply::status(404)]);
    let results = |run: &Run| {
        let report = run.json();
        let tenant = &report["tenants"][0];
        assert_eq!((&tenant["id"], &tenant["path"]), (&json!(TENANT), &json!(scene.file())), "{run}");
        let root =
            |root: &serde_json::Value| format!("{} {}", root["subject"], root["result"]).replace(['"', '\\'], "");
        let roots = tenant["roots"].as_array().unwrap().iter().map(root).collect::<Vec<_>>().join("; ");
        (roots, tenant["changed"].as_bool().unwrap(), tenant["error"].is_null())
    };
    let run = scene.fetch(&["--json"]).expect(0);
    assert_eq!(results(&run), ("CN=A,O=pgtrust tests new".to_owned(), true, true));
    let run = scene.fetch(&["--json"]).expect(0);
    assert_eq!(results(&run), ("CN=B,O=pgtrust tests new; CN=A,O=pgtrust tests kept".to_owned(), true, true));
    let run = scene.fetch(&["--json"]).expect(2);
    assert_eq!(results(&run), (String::new(), false, false));
}

/// What a mirror serves counts only by its pin, and these have none before they are fetched.
#[test]
fn a_mirror_is_never_asked() {
    let scene = Scene::with_token();
    let [a, b] = roots(["A", "B"]);
    scene.serves(&[&a]);
    scene.server.serve(&format!("/mirror{PATH}"), digitalocean(&[&b]));
    scene.server.serve("/mirror/clusters/c/cert", Reply::bytes(b.pem.as_str()));
    scene.server.serve("/clusters/c/cert", Reply::bytes(a.pem.as_str()));
    let mirror = scene.server.plain("/mirror");
    scene.home.pgtrust(&["fetch", TENANT, "cockroach/c", "--mirror", &mirror]).expect(0);
    for tenant in [TENANT, "cockroach/c"] {
        let file = fs::read_to_string(scene.kept(tenant)).unwrap();
        assert!(file.contains(a.pem.trim()) && !file.contains(b.pem.trim()), "{file}");
    }
}
