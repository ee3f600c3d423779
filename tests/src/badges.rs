//! Realistic, distinct Open Badges 3.0 credentials from a seed: unsigned, valid, no two alike.

use serde_json::{Map, Value, json};

const WORDS: &[&str] = &[
    "Applied Cryptography",
    "Gießereitechnik",
    "数据库设计",
    "Soudure à l'arc",
    "Πληροφορική",
    "“Quoted” \\ and / slashed",
    "First line\nsecond line\ttabbed",
    "سلامة المختبر",
    "Welding 😀 Level 2",
    "Nurse’s aide, 60 % or more",
    "Control\u{7f}\u{1}character",
];
const LANGUAGES: &[&str] = &["en", "de", "fr-CA", "zh-Hant", "ar"];
const NUMBERS: &[f64] = &[3.5, 6.0, 0.5, 12.25, 1.0, 0.1, 120.0, 7.333];

/// A badge with any of the optional members of Open Badges 3.0.3.
pub fn badge(seed: u64) -> Value {
    let mut dice = Dice(seed);
    let issuer = profile(&mut dice, seed, "issuer", 0);
    let mut badge = json!({
        "@context": [
            "https://www.w3.org/ns/credentials/v2",
            "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
        ],
        "id": format!("urn:uuid:{}", uuid(seed, 1)),
        "type": ["VerifiableCredential", if dice.one_in(2) { "OpenBadgeCredential" } else { "AchievementCredential" }],
        "issuer": issuer,
        "validFrom": date(&mut dice),
        "credentialSubject": subject(&mut dice, seed),
    });
    let members = object(&mut badge);
    dice.maybe(members, "name", |dice| if dice.one_in(4) { spoken(dice) } else { word(dice) });
    dice.maybe(members, "description", word);
    dice.maybe(members, "image", |dice| image(dice, seed));
    dice.maybe(members, "awardedDate", date);
    dice.maybe(members, "validUntil", date);
    dice.maybe(members, "inLanguage", |dice| json!(LANGUAGES[dice.below(LANGUAGES.len())]));
    dice.maybe(members, "evidence", |dice| several(dice, |dice, at| evidence(dice, seed, at)));
    dice.maybe(members, "credentialStatus", |dice| status(dice, seed));
    dice.maybe(members, "endorsement", |dice| several(dice, |dice, at| endorsement(dice, seed, at)));
    dice.maybe(members, "endorsementJwt", |dice| {
        several(dice, |dice, _| json!(format!("e30.{}.x", dice.next())))
    });
    badge
}

