//! Documents and lists of those who endorse.

use super::*;

const HILL: &str = "did:web:hill.example";

fn endorsed(lake: &Issuer, hill: &Issuer, list: &str) -> Value {
    let endorsement = hill.sign(&json!({
        "@context": ["https://www.w3.org/ns/credentials/v2", "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"],
        "id": "urn:uuid:0b6e7b9e-0000-4000-8000-000000000009", "type": ["VerifiableCredential", "EndorsementCredential"],
        "name": "Endorsed", "issuer": {"id": hill.id, "type": ["Profile"]}, "validFrom": "2026-01-01T00:00:00Z",
        "credentialSubject": {"id": "https://lake.example/a/1", "type": ["EndorsementSubject"]},
        "credentialStatus": issuer::entry("https://hill.example/status/1", 3)
    }));
    let mut badge = lake.unsigned(list, 5);
    badge["endorsement"] = json!([endorsement]);
    badge
}

/// The host of the endorser, with his document and list.
fn hill_host(authority: &Authority, hill: &Issuer) -> Host {
    let (document, list) = (hill.document(), hill.list("https://hill.example/status/1", &[]));
    authority.host("hill.example", move |path| match path {
        "/.well-known/did.json" => Reply::ok(document.clone()),
        "/status/1" => Reply::ok(list.clone()),
        _ => Reply::status(404),
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endorsers_document_and_list_are_asked_for_after_the_badge_is_proved() {
    let (folder, authority) = (tempfile::tempdir().expect("folder"), Authority::new());
    let (lake, hill) = (Issuer::of_key(1), Issuer::named(HILL, 2));
    let list = lake.list(LIST, &[]);
    let lake_host = authority.host("lake.example", move |_| Reply::ok(list.clone()));
    let hill_host = hill_host(&authority, &hill);
    let names = [("lake.example", lake_host.address), ("hill.example", hill_host.address)];
    let node = with_web(folder.path(), &authority, &names).await;
    let unsigned = endorsed(&lake, &hill, LIST);

    // One that the badge's issuer didn't sign: its endorser isn't asked, nor anybody else.
    assert_eq!(verdict(&node, &Issuer::of_key(9).sign(&unsigned)).await.0, "forged");
    assert_eq!((lake_host.asked_in_all(), hill_host.asked_in_all()), (0, 0));

    let found = report(&node, &lake.sign(&unsigned)).await;
    assert_eq!(found["verdict"], "valid", "{found}");
    assert_eq!(found["endorsements"][0]["verdict"], "valid", "{found}");
    assert_eq!((hill_host.asked("/.well-known/did.json"), hill_host.asked("/status/1")), (1, 1));
    assert_eq!(lake_host.asked_in_all(), 1);
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_hears_of_a_badge_whose_issuer_is_held() {
    let (folder, authority) = (tempfile::tempdir().expect("folder"), Authority::new());
    let hill = Issuer::named(HILL, 2);
    let hill_host = hill_host(&authority, &hill);
    let node = with_web(folder.path(), &authority, &[("hill.example", hill_host.address)]).await;
    let lake = Issuer::of_key(1);
    let mut unsigned = endorsed(&lake, &hill, LIST);
    unsigned["issuer"] = json!({"id": node.did().as_str(), "type": ["Profile"], "name": "Test Institute"});
    unsigned.as_object_mut().expect("one").remove("credentialStatus");
    let (client, body) = (accolade_tests::nodes::client(&node), json!({"credential": unsigned}));
    let (status, answer) = blocking(move || client.post("/credentials/issue", &body)).await.expect("answers");
    assert_eq!(status, 201, "{answer}");
    let found = report(&node, &answer["verifiableCredential"]).await;
    assert_eq!(found["verdict"], "valid", "{found}");
    assert_eq!(found["endorsements"][0]["verdict"], "could_not_check", "{found}");
    assert_eq!(hill_host.asked_in_all(), 0);
    node.stop().await;
}
