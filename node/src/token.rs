//! API tokens: shown once, stored as a hash.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

const PREFIX: &str = "accolade_";
/// 32 random bytes in base64url without padding.
const BODY_CHARS: usize = 43;
/// The file of [`ApiToken::write_file`].
pub const OWNER_TOKEN_FILE: &str = "owner-token";

/// A token itself. It has no `Debug` and no `Display`, is wiped when dropped, and leaves only through
/// [`Self::expose`].
pub struct ApiToken(Zeroizing<String>);

impl ApiToken {
    /// A new token with 256 bits from the system's randomness.
    ///
    /// # Errors
    /// The system gives no randomness.
    pub fn generate() -> Result<Self, io::Error> {
        let mut bytes = Zeroizing::new([0u8; 32]);
        getrandom::fill(bytes.as_mut_slice()).map_err(|error| io::Error::other(error.to_string()))?;
        let mut text = Zeroizing::new(String::with_capacity(PREFIX.len() + BODY_CHARS));
        text.push_str(PREFIX);
        BASE64_URL_SAFE_NO_PAD.encode_string(bytes.as_slice(), &mut text);
        Ok(Self(text))
    }

    /// Reads what a caller sent, such as the rest of `Authorization: Bearer …`. None for what can't be a
    /// token, whether or not it is known.
    pub fn parse(text: &str) -> Option<Self> {
        let body = text.strip_prefix(PREFIX)?;
        let in_alphabet = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        (body.len() == BODY_CHARS && body.bytes().all(in_alphabet))
            .then(|| Self(Zeroizing::new(text.to_owned())))
    }

    /// The text, to be shown to its owner once. Never log it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What is stored and looked up.
    pub fn hash(&self) -> TokenHash {
        TokenHash(Sha256::digest(self.0.as_bytes()).into())
    }

    /// Writes the token and a newline to the file `owner-token` in `folder`, mode 0600, in place of an older
    /// one. On return it is durable; a crash leaves the old file or the new one, never a part.
    ///
    /// # Errors
    /// The folder can't be written.
    pub fn write_file(&self, folder: &Path) -> Result<PathBuf, io::Error> {
        let path = folder.join(OWNER_TOKEN_FILE);
        let text = Zeroizing::new(format!("{}\n", self.expose()));
        crate::vault::replace_private_file(&path, text.as_bytes())?;
        Ok(path)
    }
}

/// SHA-256 of a token. A token has 256 random bits, so its hash needs no salt and no slow function.
#[derive(Clone, Copy)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// The hash of these bytes in the ledger.
    pub(crate) fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes, for the ledger.
    pub(crate) fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// In constant time.
impl PartialEq for TokenHash {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for TokenHash {}

/// One thing that a token allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Everything, making tokens included.
    Owner,
    /// Issue credentials and see those issued.
    Issue,
    /// Revoke, suspend and resume.
    Revoke,
    /// Make and publish achievements.
    Achievement,
    /// See what isn't public, change nothing.
    Read,
}

impl Scope {
    /// All scopes.
    pub const ALL: [Self; 5] = [Self::Owner, Self::Issue, Self::Revoke, Self::Achievement, Self::Read];

    /// The scope's name, as it is written and stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Issue => "issue",
            Self::Revoke => "revoke",
            Self::Achievement => "achievement",
            Self::Read => "read",
        }
    }

    /// The scope of a name.
    ///
    /// # Errors
    /// A name that isn't a scope.
    pub fn parse(name: &str) -> Result<Self, UnknownScope> {
        let found = Self::ALL.into_iter().find(|scope| scope.as_str() == name);
        found.ok_or_else(|| UnknownScope { name: name.chars().take(32).collect() })
    }
}

/// What a token allows: at least one scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scopes(Vec<Scope>);

impl Scopes {
    /// Everything.
    pub fn owner() -> Self {
        Self(vec![Scope::Owner])
    }

    /// These scopes; none if there is no scope among them.
    pub fn of(scopes: &[Scope]) -> Option<Self> {
        let mut scopes = scopes.to_vec();
        scopes.sort_unstable();
        scopes.dedup();
        (!scopes.is_empty()).then_some(Self(scopes))
    }