/// A badge that always has the members of a typical one in full: about 3.4 kB, 94 statements, eight blank
/// nodes (five of them the cells of a list).
pub fn badge_like_peer(seed: u64) -> Value {
    let node = format!("https://badges-{}.example.org", seed % 97);
    let did = did(seed, "issuer");
    let shield = json!({"id": format!("{node}/a/{seed}/image.png"), "type": "Image", "caption": "A green shield with a lamp"});
    let result = format!("urn:uuid:{}", uuid(seed, 2));
    let alignment = |name: &str, url: String, framework: &str, kind: &str| json!({"type": ["Alignment"], "targetName": name, "targetUrl": url, "targetFramework": framework, "targetType": kind});
    let mut first = alignment(
        "Plan laboratory work",
        format!("http://data.europa.eu/esco/skill/{}", uuid(seed, 3)),
        "ESCO",
        "ext:ESCOSkill",
    );
    first["targetCode"] = json!(format!("S{}.{}", seed % 9, seed % 7));
    first["targetDescription"] = json!("Prepares, carries out and records.");
    let second = alignment(
        "Record keeping",
        format!("https://credentialengineregistry.org/resources/ce-{}", uuid(seed, 4)),
        "CTDL",
        "CTDL",
    );
    let achievement = json!({
        "id": format!("{node}/achievements/{seed}"),
        "type": ["Achievement"],
        "achievementType": "Course",
        "name": format!("Laboratory Practice, Level {}", seed % 5),
        "description": "Whoever holds this can plan, run and document an experiment alone.",
        "criteria": {
            "id": format!("{node}/achievements/{seed}/criteria"),
            "narrative": "Six reports accepted, and 60 % or more in the practical examination."
        },
        "image": shield,
        "inLanguage": "en",
        "humanCode": format!("LAB-{}", seed % 1000),
        "fieldOfStudy": "Natural science",
        "specialization": "Chemistry",
        "creditsAvailable": 6,
        "tag": ["laboratory", "safety", "documentation"],
        "creator": {"id": did, "type": ["Profile"], "name": "Example College", "url": "https://www.example.org/"},
        "alignment": [first, second],
        "resultDescription": [{
            "id": result, "type": ["ResultDescription"], "name": "Grade of the practical", "resultType": "LetterGrade",
            "allowedValue": ["A", "B", "C", "D", "F"], "requiredValue": "C"
        }],
    });
    json!({
        "@context": [
            "https://www.w3.org/ns/credentials/v2",
            "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
        ],
        "id": format!("urn:uuid:{}", uuid(seed, 1)),
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": format!("Laboratory Practice, Level {}", seed % 5),
        "description": "Given to those who finished the laboratory course and its practical examination.",
        "image": shield,
        "issuer": {
            "id": did, "type": ["Profile"], "name": "Example College", "url": "https://www.example.org/",
            "email": "badges@example.org", "description": "A college with laboratories.", "phone": "+1 555 0199",
            "image": {"id": format!("{node}/logo.png"), "type": "Image", "caption": "Logo of Example College"}
        },
        "credentialSubject": {
            "id": self::did(seed, "earner"),
            "type": ["AchievementSubject"],
            "activityStartDate": "2026-02-01T00:00:00Z",
            "activityEndDate": "2026-06-20T00:00:00Z",
            "creditsEarned": 6,
            "term": "Spring 2026",
            "role": "Student",
            "achievement": achievement,
            "result": [{"type": ["Result"], "resultDescription": result, "value": "A"}]
        },
        "evidence": [
            {"id": format!("https://portfolio.example.net/{seed}/1"), "type": ["Evidence"], "name": "Report",
             "description": "Titration of an unknown acid.", "narrative": "Written and defended in the laboratory.",
             "genre": "Report", "audience": "Employers"},
            {"id": format!("https://portfolio.example.net/{seed}/2"), "type": ["Evidence"], "name": "Notebook", "genre": "Notes"}
        ],
        "validFrom": "2026-06-30T10:00:00Z",
        "validUntil": "2036-06-30T10:00:00Z",
        "awardedDate": "2026-06-25T10:00:00Z",
        "credentialStatus": {
            "id": format!("{node}/status/7#{seed}"),
            "type": "BitstringStatusListEntry",
            "statusPurpose": "revocation",
            "statusListIndex": seed.to_string(),
            "statusListCredential": format!("{node}/status/7")
        }
    })
}

/// SplitMix64: small, and the same everywhere.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    fn one_in(&mut self, sides: usize) -> bool {
        self.below(sides) == 0
    }

    /// Adds the member half of the time.
    fn maybe(
        &mut self,
        members: &mut Map<String, Value>,
        name: &str,
        value: impl FnOnce(&mut Self) -> Value,
    ) {
        if self.one_in(2) {
            let value = value(self);
            members.insert(name.to_owned(), value);
        }
    }
}

fn object(value: &mut Value) -> &mut Map<String, Value> {
    value.as_object_mut().expect("every generator makes an object")
}

fn several(dice: &mut Dice, mut one: impl FnMut(&mut Dice, usize) -> Value) -> Value {
    let count = dice.below(3) + 1;
    (0..count).map(|at| one(dice, at)).collect()
}

fn uuid(seed: u64, part: u64) -> String {
    let mut dice = Dice(seed ^ (part << 56));
    let (high, low) = (dice.next(), dice.next());
    format!(
        "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xfff,
        low >> 52,
        low & 0xffff_ffff_ffff
    )
}

fn did(seed: u64, role: &str) -> String {
    use sha2::{Digest, Sha256};
    let secret: [u8; 32] = Sha256::digest(format!("{role} {seed}")).into();
    let key = ed25519_dalek::SigningKey::from_bytes(&secret).verifying_key();
    let multikey = [&[0xed, 0x01], &key.to_bytes()[..]].concat();
    format!("did:key:z{}", bs58::encode(multikey).into_string())
}

