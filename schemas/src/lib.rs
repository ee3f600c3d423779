//! The published JSON-LD contexts and JSON Schemas that Accolade understands, pinned by digest.
//!
//! Nothing is fetched at run time: a document that names a URL which is not in these tables can't be
//! processed, and the verdict says so. Origins and licences stand in `schemas/SOURCES.md`; a test holds the
//! three (file, digest, SOURCES.md) against each other.

/// A published file, the URL that names it, and the digest that it must have.
#[derive(Clone, Copy, Debug)]
pub struct Pinned {
    /// The URL by which documents refer to the file.
    pub url: &'static str,
    /// The file, byte for byte.
    pub bytes: &'static [u8],
    /// SHA-256 of `bytes`, in lower-case hexadecimal.
    pub sha256: &'static str,
}

/// Every pinned JSON-LD context.
pub const CONTEXTS: &[Pinned] = &[
    Pinned {
        url: "https://www.w3.org/ns/credentials/v2",
        bytes: include_bytes!("../contexts/credentials-v2.json"),
        sha256: "59955ced6697d61e03f2b2556febe5308ab16842846f5b586d7f1f7adec92734",
    },
    Pinned {
        url: "https://www.w3.org/2018/credentials/v1",
        bytes: include_bytes!("../contexts/credentials-v1.json"),
        sha256: "00d7dd6d3ad8b920e3e550dd3a3d9090bffcac84cdbf943da6924b3e0a5c8bb8",
    },
    Pinned {
        url: "https://w3id.org/security/data-integrity/v2",
        bytes: include_bytes!("../contexts/data-integrity-v2.json"),
        sha256: "67f21e6e33a6c14e5ccfd2fc7865f7474fb71a04af7e94136cb399dfac8ae8f4",
    },
    Pinned {
        url: "https://w3id.org/security/data-integrity/v1",
        bytes: include_bytes!("../contexts/data-integrity-v1.json"),
        sha256: "b5d829bd09aa7c42abc6efa0c8ed7635313b5487f37ccfce3ecd149ca9418554",
    },
    Pinned {
        url: "https://w3id.org/security/multikey/v1",
        bytes: include_bytes!("../contexts/multikey-v1.json"),
        sha256: "ba2c182de2d92f7e47184bcca8fcf0beaee6d3986c527bf664c195bbc7c58597",
    },
    Pinned {
        url: "https://w3id.org/security/suites/ed25519-2020/v1",
        bytes: include_bytes!("../contexts/ed25519-2020-v1.json"),
        sha256: "b9e1ab971fd8bf2c7553e0c4a9438e0b9450afde1ea1ca5b2492368b9f549588",
    },
    Pinned {
        url: "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
        bytes: include_bytes!("../contexts/ob-v3p0-context-3.0.3.json"),
        sha256: "3d34f4d4ef1bce691106e63798beb5e7b862ba841423f5ee1e53ab7ddf3bca84",
    },
    Pinned {
        url: "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.2.json",
        bytes: include_bytes!("../contexts/ob-v3p0-context-3.0.2.json"),
        sha256: "00666ad080ba407687ed1846b7f5e7495f5019042b202a727de47c48a1755c53",
    },
    Pinned {
        url: "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.1.json",
        bytes: include_bytes!("../contexts/ob-v3p0-context-3.0.1.json"),
        sha256: "5f3d9dd6288ef437ff8286cf95ffbff609c748a66f24a1e9450c45ca64be1571",
    },
    Pinned {
        url: "https://purl.imsglobal.org/spec/ob/v3p0/context.json",
        bytes: include_bytes!("../contexts/ob-v3p0-context-3.0.0.json"),
        sha256: "9f1c8f9f361ba2994b9b50701f41149919542c50c7b7455b2846d87959295d72",
    },
    Pinned {
        url: "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json",
        bytes: include_bytes!("../contexts/ob-v3p0-extensions.json"),
        sha256: "87c06c81bc2317663bf288d740d94fddd2818c4342b186270ff6371dfaa63f93",
    },
    Pinned {
        url: "https://purl.imsglobal.org/spec/clr/v2p0/context-2.0.1.json",
        bytes: include_bytes!("../contexts/clr-v2p0-context-2.0.1.json"),
        sha256: "880f1902d4158f2f33ce06af41b90719977cd1ea337a9de2e41edb3ff5e543d6",
    },
    Pinned {
        url: "https://www.w3.org/ns/credentials/status/v1",
        bytes: include_bytes!("../contexts/status-v1.json"),
        sha256: "fd08cbf28ddd829ab2f1978c48f43ab07a112c1c90245a0cfac7ba721c65170c",
    },
    Pinned {
        url: "https://w3id.org/vc/status-list/2021/v1",
        bytes: include_bytes!("../contexts/status-list-2021-v1.json"),
        sha256: "634d71c159289f068c96012e4511c657fdf82ac4231900081bda3ba24e2e1160",
    },
    Pinned {
        url: "https://www.w3.org/ns/did/v1",
        bytes: include_bytes!("../contexts/did-v1.json"),
        sha256: "62c1054bf404d6dd3a4b26b64f830fd72095f6a26edc4469908c94351352ce5f",
    },
];

/// Every pinned JSON Schema.
pub const JSON_SCHEMAS: &[Pinned] = &[Pinned {
    url: "https://purl.imsglobal.org/spec/ob/v3p0/schema/json-ld/ob_v3p0_achievementcredential_schema.json",
    bytes: include_bytes!("../json/ob-v3p0-achievementcredential-schema.json"),
    sha256: "859e405b592d93c3261fe899362f4128801140d4d20c01502a066b3540483d95",
}];

/// The pinned JSON-LD context with this URL, if there is one. The comparison is exact.
pub fn context(url: &str) -> Option<&'static Pinned> {
    CONTEXTS.iter().find(|pinned| pinned.url == url)
}

/// The pinned JSON Schema with this URL, if there is one. The comparison is exact.
pub fn json_schema(url: &str) -> Option<&'static Pinned> {
    JSON_SCHEMAS.iter().find(|pinned| pinned.url == url)
}
