//! URLs with `{placeholders}` for what only the user knows.

use super::followed::Followed;

impl Followed {
    /// Lists what must be known of a customer to ask it, in the order of the URL.
    pub fn placeholders(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for part in self.url.split('{').skip(1) {
            let name = part.split('}').next().unwrap_or_default();
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// Returns the flags that say it: `--project PROJECT --instance INSTANCE`.
    pub fn flags(&self) -> String {
        let flags = self.placeholders().into_iter().map(|name| format!("--{name} {}", name.to_uppercase()));
        flags.collect::<Vec<_>>().join(" ")
    }

    /// Returns the URL with these values in the places of [`placeholders`](Self::placeholders).
    pub fn filled<'a>(&self, values: impl Iterator<Item = &'a str>) -> String {
        let names = self.placeholders();
        names.into_iter().zip(values).fold(self.url.clone(), |url, (name, value)| url.replace(&braced(name), value))
    }

    /// Tells whether the value of this placeholder becomes a part of the host's name.
    pub(crate) fn is_in_host(&self, placeholder: &str) -> bool {
        host_of(&self.url).contains(&braced(placeholder))
    }
}

/// Finds what is wrong with a URL that may have placeholders.
pub(super) fn flaw(url: &str) -> Option<&'static str> {
    let mut parts = url.split('{');
    let literal = parts.next().unwrap_or_default();
    let named = |part: &str| {
        let name = part.split_once('}').map(|(name, rest)| (name, rest.contains('}')));
        name.is_some_and(|(name, more)| {
            !more && !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
        })
    };
    if literal.contains('}') || !parts.all(named) {
        return Some("has a placeholder that is not a word in lower case between braces");
    }
    // A value must not lead to another owner's server: it is one label of the name, and never one of the last two.
    let labels: Vec<&str> = host_of(url).split('.').collect();
    let whole = |label: &&str| label.starts_with('{') && label.ends_with('}') && label.matches('{').count() == 1;
    let fixed = labels.iter().rev().take(2).all(|label| !label.contains('{'));
    let apart = labels.iter().filter(|label| label.contains('{')).all(whole);
    (!fixed || !apart).then_some("has a placeholder in the host's name that is not one label before the last two")
}

fn host_of(url: &str) -> &str {
    let rest = url.strip_prefix("https://").unwrap_or(url);
    rest.split(['/', '?', '#', ':', '@']).next().unwrap_or_default()
}

fn braced(name: &str) -> String {
    format!("{{{name}}}")
}

#[cfg(test)]
mod tests {
    use super::flaw;

    #[test]
    fn a_placeholder_cannot_choose_the_server() {
        for url in ["https://api.example.com/v1/{a}/{b-c}", "https://api.{region}.db.example.com/{region}?x={a}"] {
            assert_eq!(flaw(url), None, "{url}");
        }
        for url in [
            "https://{host}/ca",
            "https://api.{domain}/ca",
            "https://api.{a}.com/ca",
            "https://api{region}.example.com/ca",
            "https://{a}{b}.example.com/ca",
            "https://api.example.com/{}",
            "https://api.example.com/{a",
            "https://api.example.com/a}",
            "https://api.example.com/{A b}",
            "https://api.example.com/{a}}",
        ] {
            assert!(flaw(url).is_some(), "{url}");
        }
    }
}
