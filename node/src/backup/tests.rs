//! What a backup promises, and what is refused.

use super::*;
use crate::ledger::{
    Append, Ledger, LedgerError, LevelingReason, NewCredential, NewIdentity, NewList, OwnRecord, Purpose,
};
use crate::token::{ApiToken, Scopes};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use tempfile::TempDir;

/// A data folder with a little in it, as a node leaves it.
struct Bed {
    outer: TempDir,
    config: Config,
    file: PathBuf,
    token: ApiToken,
}

impl Bed {
    async fn new() -> Self {
        let outer = tempfile::tempdir().expect("folder");
        let config = Config { data: outer.path().join("data"), ..Config::default() };
        let ledger = Ledger::open(&config.data).await.expect("made");
        let vault = Vault::open(&config.data).expect("made");
        let identity = NewIdentity {
            did: "did:key:zExample".to_owned(),
            signing_key: vault.seal("signing-key", &[1; 32]).expect("sealed"),
            network_key: vault.seal("network-key", &[2; 32]).expect("sealed"),
        };
        let token = ApiToken::generate().expect("random");
        ledger
            .create_identity(identity, Some(crate::start::owner_token(&token)), now())
            .await
            .expect("fixed");
        let list = NewList {
            url_prefix: "https://a.example/status/".to_owned(),
            purpose: Purpose::Revocation,
            entries: 131_072,
            seed: vault.seal("list-seed", &[3; 32]).expect("sealed"),
        };
        ledger.create_list(list, 0, now()).await.expect("a list");
        let record = OwnRecord { epoch: 0, seq: 0, id: [9; 32], bytes: vec![7; 100], blob: None };
        let append = Append { records: vec![record], lists_announced: vec![1], ..Append::default() };
        ledger.append_records(append, now()).await.expect("stored");
        for index in 0..20 {
            ledger.put_credential(credential(index)).await.expect("stored");
        }
        ledger.close().await;
        let file = outer.path().join("node.backup");
        Self { outer, config, file, token }
    }

    async fn make(&self) -> Manifest {
        make(&self.config, &self.file, &passphrase(), now()).await.expect("made")
    }

    fn elsewhere(&self) -> Config {
        Config {
            data: self.outer.path().join("elsewhere/data"),
            owner_token_to_file: true,
            ..Config::default()
        }
    }
}

fn credential(index: u64) -> NewCredential {
    NewCredential {
        id: format!("urn:{index}"),
        json: vec![b'{'; 2000],
        achievement: None,
        recipient: None,
        status: Some((1, index)),
        issued_at: now(),
    }
}

fn now() -> Timestamp {
    Timestamp::from_millis(1_780_000_000_000)
}

fn text(text: &str) -> Passphrase {
    Passphrase::new(Zeroizing::new(text.to_owned())).expect("short")
}

fn passphrase() -> Passphrase {
    text("correct horse battery")
}

fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .expect("folder")
        .map(|entry| entry.expect("entry").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn what_was_acknowledged_comes_back_elsewhere() {
    let bed = Bed::new().await;
    let made = bed.make().await;
    assert_eq!((made.did.as_str(), made.credentials), ("did:key:zExample", 20));
    assert_eq!(made.head.as_deref(), Some(format!("0.0 {}", "09".repeat(32)).as_str()));
    assert_eq!(check(&bed.file, &passphrase()).await.expect("good"), made);
    assert_eq!(files(bed.outer.path()), ["data", "node.backup"], "nothing is left beside it");

    let elsewhere = bed.elsewhere();
    let read = restore(&bed.file, &elsewhere, &passphrase(), false, now()).await.expect("restored");
    assert_eq!(read, made);
    assert_eq!(files(&elsewhere.data), ["ledger.db", "owner-token", "vault.key"]);
    let ledger = Ledger::open(&elsewhere.data).await.expect("opens");
    ledger.check().await.expect("sound");
    assert_eq!(ledger.credential_count().await, Ok(20));
    assert!(
        ledger.token(bed.token.hash()).await.expect("read").is_none(),
        "it may have been withdrawn since"
    );
    let fresh = fs::read_to_string(elsewhere.data.join("owner-token")).expect("given out");
    let fresh = ApiToken::parse(fresh.trim()).expect("a token");
    let known = ledger.tokens().await.expect("read");
    assert_eq!(known.len(), 1);
    assert_eq!(
        ledger.token(fresh.hash()).await.expect("read").map(|token| (token.number, token.scopes)),
        Some((known[0].number, Scopes::owner()))
    );
    let leveling = ledger.leveling().await.expect("read").expect("it was restored");
    assert_eq!((leveling.reason, leveling.level_at), (LevelingReason::Restored, None));
    assert_eq!(leveling.made_at, Some(now()));
    let list = &ledger.lists().await.expect("lists")[0];
    assert!(list.closed);
    assert_eq!(
        ledger.reserve_status_index(1).await,
        Err(LedgerError::ListFull { list: 1, entries: 131_072 }),
        "no index comes from a list of before"
    );
    let vault = Vault::open(&elsewhere.data).expect("the key");
    let identity = ledger.identity().await.expect("read").expect("there");
    assert_eq!(vault.unseal("signing-key", &identity.signing_key).expect("opens").as_slice(), [1; 32]);
    ledger.close().await;
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_else_reads_the_files_and_no_key_stands_in_them() {
    use std::os::unix::fs::PermissionsExt as _;
    let bed = Bed::new().await;
    bed.make().await;
    let elsewhere = bed.elsewhere();
    restore(&bed.file, &elsewhere, &passphrase(), false, now()).await.expect("restored");
    let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
    assert_eq!(mode(&bed.file), 0o600);
    assert_eq!(mode(&elsewhere.data), 0o700);
    for file in ["ledger.db", "vault.key"] {
        assert_eq!(mode(&elsewhere.data.join(file)), 0o600, "{file}");
    }
    let key = fs::read(bed.config.data.join(VAULT_KEY_FILE)).expect("key");
    let bytes = fs::read(&bed.file).expect("backup");
    for secret in [&key[..], &[1; 32], &[2; 32], &[3; 32], b"correct horse"] {
        assert!(!bytes.windows(secret.len()).any(|window| window == secret));
    }
}

#[tokio::test]
async fn every_changed_byte_is_noticed() {
    let bed = Bed::new().await;
    bed.make().await;
    let size = fs::metadata(&bed.file).expect("there").len();
    let mut file = OpenOptions::new().read(true).write(true).open(&bed.file).expect("opens");
    // All of manifest and footer; of the ledger a byte of each stretch.
    let end = size - 1200;
    for place in (0..end).step_by(211).chain(end..size) {
        let mut byte = [0];
        file.seek(SeekFrom::Start(place)).expect("seeks");
        file.read_exact(&mut byte).expect("reads");
        let mut put = |byte: u8| {
            file.seek(SeekFrom::Start(place)).expect("seeks");
            file.write_all(&[byte]).expect("writes");
        };
        put(byte[0] ^ 1);
        let error =
            format::read(&bed.file).err().unwrap_or_else(|| panic!("byte {place} of {size} was changed"));
        assert!(
            matches!(
                error,
                BackupError::Damaged { .. }
                    | BackupError::NotABackup { .. }
                    | BackupError::NewerFormat { .. }
            ),
            "{error}"
        );
        put(byte[0]);
    }
    format::read(&bed.file).expect("good again");
    let whole = fs::read(&bed.file).expect("bytes");
    for cut in [0, 1, 55, 56, 4096, whole.len() / 2, whole.len() - 57, whole.len() - 1] {
        fs::write(&bed.file, &whole[..cut]).expect("cut");
        assert!(format::read(&bed.file).is_err(), "cut at {cut}");
        fs::write(&bed.file, &whole[whole.len() - cut..]).expect("cut");
        assert!(format::read(&bed.file).is_err(), "only the last {cut}");
    }
    fs::write(&bed.file, [&whole[..], b"\n"].concat()).expect("longer");
    assert!(format::read(&bed.file).is_err());
}

#[tokio::test]
async fn whoever_has_not_the_passphrase_can_neither_open_nor_change_it() {
    let bed = Bed::new().await;
    let made = bed.make().await;
    assert_eq!(check(&bed.file, &text("another passphrase")).await, Err(BackupError::WrongPassphrase));

    // Changed on purpose, with every digest made anew.
    let (mut file, mut manifest) = format::read(&bed.file).expect("read");
    let mut ledger = vec![0; usize::try_from(made.ledger_bytes).expect("small")];
    file.read_exact(&mut ledger).expect("ledger");
    let at = ledger.windows(16).position(|bytes| bytes == b"did:key:zExample").expect("the DID");
    ledger[at + 8] = b'y';
    let forged = bed.outer.path().join("forged.backup");
    fs::write(&forged, &ledger).expect("written");
    manifest.ledger_sha256 =
        format::transfer(&mut &ledger[..], &mut std::io::sink(), made.ledger_bytes).expect("digest");
    let mut file = OpenOptions::new().append(true).open(&forged).expect("opens");
    format::finish(&mut file, &manifest).expect("finished");
    format::read(&forged).expect("its digests are right");
    assert_eq!(check(&forged, &passphrase()).await, Err(BackupError::WrongPassphrase));
    let refused = restore(&forged, &bed.elsewhere(), &passphrase(), false, now()).await;
    assert_eq!(refused, Err(BackupError::WrongPassphrase));
    assert!(!bed.elsewhere().data.exists(), "nothing was made");

    // A backup that asks for more memory than there is.
    manifest.key.memory_kib = u32::MAX;
    fs::write(&forged, &ledger).expect("written");
    let mut file = OpenOptions::new().append(true).open(&forged).expect("opens");
    format::finish(&mut file, &manifest).expect("finished");
    assert!(matches!(check(&forged, &passphrase()).await, Err(BackupError::Failed { .. })));
}

#[tokio::test]
async fn a_folder_with_anything_in_it_stays_as_it_is() {
    let bed = Bed::new().await;
    bed.make().await;
    let before = files(&bed.config.data);
    let refused =
        restore(&bed.file, &bed.config, &passphrase(), false, now()).await.expect_err("a node is there");
    assert_eq!(refused, BackupError::FolderNotEmpty { folder: bed.config.data.clone() });
    assert!(refused.to_string().contains("not empty"), "{refused}");
    assert_eq!(files(&bed.config.data), before);

    let elsewhere = bed.elsewhere();
    fs::create_dir_all(&elsewhere.data).expect("an empty folder");
    let wrong = restore(&bed.file, &elsewhere, &text("wrong passphrase"), false, now()).await;
    assert_eq!(wrong, Err(BackupError::WrongPassphrase));
    assert!(files(&elsewhere.data).is_empty());
    fs::write(bed.outer.path().join("other.key"), [7; 32]).expect("a key");
    let other = Config { key_file: Some(bed.outer.path().join("other.key")), ..elsewhere.clone() };
    let refused = restore(&bed.file, &other, &passphrase(), false, now()).await.expect_err("another key");
    #[cfg(unix)]
    assert!(refused.to_string().contains("chmod 600"), "{refused}");
    assert!(files(&elsewhere.data).is_empty());
    restore(&bed.file, &elsewhere, &passphrase(), false, now()).await.expect("an empty folder is taken");
}

#[tokio::test]
async fn only_an_older_backup_of_the_same_node_is_replaced() {
    let (bed, other) = (Bed::new().await, Bed::new().await);
    bed.make().await;
    bed.make().await;
    fs::write(&other.file, b"somebody's diary").expect("written");
    let refused = make(&bed.config, &other.file, &passphrase(), now()).await;
    assert_eq!(refused, Err(BackupError::Taken { path: other.file.clone() }));
    assert_eq!(fs::read(&other.file).expect("there"), b"somebody's diary");
    assert_eq!(files(other.outer.path()), ["data", "node.backup"], "nothing is left beside it");
}

#[tokio::test]
async fn what_is_no_node_is_not_backed_up() {
    let folder = tempfile::tempdir().expect("folder");
    let config = Config { data: folder.path().join("data"), ..Config::default() };
    let file = folder.path().join("node.backup");
    let refused = make(&config, &file, &passphrase(), now()).await.expect_err("there is nothing");
    assert!(refused.to_string().contains("has no ledger"), "{refused}");
    Ledger::open(&config.data).await.expect("made").close().await;
    let refused = make(&config, &file, &passphrase(), now()).await.expect_err("no node was started");
    assert_eq!(refused, BackupError::NoIdentity { folder: config.data.clone() });
    assert_eq!(files(folder.path()), ["data"]);
    let nowhere = folder.path().join("no/such/folder/node.backup");
    assert!(matches!(make(&config, &nowhere, &passphrase(), now()).await, Err(BackupError::Io { .. })));

    let bed = Bed::new().await;
    fs::remove_file(bed.config.data.join(VAULT_KEY_FILE)).expect("removed");
    let refused = make(&bed.config, &bed.file, &passphrase(), now()).await.expect_err("the key is gone");
    assert!(matches!(refused, BackupError::Vault(_)), "{refused}");
    assert!(!bed.config.data.join(VAULT_KEY_FILE).exists(), "no new key is made");
    fs::write(bed.config.data.join(VAULT_KEY_FILE), [8; 32]).expect("another key");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let path = bed.config.data.join(VAULT_KEY_FILE);
        let wide = make(&bed.config, &bed.file, &passphrase(), now()).await.expect_err("others may read it");
        assert!(wide.to_string().contains("chmod 600"), "{wide}");
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).expect("chmod");
    }
    let refused = make(&bed.config, &bed.file, &passphrase(), now()).await.expect_err("another key");
    assert!(refused.to_string().contains("put the right key file back"), "{refused}");
    assert!(!bed.file.exists());
}

