//! Folders in which Java installations are.

use std::path::{Path, PathBuf};

use crate::bundle::wildcard;
use crate::system::file;
use crate::system::layout::Environment;

/// Folders that one distribution, version manager or program puts Java into.
#[derive(Debug)]
pub struct JvmFolder {
    /// Who does, in a word or two.
    pub name: &'static str,
    /// Their paths. `*` stands for any characters of one name. `~` is the home of the user, `$NAME` an environment
    /// variable, which for most has a default.
    pub patterns: &'static [&'static str],
}

/// Every folder that is searched, on every platform: what is not there costs a look.
///
/// The order matters where patterns overlap: the first that finds a Java tells where it is from.
pub static JVM_FOLDERS: &[JvmFolder] = &[
    // Version managers and build tools
    JvmFolder {
        name: "SDKMAN",
        patterns: &[
            "$SDKMAN_DIR/candidates/java/*",
            "/usr/local/sdkman/candidates/java/*", // dev containers
        ],
    },
    JvmFolder { name: "asdf", patterns: &["$ASDF_DATA_DIR/installs/java/*"] },
    JvmFolder { name: "mise", patterns: &["$MISE_DATA_DIR/installs/java/*"] },
    JvmFolder { name: "jenv", patterns: &["$JENV_ROOT/versions/*"] },
    JvmFolder { name: "jabba", patterns: &["$JABBA_HOME/jdk/*"] },
    JvmFolder { name: "JBang", patterns: &["~/.jbang/cache/jdks/*"] },
    JvmFolder { name: "Gradle", patterns: &["$GRADLE_USER_HOME/jdks/*", "$GRADLE_USER_HOME/jdks/*/*"] },
    JvmFolder {
        name: "Coursier",
        patterns: &[
            "~/.cache/coursier/jvm/*",
            "~/.cache/coursier/arc/https/github.com/*/*/releases/download/*/*/*",
            "~/Library/Caches/Coursier/jvm/*",
            "~/Library/Caches/Coursier/arc/https/github.com/*/*/releases/download/*/*/*",
            "$LOCALAPPDATA/Coursier/cache/jvm/*",
            "$LOCALAPPDATA/Coursier/cache/arc/https/github.com/*/*/releases/download/*/*/*",
        ],
    },
    JvmFolder {
        name: "Homebrew",
        patterns: &[
            "/opt/homebrew/opt/openjdk*/libexec/openjdk.jdk",
            "/usr/local/opt/openjdk*/libexec/openjdk.jdk",
            "/home/linuxbrew/.linuxbrew/opt/openjdk*/libexec",
        ],
    },
    JvmFolder { name: "Scoop", patterns: &["~/scoop/apps/*/current"] },
    JvmFolder {
        name: "Nix",
        patterns: &["/run/current-system/sw/lib/openjdk", "~/.nix-profile/lib/openjdk", "/nix/store/*jdk*/lib/openjdk"],
    },
    JvmFolder { name: "GitHub Actions", patterns: &["/opt/hostedtoolcache/Java_*/*/*"] },
    // Programs that bring their own
    JvmFolder {
        name: "IntelliJ",
        patterns: &["~/.jdks/*"], // what its IDEs download to build with
    },
    JvmFolder {
        name: "JetBrains Toolbox",
        patterns: &[
            "$XDG_DATA_HOME/JetBrains/Toolbox/apps/*/jbr",
            "$XDG_DATA_HOME/JetBrains/Toolbox/apps/*/*/*/jbr",
            "~/Library/Application Support/JetBrains/Toolbox/apps/*/*/*/*.app/Contents/jbr",
            "$LOCALAPPDATA/JetBrains/Toolbox/apps/*/*/*/jbr",
        ],
    },
    JvmFolder {
        name: "an IDE's own",
        patterns: &[
            "/opt/*/jbr",
            "/opt/*/*/jbr",
            "/usr/local/*/jbr",
            "/usr/share/*/jbr",
            "/snap/*/current/jbr",
            "/Applications/*.app/Contents/jbr",
            "~/Applications/*.app/Contents/jbr",
            "$ProgramFiles/JetBrains/*/jbr",
            "$ProgramFiles/Android/*/jbr",
            "$LOCALAPPDATA/Programs/*/jbr",
        ],
    },
    JvmFolder {
        name: "Eclipse",
        patterns: &[
            "~/.p2/pool/plugins/org.eclipse.justj.*/jre",
            "~/eclipse/*/eclipse/plugins/org.eclipse.justj.*/jre",
            "~/eclipse/plugins/org.eclipse.justj.*/jre",
            "/opt/*/plugins/org.eclipse.justj.*/jre",
            "/Applications/*.app/Contents/Eclipse/plugins/org.eclipse.justj.*/jre",
            "$ProgramFiles/*/plugins/org.eclipse.justj.*/jre",
        ],
    },
    JvmFolder { name: "VS Code", patterns: &["~/.vscode/extensions/redhat.java-*/jre/*"] },
    JvmFolder {
        name: "DBeaver",
        patterns: &[
            "/usr/share/dbeaver*/jre",
            "/opt/dbeaver*/jre",
            "/snap/*/current/usr/share/dbeaver*/jre",
            "/Applications/DBeaver*.app/Contents/Eclipse/jre",
            "$ProgramFiles/DBeaver*/jre",
            "$LOCALAPPDATA/DBeaver*/jre",
        ],
    },
    JvmFolder {
        name: "a program's own",
        patterns: &[
            "/usr/share/*/jdk", // Logstash, Elasticsearch
            "/usr/share/*/jre",
            "/snap/*/current/jdk",
            "/snap/*/current/jre",
            "/Applications/*.app/Contents/Eclipse/jre",
            "$ProgramFiles/*/jre",
        ],
    },
    // Packages of systems and vendors
    JvmFolder { name: "/usr/lib/jvm", patterns: &["/usr/lib/jvm/*", "/usr/lib64/jvm/*", "/usr/lib32/jvm/*"] },
    JvmFolder { name: "/usr/java", patterns: &["/usr/java/*"] },
    JvmFolder {
        name: "/usr/local",
        patterns: &["/usr/local/*jdk*", "/usr/local/*jre*", "/usr/local/java/*", "/usr/local/lib/jvm/*"],
    },
    JvmFolder { name: "/opt", patterns: &["/opt/*", "/opt/*/*"] },
    JvmFolder {
        name: "macOS",
        patterns: &[
            "/Library/Java/JavaVirtualMachines/*",
            "~/Library/Java/JavaVirtualMachines/*",
            "/Library/Internet Plug-Ins/JavaAppletPlugin.plugin", // Oracle's JRE 8
        ],
    },
    JvmFolder {
        name: "Program Files",
        patterns: &[
            "$ProgramFiles/Java/*",
            "$ProgramFiles/Eclipse Adoptium/*",
            "$ProgramFiles/Eclipse Foundation/*",
            "$ProgramFiles/AdoptOpenJDK/*",
            "$ProgramFiles/Microsoft/jdk*",
            "$ProgramFiles/Amazon Corretto/*",
            "$ProgramFiles/Zulu/*",
            "$ProgramFiles/BellSoft/*",
            "$ProgramFiles/Semeru/*",
            "$ProgramFiles/SapMachine/JDK/*",
            "$ProgramFiles/RedHat/*",
            "$LOCALAPPDATA/Programs/Eclipse Adoptium/*",
            "$LOCALAPPDATA/Programs/Microsoft/jdk*",
        ],
    },
];

