//! Text without the secrets that people put into URLs. Whatever is kept or shown goes through here.

use std::borrow::Cow;

/// Returns a text with each URL in it without its user part, `https://user:password@`, and without the passwords in its
/// query. A URL ends where a space, a control character, a quotation mark or a backtick stands.
pub fn without_users(text: &str) -> Cow<'_, str> {
    let text = without_keyword(text);
    match text {
        Cow::Borrowed(text) => without_users_of_urls(text),
        Cow::Owned(text) => Cow::Owned(without_users_of_urls(&text).into_owned()),
    }
}

/// `password=...` of a keyword string, as libpq reads it.
fn without_keyword(text: &str) -> Cow<'_, str> {
    const KEYWORD: &str = "password=";
    let begins = |at: usize| {
        text[..at].chars().next_back().is_none_or(|before| before.is_whitespace() || "`'\"".contains(before))
    };
    let Some(at) = text.match_indices(KEYWORD).map(|(at, _)| at).find(|at| begins(*at)) else {
        return Cow::Borrowed(text);
    };
    let value = &text[at + KEYWORD.len()..];
    let end = match value.strip_prefix('\'') {
        Some(quoted) => quoted.find('\'').map_or(value.len(), |end| end + 2),
        None => value.find(|c: char| c.is_whitespace() || "`'\"".contains(c)).unwrap_or(value.len()),
    };
    let rest = without_keyword(&value[end..]);
    Cow::Owned(format!("{}{KEYWORD}…{rest}", &text[..at]))
}

fn without_users_of_urls(text: &str) -> Cow<'_, str> {
    strip(text, |c| c.is_whitespace() || c.is_control() || matches!(c, '"' | '`'))
}

/// Does the same for a text that is one URL, whatever characters stand in it.
pub(crate) fn without_user(url: &str) -> Cow<'_, str> {
    strip(url, |_| false)
}

fn strip(text: &str, ends: impl Fn(char) -> bool) -> Cow<'_, str> {
    let (mut shown, mut rest) = (String::new(), text);
    while let Some(start) = authority(rest) {
        let (before, url) = rest.split_at(start);
        let url = &url[..url.find(&ends).unwrap_or(url.len())];
        // A URL may hold another, as in `?next=https://`; the user part ends before that.
        let next = authority(url).map_or(url.len(), |next| scheme(url[..next].trim_end_matches(['/', ':'])));
        let own = &url[..next];
        shown.push_str(before);
        shown.push_str(&without_passwords(&own[user_part(own)..]));
        rest = &rest[before.len() + own.len()..];
    }
    if shown.is_empty() {
        return Cow::Borrowed(text);
    }
    shown.push_str(rest);
    if shown == text { Cow::Borrowed(text) } else { Cow::Owned(shown) }
}

/// Where the first URL of a text has its authority: behind `://`, or behind `:/`, which is left of a URL that was taken for a
/// path. `C:/` is no URL.
fn authority(text: &str) -> Option<usize> {
    let colons = text.match_indices(":/").map(|(colon, _)| colon);
    let slashes = |colon: usize| if text[colon + 1..].starts_with("//") { 2 } else { 1 };
    colons.filter(|colon| colon - scheme(&text[..*colon]) > 1).map(|colon| colon + 1 + slashes(colon)).next()
}

/// Where the scheme at the end of this text begins.
fn scheme(text: &str) -> usize {
    text.rfind(|c: char| !c.is_ascii_alphanumeric() && !"+-.".contains(c)).map_or(0, |before| before + 1)
}

/// The length of the user part of a URL, which stands behind its scheme. People forget to write `/`, `?`, `#` and `@` in a
/// password as `%2F` and so on: then it ends at the last `@`.
fn user_part(url: &str) -> usize {
    let last = |text: &str| text.rfind('@').map_or(0, |at| at + 1);
    let authority = &url[..url.find(['/', '?', '#']).unwrap_or(url.len())];
    let user = last(authority);
    if user > 0 {
        return last(&url[..url[user..].find('?').map_or(url.len(), |query| user + query)]);
    }
    // What should be a port is the beginning of a password.
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    let is_host = |host: &str| host.starts_with('[') || host.split_once(':').is_none_or(|(_, port)| is_port(port));
    if authority.split(',').all(is_host) { 0 } else { last(url) }
}

/// `?password=` and `&sslpassword=`, as PostgreSQL's clients read them.
fn without_passwords(url: &str) -> Cow<'_, str> {
    let Some((before, query)) = url.split_once('?').filter(|(_, query)| query.contains("password=")) else {
        return Cow::Borrowed(url);
    };
    let shown = query.split('&').map(|part| match part.split_once('=') {
        Some((name, _)) if name.ends_with("password") => format!("{name}=…"),
        _ => part.to_owned(),
    });
    Cow::Owned(format!("{before}?{}", shown.collect::<Vec<_>>().join("&")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_stays_without_the_name_and_the_password() {
        for (url, expected) in [
            ("https://m.corp/ca", "https://m.corp/ca"),
            ("https://bob:pw@m.corp/ca", "https://m.corp/ca"),
            ("https://bob@m.corp", "https://m.corp"),
            ("--mirror=http://bob:pw@m.corp", "--mirror=http://m.corp"),
            ("postgres://u:p@a:5432,b:5432/db?sslmode=require", "postgres://a:5432,b:5432/db?sslmode=require"),
            ("postgres://u:p/w@h/db", "postgres://h/db"),
            ("postgres://u:p#w@h/db", "postgres://h/db"),
            ("postgres://u:p?w@h/db", "postgres://h/db"),
            ("http://u:se@cr/et@proxy", "http://proxy"),
            ("postgres://a:5432,b:5432/db?user=u@s", "postgres://a:5432,b:5432/db?user=u@s"),
            ("postgres://h/db?user=u@server", "postgres://h/db?user=u@server"),
            ("postgres://u:p@h/db?user=u@server", "postgres://h/db?user=u@server"),
            ("postgres://h/db?password=pw&sslmode=require", "postgres://h/db?password=…&sslmode=require"),
            ("https://h:8443/a@b", "https://h:8443/a@b"),
            ("https://[::1]:8443/a@b", "https://[::1]:8443/a@b"),
            ("https://h/?next=https://u:p@other/", "https://h/?next=https://other/"),
            ("/home/me/postgres:/u:p@h/db", "/home/me/postgres:/h/db"),
            ("C:/me@corp/x", "C:/me@corp/x"),
            ("file:///srv/a@b", "file:///srv/a@b"),
            ("root@10.0.0.7", "root@10.0.0.7"),
            ("", ""),
        ] {
            assert_eq!(without_users(url), expected);
            assert_eq!(without_user(url), expected);
        }
    }

    #[test]
    fn every_url_of_a_text_is_told_apart() {
        let text = "`https://a:b@c/`: redirect to `http://d:e@f`: see \"postgres://g:h@i/j\" and k@l";
        assert_eq!(without_users(text), "`https://c/`: redirect to `http://f`: see \"postgres://i/j\" and k@l");
        assert_eq!(without_user("postgres://u:my pass@h/db"), "postgres://h/db");
    }
}