#[tokio::test]
async fn a_backup_by_a_newer_program_is_left_to_it() {
    let bed = Bed::new().await;
    bed.make().await;
    let mut bytes = fs::read(&bed.file).expect("bytes");
    let format_at = bytes.len() - 20;
    bytes[format_at..format_at + 4].copy_from_slice(&2u32.to_be_bytes());
    fs::write(&bed.file, bytes).expect("written");
    let refused = check(&bed.file, &passphrase()).await.expect_err("newer");
    assert!(matches!(refused, BackupError::NewerFormat { found: 2, .. }), "{refused}");
    assert!(refused.to_string().contains("use the program that made it"), "{refused}");
}

#[tokio::test]
async fn a_restore_that_was_cut_off_is_no_data_folder() {
    let bed = Bed::new().await;
    bed.make().await;
    let elsewhere = bed.elsewhere();
    restore(&bed.file, &elsewhere, &passphrase(), false, now()).await.expect("restored");
    fs::rename(elsewhere.data.join("ledger.db"), elsewhere.data.join("ledger.db.restoring"))
        .expect("cut off");
    let refused = Ledger::open(&elsewhere.data).await.err().expect("no node starts");
    assert_eq!(refused, LedgerError::RestoreUnfinished { folder: elsewhere.data.clone() });
    assert!(!elsewhere.data.join("ledger.db").exists(), "and none begins anew");
    assert!(restore(&bed.file, &elsewhere, &passphrase(), false, now()).await.is_err());
}