fn word(dice: &mut Dice) -> Value {
    json!(format!("{} {}", WORDS[dice.below(WORDS.len())], dice.below(10_000)))
}

/// A name in several languages.
fn spoken(dice: &mut Dice) -> Value {
    several(dice, |dice, _| {
        let language = LANGUAGES[dice.below(LANGUAGES.len())].to_ascii_lowercase();
        json!({"@value": word(dice), "@language": language})
    })
}

fn number(dice: &mut Dice) -> Value {
    match dice.one_in(3) {
        true => json!(dice.below(300)),
        false => json!(NUMBERS[dice.below(NUMBERS.len())]),
    }
}

fn date(dice: &mut Dice) -> Value {
    let zone = if dice.one_in(3) { "+02:00" } else { "Z" };
    json!(format!(
        "20{:02}-{:02}-{:02}T{:02}:00:00{zone}",
        20 + dice.below(7),
        1 + dice.below(12),
        1 + dice.below(28),
        dice.below(24)
    ))
}

fn image(dice: &mut Dice, seed: u64) -> Value {
    let mut made =
        json!({"id": format!("https://images.example.org/{seed}/{}.png", dice.below(3)), "type": "Image"});
    dice.maybe(object(&mut made), "caption", word);
    made
}

fn profile(dice: &mut Dice, seed: u64, role: &str, depth: u32) -> Value {
    let mut made = json!({"id": did(seed, role), "type": ["Profile"], "name": word(dice)});
    let members = object(&mut made);
    dice.maybe(members, "url", |_| json!("https://www.example.org/"));
    dice.maybe(members, "email", |dice| json!(format!("office{}@example.org", dice.below(9))));
    dice.maybe(members, "description", word);
    dice.maybe(members, "phone", |_| json!("+1 555 0100"));
    dice.maybe(members, "official", word);
    dice.maybe(members, "image", |dice| image(dice, seed));
    dice.maybe(members, "address", |dice| {
        json!({"type": ["Address"], "addressCountry": "Österreich", "addressCountryCode": "AT", "streetAddress": word(dice),
            "geo": {"type": "GeoCoordinates", "latitude": 48.2, "longitude": number(dice)}})
    });
    dice.maybe(members, "otherIdentifier", |dice| several(dice, identifier));
    if depth < 2 {
        dice.maybe(members, "parentOrg", |dice| profile(dice, seed, "parent", depth + 1));
    }
    made
}

fn identifier(dice: &mut Dice, at: usize) -> Value {
    json!({"type": "IdentifierEntry", "identifier": format!("{at}-{}", dice.below(1_000_000)), "identifierType": "sourcedId"})
}

fn subject(dice: &mut Dice, seed: u64) -> Value {
    let mut made = json!({"type": ["AchievementSubject"], "achievement": achievement(dice, seed)});
    let members = object(&mut made);
    if dice.one_in(2) {
        members.insert("id".to_owned(), json!(did(seed, "earner")));
    } else {
        let entry = json!({"type": "IdentityObject", "hashed": true, "identityHash": format!("sha256${:064x}", dice.next()),
            "identityType": "emailAddress", "salt": format!("{:x}", dice.next())});
        members.insert("identifier".to_owned(), json!([entry]));
    }
    dice.maybe(members, "activityStartDate", date);
    dice.maybe(members, "activityEndDate", date);
    dice.maybe(members, "creditsEarned", number);
    dice.maybe(members, "licenseNumber", word);
    dice.maybe(members, "role", word);
    dice.maybe(members, "term", word);
    dice.maybe(members, "narrative", word);
    dice.maybe(members, "image", |dice| image(dice, seed));
    dice.maybe(members, "source", |dice| profile(dice, seed, "source", 2));
    dice.maybe(members, "result", |dice| {
        several(dice, |dice, _| {
            let mut result =
                json!({"type": ["Result"], "resultDescription": format!("urn:uuid:{}", uuid(seed, 2))});
            dice.maybe(object(&mut result), "value", |dice| json!(number(dice).to_string()));
            dice.maybe(object(&mut result), "status", |_| json!("Completed"));
            dice.maybe(object(&mut result), "alignment", |dice| several(dice, alignment));
            result
        })
    });
    made
}

