//! Users and groups, as far as the files of this machine name them.

use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::path::PathBuf;

use crate::system::limits;

/// A user, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct User(u32);

impl User {
    #[cfg(unix)]
    pub(super) fn of(number: u32) -> Self {
        Self(number)
    }

    /// Returns the name as commands such as `sudo -u` take it.
    pub fn name(self) -> String {
        lines(PASSWD)
            .into_iter()
            .find(|line| number(line, 2) == Some(self.0))
            .map_or_else(|| format!("'#{}'", self.0), |mut line| line.swap_remove(0))
    }

    /// Returns the one of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let lines = lines(PASSWD);
        lines.iter().find(|line| line[0] == name).and_then(|line| number(line, 2)).map(Self)
    }

    /// Returns the home of the account.
    pub(crate) fn home(self) -> Option<PathBuf> {
        let lines = lines(PASSWD);
        let home = lines.iter().find(|line| number(line, 2) == Some(self.0)).and_then(|line| line.get(5));
        home.filter(|home| !home.is_empty()).map(PathBuf::from)
    }

    /// Returns the one who runs this.
    #[cfg(unix)]
    pub fn this() -> Self {
        Self(rustix::process::geteuid().as_raw())
    }

    /// Returns the one who runs this.
    #[cfg(not(unix))]
    pub fn this() -> Self {
        Self(0)
    }

    #[cfg(unix)]
    pub(super) fn is_root(self) -> bool {
        self.0 == 0
    }

    /// Tells whether it is who runs this, or root. So is one whom a container does not map: its files are the host's.
    pub(crate) fn is_trusted(self) -> bool {
        self.0 == 0 || self == Self::this() || !is_mapped(self.0)
    }
}

/// Tells whether the number of a user means one here: user_namespaces(7).
fn is_mapped(user: u32) -> bool {
    let Ok(map) = std::fs::read_to_string("/proc/self/uid_map") else { return true };
    let numbers = |line: &str| line.split_whitespace().map(str::parse).collect::<Result<Vec<u64>, _>>();
    map.lines().filter_map(|line| numbers(line).ok()).any(|line| match line[..] {
        [first, _, count] => (first..first + count).contains(&u64::from(user)),
        _ => false,
    })
}

/// The name, or the number of one that a directory service knows.
impl fmt::Display for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match lines(PASSWD).iter().find(|line| number(line, 2) == Some(self.0)) {
            Some(line) => write!(f, "`{}`", line[0]),
            None => write!(f, "user {}", self.0),
        }
    }
}

/// Returns the name of a group, or its number.
pub(super) fn group_name(group: u32) -> String {
    match lines(GROUP).iter().find(|line| number(line, 2) == Some(group)) {
        Some(line) => format!("the group `{}`", line[0]),
        None => format!("the group {group}"),
    }
}

/// Tells whether a group has no members but this user, and those who can do everything anyway.
#[cfg(unix)]
pub(super) fn is_private(group: u32, user: User) -> bool {
    // Of macOS, 80 is `admin`, who may use sudo. All that Homebrew makes is theirs.
    if group == 0 || cfg!(target_os = "macos") && group == 80 {
        return true;
    }
    let (users, groups) = (lines(PASSWD), lines(GROUP));
    let Some(found) = groups.iter().find(|line| number(line, 2) == Some(group)) else {
        // Of a directory service, or of a container that names nobody.
        return group == user.0;
    };
    let name = users.iter().find(|line| number(line, 2) == Some(user.0)).map(|line| line[0].as_str());
    let members = found.get(3).map(String::as_str).unwrap_or_default();
    let is_alone = members.split(',').filter(|member| !member.is_empty()).all(|member| Some(member) == name);
    is_alone && users.iter().all(|line| number(line, 3) != Some(group) || number(line, 2) == Some(user.0))
}

/// An account as a client that runs as it sees it.
#[cfg(unix)]
pub(super) struct Account {
    pub(super) number: u32,
    /// All its groups.
    pub(super) groups: Vec<u32>,
    pub(super) home: String,
}

/// Finds an account by its name, or its number. None for one that only a directory service knows.
#[cfg(unix)]
pub(super) fn account(user: &str) -> Option<Account> {
    let users = lines(PASSWD);
    let named = users.iter().find(|line| line[0] == user);
    let line = named.or_else(|| users.iter().find(|line| line.get(2).is_some_and(|number| number == user)))?;
    let is_member = |group: &[String]| group.get(3).is_some_and(|all| all.split(',').any(|member| member == line[0]));
    let more = lines(GROUP).into_iter().filter(|group| is_member(group)).filter_map(|group| number(&group, 2));
    let groups = number(line, 3).into_iter().chain(more).collect();
    Some(Account { number: number(line, 2)?, groups, home: line.get(5).cloned().unwrap_or_default() })
}

/// The fields of each line of passwd(5) or group(5).
fn lines(file: &str) -> Vec<Vec<String>> {
    let mut text = Vec::new();
    let _ = File::open(file).and_then(|file| file.take(limits::WHOLE).read_to_end(&mut text));
    let text = String::from_utf8_lossy(&text);
    text.lines().map(|line| line.split(':').map(str::to_owned).collect()).collect()
}

fn number(line: &[String], field: usize) -> Option<u32> {
    line.get(field)?.parse().ok()
}

const PASSWD: &str = "/etc/passwd";
const GROUP: &str = "/etc/group";
