//! What programs of others see of our environment.

use std::collections::HashMap;
use std::fs;

use super::Scene;

impl Scene {
    /// The environment of the program, where ours has secrets in it.
    fn environment(&mut self) -> HashMap<String, String> {
        let definition = "title = \"Own\"\nchecked = 2026-11-20\nhosts = []\nports = []\nca = \"own\"\n\
            [[source]]\nurl = \"https://api.example/{project}\"\njson = \"/ca\"\nencoding = \"pem\"\n\
            token = { env = \"OWN_SECRET\", user-env = \"OWN_USER\", header = \"Authorization\" }\n";
        self.home.write(".config/pgtrust/bundles/own/provider.toml", definition);
        for name in SECRETS {
            self.home.set(name, "hunter2");
        }
        for name in PROXIES {
            self.home.set(name, "http://me:hunter2@proxy.example:3128");
        }
        self.home.set("HARMLESS", "seen");
        self.stands_in(&format!("env > \"$HOME/environment\"\n{}", self.answer));
        let _ = self.command();
        let environment = fs::read_to_string(self.path("environment")).unwrap();
        let pairs = environment.lines().filter_map(|line| line.split_once('='));
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }
}

const SECRETS: [&str; 6] =
    ["DIGITALOCEAN_TOKEN", "CLICKHOUSE_TOKEN_KEY", "SUPABASE_ACCESS_TOKEN", "PGPASSWORD", "OWN_SECRET", "OWN_USER"];
const PROXIES: [&str; 6] = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];

#[test]
fn no_secret_of_ours_is_in_the_environment_of_a_program() {
    for mut scene in [Scene::ssh(), Scene::java(), Scene::docker(), Scene::certutil(), Scene::crontab(), Scene::hook()]
    {
        let (program, environment) = (scene.program, scene.environment());
        assert_eq!(environment["HARMLESS"], "seen", "{program}");
        for name in SECRETS {
            assert_eq!(environment.get(name), None, "{program}");
        }
        for name in PROXIES {
            assert_eq!(environment[name], "http://proxy.example:3128", "{program}: {name}");
        }
    }
}

#[test]
fn a_program_that_prints_a_token_has_our_whole_environment() {
    let environment = Scene::token().environment();
    for name in SECRETS {
        assert_eq!(environment[name], "hunter2");
    }
    for name in PROXIES {
        assert_eq!(environment[name], "http://me:hunter2@proxy.example:3128");
    }
}

/// The definition of a provider that does not hold may have been good enough for the token to be set.
#[test]
fn tokens_of_definitions_that_do_not_hold_are_secrets_too() {
    let mut scene = Scene::hook();
    scene.home.write(
        ".config/pgtrust/bundles/broken/provider.toml",
        "title = 1\n[[source]]\ntoken = { env = \"BROKEN_SECRET\" }\n",
    );
    scene.home.set("BROKEN_SECRET", "hunter2");
    let environment = scene.environment();
    assert!(environment.contains_key("HARMLESS") && !environment.contains_key("BROKEN_SECRET"), "{environment:?}");
}
