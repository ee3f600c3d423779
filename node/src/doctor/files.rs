//! The data folder, its disk, and the files of keys.

use super::{Finding, owner_token};
use crate::config::Config;
use crate::system;
use crate::token::OWNER_TOKEN_FILE;
use crate::vault::{VAULT_KEY_FILE, Vault};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

/// Below this a node may stop writing within hours, in bytes.
const LOW_DISK_BYTES: u64 = 1024 * 1024 * 1024;
/// Below this it may stop at any moment, in bytes.
const NO_DISK_BYTES: u64 = 100 * 1024 * 1024;
/// File systems that forget at a restart.
const IN_MEMORY: &[&str] = &["tmpfs", "ramfs"];
/// File systems on which locks and syncs are not to be relied on.
const OVER_NETWORK: &[&str] = &["nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs", "ceph", "glusterfs"];

/// The data folder: whether it is there, whose it is, and how much room it has.
pub(super) fn data(folder: &Path) -> Vec<Finding> {
    let Ok(metadata) = std::fs::metadata(folder) else {
        return vec![absent(folder)];
    };
    let shown = folder.display();
    if !metadata.is_dir() {
        let hint = "Set `data` to a folder, or move the file away.";
        return vec![Finding::problem("data", format!("{shown} is not a folder."), hint)];
    }
    let mut findings = Vec::new();
    let mode = metadata.permissions().mode() & 0o777;
    let user = rustix::process::geteuid().as_raw();
    if rustix::fs::access(folder, rustix::fs::Access::WRITE_OK).is_err() {
        let hint =
            format!("Run as the user {}, or give the folder to the node's user (chown -R).", metadata.uid());
        findings.push(Finding::problem(
            "data",
            format!("{shown} can't be written by the user {user}."),
            hint,
        ));
    } else if metadata.uid() != user {
        let message = format!("{shown} belongs to the user {}, and you are {user}.", metadata.uid());
        let hint = "Run doctor as the user who runs the node: what you may do says little about it.";
        findings.push(Finding::warning("data", message, hint));
    } else if mode & 0o077 != 0 {
        let hint = format!("Run `chmod 700 {shown}`.");
        findings.push(Finding::warning(
            "data",
            format!("{shown} can be entered by others (mode {mode:04o})."),
            hint,
        ));
    } else {
        findings.push(Finding::ok("data", format!("{shown} is there, for its owner only.")));
    }
    findings.push(file_system(folder));
    findings.extend(room(system::disk_free_bytes(folder)));
    findings
}

fn absent(folder: &Path) -> Finding {
    let mut ancestors = folder.ancestors().skip(1).map(|parent| match parent.as_os_str().is_empty() {
        true => Path::new("."),
        false => parent,
    });
    let writable = ancestors.find(|parent| parent.exists()).is_some_and(|parent| {
        parent.is_dir() && rustix::fs::access(parent, rustix::fs::Access::WRITE_OK).is_ok()
    });
    let shown = folder.display();
    if writable {
        return Finding::ok("data", format!("{shown} isn't there yet; the first start makes it."));
    }
    let hint = "Make the folder and give it to the node's user, or set `data` to another one.";
    Finding::problem("data", format!("{shown} isn't there, and you may not make it."), hint)
}

fn file_system(folder: &Path) -> Finding {
    let Some(kind) = system::file_system(folder) else {
        return Finding::ok("disk", "This system doesn't say what kind of file system the data lies on.");
    };
    let message = format!("The data lies on {kind}.");
    if IN_MEMORY.contains(&kind.as_str()) {
        let hint = "It is lost at the next restart. Set `data` to a folder on a disk.";
        return Finding::problem("disk", message, hint);
    }
    if OVER_NETWORK.contains(&kind.as_str()) {
        let hint = "Locks and syncs are not to be relied on there. Set `data` to a folder on a local disk.";
        return Finding::warning("disk", message, hint);
    }
    if kind == "overlay" {
        let hint = "It goes with the container. Mount a volume at the data folder.";
        return Finding::warning("disk", message, hint);
    }
    Finding::ok("disk", message)
}

fn room(free_bytes: Option<u64>) -> Option<Finding> {
    let free = free_bytes?;
    let message = format!("{} MiB are free on the disk of the data.", free / (1024 * 1024));
    let hint = "Make room: a node whose disk is full issues and revokes nothing.";
    Some(if free < NO_DISK_BYTES {
        Finding::problem("disk", message, hint)
    } else if free < LOW_DISK_BYTES {
        Finding::warning("disk", message, hint)
    } else {
        Finding::ok("disk", message)
    })
}

