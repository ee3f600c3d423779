//! Related resources that name published files of standards by their digests.

use super::vectors;
use accolade_core::credential::Credential;
use accolade_core::json::{self, Object};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest as _, Sha256};

/// Files as their publishers have them, under the addresses at which we pin them.
const PUBLISHED: &[(&str, &str)] = &[
    ("https://www.w3.org/ns/credentials/v2", "contexts/vc-data-model/credentials_v2.jsonld"),
    ("https://www.w3.org/ns/credentials/v2", "contexts/vc-data-model/credentials_v2.2024-07-20.jsonld"),
    ("https://www.w3.org/2018/credentials/v1", "contexts/vc-data-model/credentials_v1.jsonld"),
    ("https://www.w3.org/ns/credentials/status/v1", "contexts/vc-bitstring-status-list/v1.jsonld"),
    ("https://w3id.org/vc/status-list/2021/v1", "contexts/vc-bitstring-status-list/2021_v1.jsonld"),
    ("https://w3id.org/security/data-integrity/v1", "contexts/vc-data-integrity/data-integrity_v1.jsonld"),
    ("https://w3id.org/security/data-integrity/v2", "contexts/vc-data-integrity/data-integrity_v2.jsonld"),
    ("https://w3id.org/security/multikey/v1", "contexts/vc-data-integrity/multikey_v1.jsonld"),
    (
        "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
        "1edtech-validator/contexts/ob-v3p0-3.0.3.json",
    ),
    (
        "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.2.json",
        "1edtech-validator/contexts/ob-v3p0-3.0.2.json",
    ),
    ("https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.2.json", "ob-spec/contexts/context-3.0.2.json"),
    (
        "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.1.json",
        "1edtech-validator/contexts/ob-v3p0-3.0.1.json",
    ),
    ("https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.1.json", "ob-spec/contexts/context-3.0.1.json"),
    ("https://purl.imsglobal.org/spec/ob/v3p0/context.json", "1edtech-validator/contexts/ob-v3p0.json"),
    (
        "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json",
        "1edtech-validator/contexts/ob-v3p0-extensions.json",
    ),
];
/// The one that says something else than what is pinned: an elder version, whose digest stands in credentials.
const ELDER: &str = "contexts/vc-data-model/credentials_v2.2024-07-20.jsonld";

fn naming(url: &str, digest: &[u8]) -> Object {
    let text = format!(
        r#"{{"@context":["https://www.w3.org/ns/credentials/v2"],"type":["VerifiableCredential"],"issuer":"did:example:1",
        "credentialSubject":{{"id":"did:example:2"}},
        "relatedResource":[{{"id":"{url}","digestSRI":"sha256-{}"}}]}}"#,
        BASE64_STANDARD.encode(digest)
    );
    json::parse(text.as_bytes()).expect("JSON").as_object().expect("an object").clone()
}

#[test]
fn every_published_version_of_a_pinned_file_is_known_by_its_digest() {
    let Some(folder) = vectors("published contexts") else { return };
    for (url, file) in PUBLISHED {
        let bytes = std::fs::read(folder.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        let credential = Credential::from_object(naming(url, &Sha256::digest(&bytes)));
        let credential = credential.unwrap_or_else(|error| panic!("{file}: {error}"));
        assert!(credential.unfetched_resources().is_empty(), "{url}");
        // It says what the pinned file says.
        let pinned = accolade_schemas::context(url).expect(url);
        let read = |bytes: &[u8]| -> serde_json::Value { serde_json::from_slice(bytes).expect("JSON") };
        assert_eq!(read(&bytes) == read(pinned.bytes), *file != ELDER, "{file}");

        let changed = [bytes.as_slice(), b" "].concat();
        let error = Credential::from_object(naming(url, &Sha256::digest(&changed))).expect_err(file);
        assert_eq!(
            (error.code, error.path.as_str()),
            ("related_resource_digest", "/relatedResource/0/digestSRI")
        );
    }
}