#[tokio::test]
async fn an_operator_can_declare_that_there_is_nothing_newer() {
    let bed = Bed::new().await;
    bed.make().await;
    let elsewhere = bed.elsewhere();
    assert!(matches!(declare_alone(&elsewhere, now()).await, Err(BackupError::Ledger(_))), "no folder yet");
    restore(&bed.file, &elsewhere, &passphrase(), false, now()).await.expect("restored");
    let running = Ledger::open(&elsewhere.data).await.expect("a node runs");
    let refused = declare_alone(&elsewhere, now()).await.expect_err("it runs");
    assert!(refused.to_string().contains("in use by another process"), "{refused}");
    running.close().await;
    declare_alone(&elsewhere, now()).await.expect("declared");
    let again = declare_alone(&elsewhere, now()).await;
    assert_eq!(again, Err(BackupError::NothingToDeclare { folder: elsewhere.data.clone() }));
    let ledger = Ledger::open(&elsewhere.data).await.expect("opens");
    assert!(ledger.leveling().await.expect("read").expect("there").level_at.is_some());
    assert!(ledger.lists().await.expect("lists")[0].closed, "its lists stay closed");
    ledger.close().await;
}

#[test]
fn a_passphrase_is_neither_short_nor_endless() {
    for (given, is_good) in
        [("", false), ("eleven char", false), ("twelve chars", true), ("ünïcödé wörd", true)]
    {
        assert_eq!(text(given).for_new().is_ok(), is_good, "{given}");
    }
    let endless = Passphrase::new(Zeroizing::new("x".repeat(MAX_PASSPHRASE_BYTES + 1)));
    assert!(matches!(endless, Err(BackupError::PassphraseLength)));
    let folder = tempfile::tempdir().expect("folder");
    let file = folder.path().join("passphrase");
    assert!(matches!(Passphrase::from_file(&file), Err(BackupError::PassphraseFile { .. })));
    fs::write(&file, "correct horse battery\r\nnot this line").expect("written");
    assert!(Passphrase::from_file(&file).expect("read").is(&passphrase()));
    fs::write(&file, [0xff; 40]).expect("written");
    assert!(Passphrase::from_file(&file).is_err());
}
