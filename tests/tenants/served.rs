//! A rotation of a customer's CA at every provider with an API: the server changes, and psql connects all through.

use super::Scene;
use super::answers::APIS;
use crate::support::pgtrust::{Home, Run};
use crate::support::pki::{Chain, TestCertificate};
use crate::support::postgres::Postgres;
use crate::support::reply::Reply;
use crate::support::tools;

#[test]
fn psql_connects_through_a_rotation_at_every_provider() {
    let (Some(psql), Some(server)) = (tools::program("psql"), Postgres::start_own()) else { return };
    for (index, api) in APIS.iter().enumerate() {
        let chain = |age: &str| Chain::named(&format!("pgtrust test {age} {index}"));
        let (old, new) = (chain("old"), chain("new"));
        let mut scene = Scene::new();
        for (name, value) in api.variables {
            scene.home.set(name, value);
        }
        let serve = |roots: &[&TestCertificate]| scene.server.serve(api.path, Reply::bytes((api.answer)(roots)));
        let connects = |home: &Home| {
            let file = home.root_crt();
            let url = format!(
                "postgresql://postgres@localhost:{}/postgres?sslmode=verify-full&sslrootcert={}",
                server.port,
                file.display()
            );
            Run::of(home.command(&psql).args(["--no-psqlrc", "--no-password", "--command", "select 1", &url]))
        };
        server.present(&old);
        serve(&[&old.root]);
        scene.home.pgtrust(&["install", api.tenant]).expect(0);
        connects(&scene.home).expect(0);
        serve(&[&old.root, &new.root]);
        scene.home.pgtrust(&["refresh"]).expect(0);
        connects(&scene.home).expect(0);
        server.present(&new);
        connects(&scene.home).expect(0);
        serve(&[&new.root]);
        scene.home.pgtrust(&["refresh"]).expect(0);
        connects(&scene.home).expect(0);
    }
}