/// Lists the folders that the patterns of an entry lead to. `root` is the folder that is `/` to the machine's own paths.
pub(super) fn folders(of: &JvmFolder, environment: &Environment, root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for pattern in of.patterns {
        let (first, rest) = pattern.split_once('/').unwrap_or((pattern, ""));
        if first.is_empty() {
            found.extend(expand(root.to_owned(), rest));
        } else {
            found.extend(variable(first, environment).into_iter().flat_map(|base| expand(base, rest)));
        }
    }
    found
}

fn variable(name: &str, environment: &Environment) -> Vec<PathBuf> {
    let or_in_home = |variable: &Option<PathBuf>, default: &str| {
        let default = || environment.home.as_ref().map(|home| home.join(default));
        variable.clone().filter(|path| path.is_absolute()).or_else(default)
    };
    let data = || or_in_home(&environment.xdg_data_home, ".local/share");
    let folder = match name {
        "~" => environment.home.clone(),
        "$ASDF_DATA_DIR" => or_in_home(&environment.asdf_data_dir, ".asdf"),
        "$GRADLE_USER_HOME" => or_in_home(&environment.gradle_user_home, ".gradle"),
        "$JABBA_HOME" => or_in_home(&environment.jabba_home, ".jabba"),
        "$JENV_ROOT" => or_in_home(&environment.jenv_root, ".jenv"),
        "$LOCALAPPDATA" => environment.local_appdata.clone(),
        "$MISE_DATA_DIR" => environment.mise_data_dir.clone().or_else(|| Some(data()?.join("mise"))),
        "$ProgramFiles" => return environment.program_files.clone(),
        "$SDKMAN_DIR" => or_in_home(&environment.sdkman_dir, ".sdkman"),
        "$XDG_DATA_HOME" => data(),
        _ => None,
    };
    folder.into_iter().collect()
}

fn expand(base: PathBuf, pattern: &str) -> Vec<PathBuf> {
    pattern.split('/').fold(vec![base], |folders, part| {
        if part.contains('*') {
            folders.iter().flat_map(|folder| matching(folder, part)).collect()
        } else {
            folders.into_iter().map(|folder| folder.join(part)).collect()
        }
    })
}

/// Lists what matches in a folder; nothing for one that cannot be read.
fn matching(folder: &Path, pattern: &str) -> Vec<PathBuf> {
    let mut paths = file::entries(folder).unwrap_or_default();
    paths.retain(|path| path.file_name().and_then(|name| name.to_str()).is_some_and(|name| wildcard(pattern, name)));
    paths
}
