//! Real file systems with no room, with no inodes and without writing.

use std::io::{self, Write as _};
use std::process::Command;

use super::faults::judge_message;
use super::material::Material;
use super::scene::{Scene, jobs};
use super::{Tally, on_all_processors};
use crate::support::pgtrust::Run;
use crate::support::tools;

#[test]
#[ignore = "takes minutes; `scripts/torture` runs it"]
fn a_file_system_that_is_full_or_read_only_leaves_the_store_whole_and_is_told() {
    let (true, Some(material)) = (may_mount(), Material::new()) else { return };
    let tally = on_all_processors(&jobs().collect::<Vec<_>>(), |(kind, action)| {
        let scene = Scene::new(&material, kind, action);
        let mut tally = Tally::default();
        for folder in [".", STATE] {
            for (limit, cause) in LIMITS {
                // One more page or inode each time, until there is enough.
                for left in 0.. {
                    scene.set_again();
                    let mut run = scene.home.command("unshare");
                    run.args(["--mount", "sh", "-c", SCRIPT, "sh", folder, limit, &left.to_string()]);
                    run.arg(env!("CARGO_BIN_EXE_pgtrust")).args(scene.arguments());
                    let run = Run::of(&mut run);
                    tally.runs += 1;
                    let which = format!("{}: {limit} {left} in `{folder}`", scene.name());
                    let done = run.status == 0;
                    tally.failed += usize::from(!done);
                    let wrong = judge(&scene, cause, &run);
                    tally.findings.extend(wrong.into_iter().map(|wrong| format!("{which}: {wrong}")));
                    if done || *limit == "ro" {
                        break;
                    }
                    assert!(left < 200, "{which}: {run}");
                }
            }
        }
        tally
    });
    tally.conclude("runs on file systems that are full or read-only");
}

fn judge(scene: &Scene<'_>, cause: &str, run: &Run) -> Vec<String> {
    let mut wrong: Vec<String> = scene.torn().into_iter().chain(scene.bad_journal()).collect();
    if run.status == 0 && !scene.is_end() {
        wrong.push(format!("is not done, and status 0 says so: {run}"));
    }
    if run.status != 0 {
        wrong.extend(judge_message(cause, run));
    }
    wrong.extend(scene.leftovers().iter().map(|path| format!("`{}` is left", path.display())));
    wrong.extend(scene.complete());
    wrong
}

/// Whether this is root, who may have mounts of its own.
fn may_mount() -> bool {
    let tried = Command::new("unshare").args(["--mount", "sh", "-c", "mount -t tmpfs none /mnt"]).status();
    let may = tools::program("unshare").is_some() && tried.is_ok_and(|status| status.success());
    if !may {
        io::stderr().write_all(b"skipped: this machine does not let a test mount file systems\n").unwrap();
    }
    may
}

const STATE: &str = ".local/state/pgtrust";

/// What is limited, and what the system says when it is not enough.
static LIMITS: &[(&str, &str)] =
    &[("size", "no space left"), ("nr_inodes", "no space left"), ("ro", "read-only file system")];

/// Puts a folder on a file system of its own with so much left, runs the rest of the arguments, and puts what then
/// stands there back where it was.
const SCRIPT: &str = r#"
set -e
folder=$HOME/$1 limit=$2 left=$3
shift 3
mkdir -p "$folder"
aside=$(mktemp -d)
mount -t tmpfs -o mode=0755 none "$aside"
cp -a "$folder" "$aside/copy"
mount -t tmpfs -o mode=0755 none "$folder"
cp -a "$aside/copy/." "$folder/"
case $limit in
    # One page at least: 0 would mean no limit.
    size) mount -o remount,size=$((($(stat -f -c '%b - %f' "$folder") + left) * $(stat -f -c %S "$folder") + 1)) "$folder" ;;
    nr_inodes) mount -o remount,nr_inodes=$(($(stat -f -c '%c - %d' "$folder") + left)) "$folder" ;;
    ro) mount -o remount,ro "$folder" ;;
esac
status=0
(cd "$HOME" && "$@") || status=$?
cp -a "$folder" "$aside/after"
umount "$folder"
find "$folder" -mindepth 1 -delete
cp -a "$aside/after/." "$folder/"
umount "$aside"
rmdir "$aside"
exit "$status"
"#;