fn achievement(dice: &mut Dice, seed: u64) -> Value {
    let id = match dice.one_in(3) {
        true => format!("urn:uuid:{}", uuid(seed, 5)),
        false => format!("https://node.example.org/achievements/{seed}"),
    };
    let mut made = json!({
        "id": id, "type": ["Achievement"], "name": word(dice), "description": word(dice),
        "criteria": {"narrative": format!("# Criteria\n\n* {}\n* *all*", WORDS[dice.below(WORDS.len())])},
    });
    let members = object(&mut made);
    dice.maybe(members, "achievementType", |_| json!("Certificate"));
    dice.maybe(members, "creditsAvailable", number);
    dice.maybe(members, "humanCode", word);
    dice.maybe(members, "fieldOfStudy", word);
    dice.maybe(members, "specialization", word);
    dice.maybe(members, "version", word);
    dice.maybe(members, "inLanguage", |_| json!("de"));
    dice.maybe(members, "image", |dice| image(dice, seed));
    dice.maybe(members, "tag", |dice| several(dice, |dice, _| word(dice)));
    dice.maybe(members, "creator", |dice| profile(dice, seed, "issuer", 1));
    dice.maybe(members, "alignment", |dice| several(dice, alignment));
    dice.maybe(members, "otherIdentifier", |dice| several(dice, identifier));
    dice.maybe(members, "related", |dice| {
        several(dice, |_, at| json!({"id": format!("urn:uuid:{}", uuid(seed, 6 + at as u64)), "type": ["Related"], "inLanguage": "en", "version": "2"}))
    });
    dice.maybe(members, "endorsement", |dice| several(dice, |dice, at| endorsement(dice, seed, at + 10)));
    dice.maybe(members, "resultDescription", |dice| {
        let levels = several(dice, |dice, at| {
            json!({"id": format!("urn:uuid:{}", uuid(seed, 20 + at as u64)), "type": ["RubricCriterionLevel"], "name": word(dice), "level": at.to_string(), "points": "1"})
        });
        json!([{"id": format!("urn:uuid:{}", uuid(seed, 2)), "type": ["ResultDescription"], "name": word(dice), "resultType": "RubricCriterionLevel",
            "allowedValue": several(dice, |dice, _| word(dice)), "rubricCriterionLevel": levels, "valueMin": "0", "valueMax": "5"}])
    });
    made
}

fn alignment(dice: &mut Dice, at: usize) -> Value {
    let mut made = json!({"type": ["Alignment"], "targetName": word(dice), "targetUrl": format!("https://skills.example.org/{at}/{}", dice.below(99))});
    dice.maybe(object(&mut made), "targetCode", word);
    dice.maybe(object(&mut made), "targetFramework", word);
    dice.maybe(object(&mut made), "targetDescription", word);
    dice.maybe(object(&mut made), "targetType", |_| json!("CFItem"));
    made
}

fn evidence(dice: &mut Dice, seed: u64, at: usize) -> Value {
    let mut made = json!({"type": ["Evidence"]});
    let members = object(&mut made);
    dice.maybe(members, "id", |_| json!(format!("https://portfolio.example.net/{seed}/{at}")));
    for name in ["name", "description", "narrative", "genre", "audience"] {
        dice.maybe(members, name, word);
    }
    made
}

fn status(dice: &mut Dice, seed: u64) -> Value {
    let index = dice.below(131_072);
    json!({
        "id": format!("https://node.example.org/status/{}#{index}", seed % 50), "type": "BitstringStatusListEntry",
        "statusPurpose": if dice.one_in(3) { "suspension" } else { "revocation" }, "statusListIndex": index.to_string(),
        "statusListCredential": format!("https://node.example.org/status/{}", seed % 50)
    })
}

fn endorsement(dice: &mut Dice, seed: u64, at: usize) -> Value {
    let endorser = format!("endorser {at}");
    json!({
        "id": format!("urn:uuid:{}", uuid(seed, 40 + at as u64)), "type": ["VerifiableCredential", "EndorsementCredential"],
        "name": word(dice), "issuer": profile(dice, seed, &endorser, 2), "validFrom": date(dice),
        "credentialSubject": {"id": did(seed, "issuer"), "type": ["EndorsementSubject"], "endorsementComment": word(dice)}
    })
}
