//! What the operating system says of disk and memory.

use std::path::{Path, PathBuf};

/// Room on the disk of `path` for this user, in bytes; none if the system doesn't say.
pub fn disk_free_bytes(path: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(path).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

/// Memory that this process holds (resident set), in bytes; none where `/proc` isn't there.
pub fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1024)
}

/// The kind of file system that `path` lies on, such as `ext4`; none where `/proc` isn't there.
pub fn file_system(path: &Path) -> Option<String> {
    file_system_of(&path.canonicalize().ok()?, &std::fs::read_to_string("/proc/self/mounts").ok()?)
}

/// The kind of the mount that covers `path`; of two at one place the later one lies on top.
fn file_system_of(path: &Path, mounts: &str) -> Option<String> {
    let mut best: Option<(usize, String)> = None;
    for line in mounts.lines() {
        let mut fields = line.split(' ').skip(1);
        let (Some(at), Some(kind)) = (fields.next(), fields.next()) else { continue };
        // The kernel writes these four in octal.
        let at =
            at.replace("\\040", " ").replace("\\011", "\t").replace("\\012", "\n").replace("\\134", "\\");
        let at = PathBuf::from(at);
        let depth = at.components().count();
        if path.starts_with(&at) && best.as_ref().is_none_or(|(found, _)| depth >= *found) {
            best = Some((depth, kind.to_owned()));
        }
    }
    best.map(|(_, kind)| kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deepest_mount_that_covers_a_path_is_its_file_system() {
        let mounts = "/dev/vda / ext4 rw 0 0\ntmpfs /tmp tmpfs rw 0 0\n/dev/b /srv/my\\040data xfs rw 0 0\n\
                      tmpfs /over tmpfs rw 0 0\n/dev/c /over btrfs rw 0 0\nbroken\n";
        for (path, kind) in [
            ("/var/lib", "ext4"),
            ("/tmp/a", "tmpfs"),
            ("/tmpfile", "ext4"),
            ("/srv/my data/x", "xfs"),
            ("/over/a", "btrfs"),
        ] {
            assert_eq!(file_system_of(Path::new(path), mounts).as_deref(), Some(kind), "{path}");
        }
        assert_eq!(file_system_of(Path::new("/x"), ""), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_machine_says_what_there_is() {
        assert!(disk_free_bytes(Path::new("/")).is_some());
        assert_eq!(disk_free_bytes(Path::new("/nonexistent/folder")), None);
        assert!(resident_bytes().is_some_and(|bytes| bytes > 100_000));
        assert!(file_system(Path::new("/proc")).is_some_and(|kind| kind == "proc"));
    }
}