/// The files with secrets: there, of the right form, and closed to others.
pub(super) fn keys(config: &Config) -> Vec<Finding> {
    let mut findings = vec![vault_key(config)];
    findings.extend(owner_token(config));
    let token = config.data.join(OWNER_TOKEN_FILE);
    for path in [Some(&token), config.tls_key.as_ref()].into_iter().flatten() {
        let Ok(metadata) = std::fs::metadata(path) else { continue };
        let mode = metadata.permissions().mode() & 0o777;
        if mode & 0o007 != 0 {
            let message = format!("{} can be read by everybody (mode {mode:04o}).", path.display());
            let hint = format!("Run `chmod 600 {}`, and replace what was to be read there.", path.display());
            findings.push(Finding::problem("keys", message, hint));
        }
    }
    findings
}

fn vault_key(config: &Config) -> Finding {
    let own = config.data.join(VAULT_KEY_FILE);
    let path = config.key_file.as_ref().unwrap_or(&own);
    let has_ledger = config.data.join("ledger.db").exists();
    if !path.exists() && config.key_file.is_none() && !has_ledger {
        return Finding::ok("keys", "There is no vault key yet; the first start makes it.");
    }
    match Vault::open_key_file(path) {
        Ok(_) => Finding::ok("keys", format!("{} is a key, for its owner only.", path.display())),
        Err(error) => {
            let hint = "Without the right key the ledger's secrets can't be opened: put it back from where you keep it.";
            Finding::problem("keys", format!("{error}."), hint)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Level;
    use super::*;
    use std::fs::{self, Permissions};

    fn levels(findings: &[Finding]) -> Vec<(&'static str, Level)> {
        findings.iter().map(|finding| (finding.what, finding.level)).collect()
    }

    #[test]
    fn a_folder_that_others_may_enter_is_a_warning_and_a_file_a_problem() {
        let outer = tempfile::tempdir().expect("folder");
        let folder = outer.path().join("data");
        assert_eq!(levels(&data(&folder)), [("data", Level::Ok)], "made at the first start");
        fs::create_dir(&folder).expect("made");
        fs::set_permissions(&folder, Permissions::from_mode(0o755)).expect("mode");
        assert_eq!(data(&folder)[0].level, Level::Warning);
        fs::set_permissions(&folder, Permissions::from_mode(0o700)).expect("mode");
        assert_eq!(data(&folder)[0].level, Level::Ok);
        let file = outer.path().join("file");
        fs::write(&file, b"").expect("written");
        assert_eq!(levels(&data(&file)), [("data", Level::Problem)]);
        assert_eq!(levels(&data(&file.join("data"))), [("data", Level::Problem)]);
    }

    #[test]
    fn memory_is_no_place_for_data() {
        let memory = file_system(Path::new("/proc/self"));
        assert_eq!(memory.level, Level::Ok, "{memory:?}");
        if Path::new("/dev/shm").is_dir()
            && system::file_system(Path::new("/dev/shm")).as_deref() == Some("tmpfs")
        {
            assert_eq!(file_system(Path::new("/dev/shm")).level, Level::Problem);
        }
    }

    #[test]
    fn little_room_warns_before_it_is_a_problem() {
        let level = |bytes| room(Some(bytes)).map(|finding| finding.level);
        assert_eq!(level(50 << 20), Some(Level::Problem));
        assert_eq!(level(500 << 20), Some(Level::Warning));
        assert_eq!(level(50 << 30), Some(Level::Ok));
        assert_eq!(room(None), None);
    }

    #[test]
    fn a_key_that_others_read_or_that_is_none_is_a_problem() {
        let folder = tempfile::tempdir().expect("folder");
        let config = Config { data: folder.path().to_owned(), ..Config::default() };
        assert_eq!(levels(&keys(&config)), [("keys", Level::Ok)], "made at the first start");
        fs::write(folder.path().join("ledger.db"), b"").expect("written");
        assert_eq!(levels(&keys(&config)), [("keys", Level::Problem)], "a ledger without its key");
        let key = folder.path().join(VAULT_KEY_FILE);
        for (bytes, mode, level) in
            [(32, 0o600, Level::Ok), (32, 0o640, Level::Problem), (31, 0o600, Level::Problem)]
        {
            fs::write(&key, vec![7; bytes]).expect("written");
            fs::set_permissions(&key, Permissions::from_mode(mode)).expect("mode");
            assert_eq!(levels(&keys(&config)), [("keys", level)], "{bytes} bytes, mode {mode:o}");
        }
        fs::write(&key, [7; 32]).expect("written");
        let token = folder.path().join(OWNER_TOKEN_FILE);
        fs::write(&token, b"x").expect("written");
        fs::set_permissions(&token, Permissions::from_mode(0o644)).expect("mode");
        let found = levels(&keys(&config));
        assert_eq!(found, [("keys", Level::Ok), ("token", Level::Warning), ("keys", Level::Problem)]);
    }
}
