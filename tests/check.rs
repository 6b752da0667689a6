//! `pgtrust check`, with the real binary. What clients make of a server is held against them in `conformance`.

mod chains;
mod live;

use serde_json::Value;

use crate::support::pgtrust::{Home, Run};

/// The verdict of the first variant of a client.
#[track_caller]
fn verdict<'a>(object: &'a Value, client: &str) -> &'a Value {
    let clients = object["clients"].as_array().unwrap();
    clients.iter().find(|verdict| verdict["client"] == client).unwrap_or_else(|| panic!("{client}: {object:#}"))
}

/// Outcomes of all clients of these names.
fn outcomes(object: &Value, client: &str) -> Vec<String> {
    let clients = object["clients"].as_array().unwrap();
    let of_client = clients.iter().filter(|verdict| verdict["client"] == client);
    of_client.map(|verdict| verdict["outcome"].as_str().unwrap().to_owned()).collect()
}

fn check(home: &Home, arguments: &[&str]) -> Run {
    home.pgtrust(&[&["check", "--json"], arguments].concat())
}

#[test]
fn without_a_target_the_surroundings_name_one_or_it_is_said() {
    let mut home = Home::new();
    let run = home.pgtrust(&["check"]).expect(2);
    assert!(run.stderr.contains("no server is named") && run.stderr.contains("pgtrust check HOST"), "{run}");
    assert_eq!(check(&home, &[]).expect(2).json()["error"]["kind"], "no-target");
    home.write(".env", "DATABASE_URL=postgresql://app:s3cret@127.0.0.1:1/shop\n");
    let run = check(&home, &[]).expect(2);
    let object = run.json();
    assert_eq!((&object["server"]["host"], &object["server"]["port"]), (&"127.0.0.1".into(), &1.into()), "{run}");
    assert_eq!(object["error"]["kind"], "unreachable", "{run}");
    assert!(!run.to_string().contains("s3cret"), "{run}");
    home.set("PGHOST", "/tmp");
    let run = check(&home, &[]).expect(2);
    assert_eq!(run.json()["error"]["kind"], "unix-socket", "{run}");
}

#[test]
fn a_target_that_cannot_be_read_is_told_without_its_password() {
    let home = Home::new();
    for target in
        ["postgresql://u:s3cret@h:port/x", "mysql://u:s3cret@h/x", "host=h sslmode=verify-all password=s3cret"]
    {
        let run = home.pgtrust(&["check", target]).expect(2);
        assert!(run.stderr.starts_with("error: ") && !run.to_string().replace(target, "").contains("s3cret"), "{run}");
    }
    home.pgtrust(&["check", "h", "--client", "nobody"]).expect(2);
    home.pgtrust(&["check", "h", "--after", "no-such-rotation"]).expect(2);
    home.pgtrust(&["check", "h", "--user", "no-such-user"]).expect(2);
}

#[test]
fn of_several_servers_each_has_its_line_in_the_order_asked() {
    let home = Home::new();
    home.write("hosts", "# ours\n127.0.0.1:1\n\nhost='\n[::1]:2\n");
    let run = check(&home, &["127.0.0.2:3", "--hosts", "hosts"]).expect(2);
    let ports: Vec<Value> = run.stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()).collect();
    let ports: Vec<_> = ports.iter().map(|object| object["server"]["port"].as_u64().unwrap()).collect();
    assert_eq!(ports, [3, 1, 0, 2], "{run}");
}