    /// Reads names separated by single spaces.
    ///
    /// # Errors
    /// A name that isn't a scope, or none at all.
    pub fn parse(text: &str) -> Result<Self, UnknownScope> {
        let scopes: Result<Vec<Scope>, UnknownScope> = text.split(' ').map(Scope::parse).collect();
        // `split` gives at least one piece, so there is at least one scope.
        scopes.map(|scopes| Self::of(&scopes).unwrap_or(Self(scopes)))
    }

    /// Their names, in one order.
    pub fn names(&self) -> Vec<&'static str> {
        self.0.iter().map(|scope| scope.as_str()).collect()
    }

    /// Whether they allow what needs `scope`. The owner may do everything; who may issue, revoke or make
    /// achievements may read.
    pub fn allow(&self, scope: Scope) -> bool {
        scope == Scope::Read || self.0.contains(&scope) || self.0.contains(&Scope::Owner)
    }
}

/// The names, separated by spaces, as [`Scopes::parse`] reads them.
impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.names().join(" "))
    }
}

/// A name that isn't a scope.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("“{name}” is not a scope (owner, issue, revoke, achievement, read)")]
pub struct UnknownScope {
    /// The name, 32 characters at most.
    pub name: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_what_it_reads() {
        let token = ApiToken::generate().expect("randomness");
        let text = token.expose();
        assert!(text.starts_with("accolade_") && text.len() == 52, "{} characters", text.len());
        assert!(ApiToken::parse(text).expect("its own text").hash() == token.hash());
        assert!(ApiToken::generate().expect("randomness").hash() != token.hash());
    }

    #[test]
    fn refuses_what_is_no_token() {
        let good = ApiToken::generate().expect("randomness");
        let good = good.expose();
        for text in [
            "",
            "accolade_",
            &good[..51],
            &good[1..],
            &format!("{good}A"),
            &format!(" {good}"),
            &format!("{good}\n"),
            &format!("{}=", &good[..51]),
            &format!("{}/", &good[..51]),
            &good.replace("accolade_", "ACCOLADE_"),
            &"accolade_".repeat(100_000),
        ] {
            assert!(ApiToken::parse(text).is_none(), "{:.60}", text);
        }
    }

    #[test]
    fn the_hash_is_sha_256_of_the_text() {
        let token = ApiToken::parse(&format!("accolade_{}", "A".repeat(43))).expect("well-formed");
        let expected: [u8; 32] = Sha256::digest(format!("accolade_{}", "A".repeat(43))).into();
        assert_eq!(*token.hash().as_bytes(), expected);
    }

    #[test]
    fn scopes_allow_what_they_say() {
        let issue = Scopes::parse("issue").expect("scope");
        assert!(issue.allow(Scope::Issue) && issue.allow(Scope::Read));
        assert!(
            !issue.allow(Scope::Revoke) && !issue.allow(Scope::Owner) && !issue.allow(Scope::Achievement)
        );
        let read = Scopes::parse("read").expect("scope");
        assert!(Scope::ALL.into_iter().filter(|scope| read.allow(*scope)).eq([Scope::Read]));
        assert!(Scope::ALL.into_iter().all(|scope| Scopes::owner().allow(scope)));
    }

    #[test]
    fn scopes_are_written_in_one_way() {
        let scopes = Scopes::of(&[Scope::Revoke, Scope::Issue, Scope::Revoke]).expect("not empty");
        assert_eq!(scopes.to_string(), "issue revoke");
        assert_eq!(Scopes::parse("revoke issue"), Ok(scopes));
        assert_eq!(Scopes::of(&[]), None);
        for text in ["", " ", "issue ", "issue  revoke", "issue,revoke", "Issue", "admin"] {
            assert!(Scopes::parse(text).is_err(), "“{text}” was accepted");
        }
    }

    #[cfg(unix)]
    #[test]
    fn the_owners_token_goes_into_a_file_of_his_own() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().expect("folder");
        let (first, second) = (ApiToken::generate().expect("one"), ApiToken::generate().expect("two"));
        first.write_file(folder.path()).expect("written");
        let path = second.write_file(folder.path()).expect("in its place");
        assert_eq!(std::fs::read_to_string(&path).expect("text").trim_end(), second.expose());
        let mode = std::fs::metadata(&path).expect("file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(folder.path()).expect("folder").count(), 1, "nothing is left beside it");
        assert!(first.write_file(&folder.path().join("absent")).is_err());
    }
}
