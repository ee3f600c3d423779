//! The contract, verb by verb.

use super::*;

#[tokio::test]
async fn the_identity_is_fixed_at_the_first_start() {
    let bed = Bed::new().await;
    assert!(bed.ledger.is_first_start().await.expect("read"));
    let owner = token_hash();
    let token = Some(new_token(owner, Scopes::owner()));
    bed.ledger.create_identity(identity("did:key:zA"), token, at(1)).await.expect("fixed");

    let bed = bed.reopen().await;
    assert!(!bed.ledger.is_first_start().await.expect("read"));
    let kept = bed.ledger.identity().await.expect("read").expect("there");
    assert_eq!((kept.did.as_str(), kept.created_at), ("did:key:zA", at(1)));
    assert_eq!((kept.signing_key, kept.network_key), (vec![1; 73], vec![2; 73]));
    assert!(bed.ledger.token(owner).await.expect("read").expect("known").scopes == Scopes::owner());

    let error = bed.ledger.create_identity(identity("did:key:zB"), None, at(2)).await.expect_err("another");
    assert_eq!(error, LedgerError::OtherIdentity { kept: "did:key:zA".into(), given: "did:key:zB".into() });
    let again = NewIdentity { signing_key: vec![9; 73], ..identity("did:key:zA") };
    let late = token_hash();
    let token = Some(new_token(late, Scopes::owner()));
    bed.ledger.create_identity(again, token, at(3)).await.expect("the same DID");
    let kept = bed.ledger.identity().await.expect("read").expect("there");
    assert_eq!(kept.signing_key, vec![1; 73], "the keys stay");
    assert!(bed.ledger.token(late).await.expect("read").is_none(), "no second owner by this way");
}

#[tokio::test]
async fn an_identity_without_its_token_is_not_stored() {
    let bed = Bed::new().await;
    let mut token = new_token(token_hash(), Scopes::owner());
    token.label = "x".repeat(201);
    let error = bed.ledger.create_identity(identity("did:key:zA"), Some(token), at(0)).await;
    assert!(matches!(error, Err(LedgerError::TooLarge { limit: 200, .. })));
    assert!(bed.ledger.is_first_start().await.expect("read"));
}

#[tokio::test]
async fn a_token_is_known_by_its_hash_alone() {
    let bed = Bed::new().await;
    let hash = token_hash();
    let scopes = Scopes::parse("issue revoke").expect("scopes");
    bed.ledger.add_token(new_token(hash, scopes.clone()), None, at(5)).await.expect("added");
    let token = bed.ledger.token(hash).await.expect("read").expect("known");
    assert_eq!((token.label.as_str(), token.scopes, token.created_at), ("a label", scopes, at(5)));
    assert!(bed.ledger.token(token_hash()).await.expect("read").is_none());
    let again = bed.ledger.add_token(new_token(hash, Scopes::owner()), None, at(6)).await;
    assert_eq!(again, Err(LedgerError::TokenExists), "a token's scopes can't be widened by adding it again");
}

#[tokio::test]
async fn a_withdrawn_token_is_unknown_and_its_number_is_never_given_again() {
    let bed = Bed::new().await;
    let (owner, other) = (token_hash(), token_hash());
    let first = bed.ledger.add_token(new_token(owner, Scopes::owner()), None, at(1)).await.expect("added");
    let read = Scopes::parse("read").expect("scope");
    let until = Some(at(9));
    let ends = NewToken { valid_until: until, ..new_token(other, read.clone()) };
    let second = bed.ledger.add_token(ends, None, at(2)).await.expect("added");
    let known = bed.ledger.token(other).await.expect("read").expect("known");
    assert!(known.number == second && !known.has_ended(at(8)) && known.has_ended(at(9)));
    assert_eq!(known.last_used_day, None);
    bed.ledger.note_token_used(second, at(3)).await.expect("noted");
    bed.ledger
        .note_token_used(second, Timestamp::from_millis(0))
        .await
        .expect("an earlier day changes nothing");
    let day = bed.ledger.token(other).await.expect("read").expect("known").last_used_day.expect("a day");
    assert!(day <= at(3) && at(3).as_millis() - day.as_millis() < 86_400_000);

    assert_eq!(bed.ledger.withdraw_token(first, at(4)).await, Err(LedgerError::LastOwner));
    bed.ledger.withdraw_token(second, at(4)).await.expect("withdrawn");
    let again = bed.ledger.withdraw_token(second, at(5)).await;
    assert_eq!(again, Err(LedgerError::UnknownToken { number: second }));
    let bed = bed.reopen().await;
    assert!(bed.ledger.token(other).await.expect("read").is_none());
    let same = bed.ledger.add_token(new_token(other, read.clone()), None, at(6)).await;
    assert_eq!(same, Err(LedgerError::TokenExists), "a withdrawn token doesn't come back");
    let third = bed.ledger.add_token(new_token(token_hash(), read), None, at(7)).await.expect("added");
    assert!(third > second);
    let numbers: Vec<i64> =
        bed.ledger.tokens().await.expect("read").iter().map(|token| token.number).collect();
    assert_eq!(numbers, [first, third]);
}

#[tokio::test]
async fn a_token_that_is_gone_makes_no_other() {
    let bed = Bed::new().await;
    let owner = |valid_until| NewToken { valid_until, ..new_token(token_hash(), Scopes::owner()) };
    let ends = bed.ledger.add_token(owner(Some(at(5))), None, at(1)).await.expect("added");
    let lasts = bed.ledger.add_token(owner(None), Some(ends), at(4)).await.expect("made before the end");
    let late = bed.ledger.add_token(owner(None), Some(ends), at(5)).await;
    assert_eq!(late, Err(LedgerError::MakerGone { number: ends }));
    let more = bed.ledger.add_token(owner(None), Some(lasts), at(6)).await.expect("made by who holds");
    bed.ledger.withdraw_token(lasts, at(7)).await.expect("withdrawn");
    for gone in [lasts, 999] {
        let made = bed.ledger.add_token(owner(None), Some(gone), at(7)).await;
        assert_eq!(made, Err(LedgerError::MakerGone { number: gone }));
    }
    let numbers: Vec<i64> =
        bed.ledger.tokens().await.expect("read").iter().map(|token| token.number).collect();
    assert_eq!(numbers, [ends, more], "nothing was stored of what was refused");
}

#[tokio::test]
async fn there_is_an_end_to_tokens() {
    let bed = Bed::new().await;
    let read = Scopes::parse("read").expect("scope");
    let all =
        (0..TOKEN_LIMIT).map(|_| bed.ledger.add_token(new_token(token_hash(), read.clone()), None, at(1)));
    let numbers: Result<Vec<i64>, LedgerError> = futures::future::join_all(all).await.into_iter().collect();
    let more = bed.ledger.add_token(new_token(token_hash(), read.clone()), None, at(2)).await;
    assert_eq!(more, Err(LedgerError::TooManyTokens { limit: TOKEN_LIMIT }));
    bed.ledger.withdraw_token(numbers.expect("added")[7], at(3)).await.expect("withdrawn");
    bed.ledger.add_token(new_token(token_hash(), read), None, at(4)).await.expect("there is room again");
}

#[tokio::test]
async fn a_published_achievement_never_changes() {
    let bed = Bed::new().await;
    let ledger = &bed.ledger;
    let draft = |object: &str, image: Option<&[u8]>| NewAchievement {
        image: image.map(|bytes| Image { bytes: bytes.to_vec() }),
        ..achievement("urn:a", object)
    };
    ledger.put_achievement(draft("first", None), at(1)).await.expect("stored");
    ledger.put_achievement(draft("second", Some(b"png")), at(2)).await.expect("a draft changes");
    let kept = ledger.achievement("urn:a").await.expect("read").expect("there");
    assert_eq!((kept.object.as_slice(), kept.created_at, kept.published_at), (&b"second"[..], at(1), None));
    let image = kept.image_sha256.expect("an image");
    assert_eq!(ledger.blob(&image).await.expect("read").expect("there"), b"png");

    ledger.mark_published("urn:a", at(3)).await.expect("published");
    ledger.mark_published("urn:a", at(4)).await.expect("again");
    let kept = ledger.achievement("urn:a").await.expect("read").expect("there");
    assert_eq!(kept.published_at, Some(at(3)));
    ledger.put_achievement(draft("second", Some(b"png")), at(5)).await.expect("the same content");
    for changed in [draft("third", Some(b"png")), draft("second", None), draft("second", Some(b"gif"))] {
        let error = ledger.put_achievement(changed, at(6)).await;
        assert_eq!(error, Err(LedgerError::AchievementPublished { id: "urn:a".into() }));
    }
    let unknown = ledger.mark_published("urn:b", at(7)).await;
    assert_eq!(unknown, Err(LedgerError::UnknownAchievement { id: "urn:b".into() }));
    assert_eq!(ledger.blob(&id(1)).await.expect("read"), None);
}

#[tokio::test]
async fn achievements_come_in_pages_newest_first() {
    let bed = Bed::new().await;
    for name in ["urn:1", "urn:2", "urn:3"] {
        bed.ledger.put_achievement(achievement(name, "{}"), at(0)).await.expect("stored");
    }
    let first = bed.ledger.achievements(None, 2, false).await.expect("a page");
    assert_eq!(first.iter().map(|a| a.id.as_str()).collect::<Vec<_>>(), ["urn:3", "urn:2"]);
    let second = bed.ledger.achievements(Some(first[1].number), 2, false).await.expect("a page");
    assert_eq!(second.iter().map(|a| a.id.as_str()).collect::<Vec<_>>(), ["urn:1"]);
    assert!(bed.ledger.achievements(Some(second[0].number), 2, false).await.expect("a page").is_empty());
    assert!(bed.ledger.achievements(None, 0, false).await.expect("a page").is_empty());
}

#[tokio::test]
async fn a_page_without_drafts_is_full_as_long_as_there_are_published_ones() {
    let bed = Bed::new().await;
    for number in 0..10 {
        let id = format!("urn:{number}");
        bed.ledger.put_achievement(achievement(&id, "{}"), at(0)).await.expect("stored");
        if number % 3 == 0 {
            bed.ledger.mark_published(&id, at(1)).await.expect("published");
        }
    }
    let first = bed.ledger.achievements(None, 3, true).await.expect("a page");
    assert_eq!(first.iter().map(|a| a.id.as_str()).collect::<Vec<_>>(), ["urn:9", "urn:6", "urn:3"]);
    let second = bed.ledger.achievements(Some(first[2].number), 3, true).await.expect("a page");
    assert_eq!(second.iter().map(|a| a.id.as_str()).collect::<Vec<_>>(), ["urn:0"]);
}

#[tokio::test]
async fn what_is_too_large_is_refused() {
    let bed = Bed::new().await;
    let ledger = &bed.ledger;
    let image = Some(Image { bytes: vec![0; 512 * 1024 + 1] });
    let large = [
        ledger.put_achievement(achievement("urn:a", &"x".repeat(32 * 1024 + 1)), at(0)).await,
        ledger.put_achievement(achievement(&"x".repeat(2049), "{}"), at(0)).await,
        ledger.put_achievement(NewAchievement { image, ..achievement("urn:a", "{}") }, at(0)).await,
        ledger.put_credential(credential(&"x".repeat(2049), None)).await,
        ledger
            .put_credential(NewCredential { json: vec![0; 1024 * 1024 + 1], ..credential("urn:c", None) })
            .await,
        ledger
            .put_credential(NewCredential { recipient: Some("x".repeat(2049)), ..credential("c", None) })
            .await,
        ledger.set_status(1, 0, true, Some("x".repeat(2001)), at(0)).await.map(drop),
        ledger
            .append_records(append(None, OwnRecord { bytes: vec![0; 65_537], ..record(0, 1) }), at(0))
            .await
            .map(drop),
        ledger.commit_floors(vec![floor(&"x".repeat(2049), 0, 0, 1)]).await.map(drop),
        ledger.commit_floors(vec![floor("did:x", 0, 0, 1); 10_001]).await.map(drop),
    ];
    for result in large {
        let error = result.expect_err("too large");
        assert!(matches!(error, LedgerError::TooLarge { .. }) && !error.outcome_unknown(), "{error}");
    }
    assert_eq!(ledger.stats().operations, 0, "refused before it took the writer's time");
}

#[tokio::test]
async fn a_list_is_made_once_for_all_who_find_the_last_one_full() {
    let bed = Bed::new().await;
    let first = bed.ledger.create_list(new_list(Purpose::Revocation), 0, at(1)).await.expect("made");
    assert_eq!((first.number, first.url.as_str()), (1, "https://issuer.example/status/1"));
    assert_eq!((first.entries, first.reserved, first.version, first.announced), (131_072, 0, 0, false));
    let same = bed.ledger.create_list(new_list(Purpose::Revocation), 0, at(2)).await.expect("found");
    assert!(same == first);
    let other = bed.ledger.create_list(new_list(Purpose::Suspension), 0, at(2)).await.expect("made");
    assert_eq!((other.number, other.purpose), (2, Purpose::Suspension));
    let next = || bed.ledger.create_list(new_list(Purpose::Revocation), 1, at(3));
    let (a, b) = futures::join!(next(), next());
    let (a, b) = (a.expect("next"), b.expect("next"));
    assert!(a == b && a.number == 3);
    assert_eq!(bed.ledger.lists().await.expect("lists").len(), 3);
}

#[tokio::test]
async fn impossible_lists_are_refused() {
    let bed = Bed::new().await;
    for entries in [0, 1, 65_536, 131_071, 131_073, 1 << 24, u64::MAX] {
        let new = NewList { entries, ..new_list(Purpose::Revocation) };
        let error = bed.ledger.create_list(new, 0, at(0)).await.err();
        assert_eq!(error, Some(LedgerError::OutOfRange { what: "the number of entries" }), "{entries}");
    }
    assert!(bed.ledger.lists().await.expect("lists").is_empty());
    assert_eq!(bed.ledger.reserve_status_index(1).await, Err(LedgerError::UnknownList { list: 1 }));
    let nothing = bed.ledger.reserve_status_range(1, 0).await;
    assert_eq!(nothing, Err(LedgerError::OutOfRange { what: "the number of indexes" }));
}

#[tokio::test]
async fn a_list_gives_each_counter_once_and_then_is_full() {
    let bed = Bed::new().await;
    let list = bed.list(Purpose::Revocation).await;
    assert_eq!(bed.ledger.reserve_status_index(list).await, Ok(0));
    assert_eq!(bed.ledger.reserve_status_range(list, 100).await, Ok(64..164));
    assert_eq!(bed.ledger.reserve_status_index(list).await, Ok(1));
    assert_eq!(bed.ledger.reserve_status_range(list, 130_900).await, Ok(164..131_064));
    assert_eq!(bed.ledger.reserve_status_range(list, u64::MAX).await, Ok(131_064..131_072));
    let full = LedgerError::ListFull { list, entries: 131_072 };
    assert_eq!(bed.ledger.reserve_status_range(list, 1).await, Err(full.clone()));
    for counter in 2..64 {
        assert_eq!(bed.ledger.reserve_status_index(list).await, Ok(counter));
    }
    assert_eq!(bed.ledger.reserve_status_index(list).await, Err(full.clone()));
    assert_eq!(bed.ledger.reserve_status_index(list).await, Err(full), "for good");
}

#[tokio::test]
async fn a_credential_is_kept_byte_for_byte() {
    let bed = Bed::new().await;
    let list = bed.list(Purpose::Revocation).await;
    bed.ledger.put_achievement(achievement("urn:a", "{}"), at(0)).await.expect("stored");
    let new = NewCredential {
        achievement: Some("urn:a".into()),
        recipient: Some("did:key:zEarner".into()),
        json: b"{ \"odd\" :\t1.0, \"\xc3\xa9\": null}\n".to_vec(),
        ..credential("urn:c", Some((list, 131_071)))
    };
    bed.ledger.put_credential(new.clone()).await.expect("stored");
    bed.ledger.put_credential(new.clone()).await.expect("the same again");
    let bed = bed.reopen().await;
    let kept = bed.ledger.credential("urn:c").await.expect("read").expect("there");
    assert_eq!((kept.json, kept.achievement, kept.recipient), (new.json, new.achievement, new.recipient));
    assert_eq!((kept.status, kept.issued_at), (Some((list, 131_071)), at(0)));
    assert!(bed.ledger.credential("urn:d").await.expect("read").is_none());
    assert_eq!(bed.ledger.credential_count().await, Ok(1));
}

#[tokio::test]
async fn a_credential_that_contradicts_another_is_refused() {
    let bed = Bed::new().await;
    let list = bed.list(Purpose::Revocation).await;
    bed.ledger.put_credential(credential("urn:c", Some((list, 5)))).await.expect("stored");
    bed.ledger.put_credential(credential("urn:free", None)).await.expect("without a status");

    let other_bytes = NewCredential { json: b"{}".to_vec(), ..credential("urn:c", Some((list, 6))) };
    let unknown = NewCredential { achievement: Some("urn:none".into()), ..credential("urn:d", None) };
    for (new, expected) in [
        (other_bytes, LedgerError::CredentialExists { id: "urn:c".into() }),
        (credential("urn:d", Some((list, 5))), LedgerError::IndexTaken { list, index: 5 }),
        (
            credential("urn:d", Some((list, 131_072))),
            LedgerError::NoSuchIndex { list, index: 131_072, entries: 131_072 },
        ),
        (
            credential("urn:d", Some((list, u64::MAX))),
            LedgerError::NoSuchIndex { list, index: u64::MAX, entries: 131_072 },
        ),
        (credential("urn:d", Some((99, 5))), LedgerError::UnknownList { list: 99 }),
        (unknown, LedgerError::UnknownAchievement { id: "urn:none".into() }),
    ] {
        assert_eq!(bed.ledger.put_credential(new).await, Err(expected));
    }
    assert_eq!(bed.ledger.credential_count().await, Ok(2));
}

#[tokio::test]
async fn credentials_are_found_page_by_page() {
    let bed = Bed::new().await;
    for name in ["urn:a", "urn:b"] {
        bed.ledger.put_achievement(achievement(name, "{}"), at(0)).await.expect("stored");
    }
    for number in 0..10 {
        let new = NewCredential {
            achievement: Some(if number % 2 == 0 { "urn:a" } else { "urn:b" }.into()),
            recipient: Some(format!("did:key:z{}", number % 3)),
            ..credential(&format!("urn:{number}"), None)
        };
        bed.ledger.put_credential(new).await.expect("stored");
    }
    let find = async |achievement: Option<&str>, recipient: Option<&str>| {
        let mut found = Vec::new();
        let mut before = None;
        loop {
            let (achievement, recipient) = (achievement.map(Into::into), recipient.map(Into::into));
            let query = CredentialQuery { achievement, recipient, before, limit: 2 };
            let page = bed.ledger.credentials(query).await.expect("a page");
            let Some(last) = page.last() else { return found.join(" ") };
            before = Some(last.number);
            found.extend(page.iter().map(|credential| credential.id.replace("urn:", "")));
        }
    };
    assert_eq!(find(None, None).await, "9 8 7 6 5 4 3 2 1 0");
    assert_eq!(find(Some("urn:a"), None).await, "8 6 4 2 0");
    assert_eq!(find(None, Some("did:key:z0")).await, "9 6 3 0");
    assert_eq!(find(Some("urn:a"), Some("did:key:z0")).await, "6 0");
    assert_eq!(find(Some("urn:none"), None).await, "");
}

#[tokio::test]
async fn a_revocation_is_for_good() {
    let bed = Bed::new().await;
    let list = bed.list(Purpose::Revocation).await;
    let ledger = &bed.ledger;
    assert_eq!(ledger.set_status(list, 5, false, None, at(1)).await, Ok(SetStatus::Unchanged));
    assert_eq!(ledger.set_status(list, 5, true, Some("fraud".into()), at(2)).await, Ok(SetStatus::Changed));
    assert_eq!(ledger.set_status(list, 5, true, Some("other".into()), at(3)).await, Ok(SetStatus::Unchanged));
    let error = ledger.set_status(list, 5, false, None, at(4)).await.expect_err("a clear");
    assert_eq!(error, LedgerError::CannotUnrevoke { list, index: 5 });
    assert_eq!(error.code(), "cannot_unrevoke");
    let status = ledger.status_of(list, 5).await.expect("read");
    assert_eq!((status.value, status.is_published), (true, false));
    assert_eq!((status.reason.as_deref(), status.changed_at), (Some("fraud"), Some(at(2))));
    assert_eq!(ledger.set_indexes(list, View::Current).await, Ok(vec![5]));
    assert_eq!(ledger.set_indexes(list, View::Published).await, Ok(vec![]));

    let outside = ledger.set_status(list, 131_072, true, None, at(5)).await;
    assert_eq!(outside, Err(LedgerError::NoSuchIndex { list, index: 131_072, entries: 131_072 }));
    assert_eq!(ledger.set_status(9, 0, true, None, at(5)).await, Err(LedgerError::UnknownList { list: 9 }));
    assert_eq!(ledger.set_indexes(9, View::Current).await, Err(LedgerError::UnknownList { list: 9 }));
    assert!(!ledger.status_of(list, 6).await.expect("read").value);
}

#[tokio::test]
async fn pending_changes_are_what_differs_from_what_was_published() {
    let bed = Bed::new().await;
    let ledger = &bed.ledger;
    let revocation = bed.list(Purpose::Revocation).await;
    let suspension = bed.list(Purpose::Suspension).await;
    assert_eq!(ledger.pending_changes(100).await, Ok(PendingChanges::default()));
    for (list, index, value) in
        [(suspension, 9, true), (revocation, 7, true), (revocation, 3, true), (suspension, 9, false)]
    {
        ledger.set_status(list, index, value, None, at(1)).await.expect("set");
    }
    let pending = ledger.pending_changes(100).await.expect("pending");
    let revoked = ListChanges { list: revocation, set: vec![3, 7], clear: vec![] };
    assert_eq!(pending.lists, [revoked], "a suspension that was lifted again needs no word");
    assert!(ledger.pending_changes(1).await.expect("pending").lists[0].list == suspension, "oldest first");

    // Between taking and publishing there is another change: it stays pending.
    ledger.set_status(suspension, 9, true, None, at(2)).await.expect("set");
    let mut publish = append(None, record(0, 1));
    publish.changes_through = pending.through;
    publish.list_versions = vec![(revocation, 1)];
    ledger.append_records(publish, at(3)).await.expect("published");
    assert_eq!(ledger.set_indexes(revocation, View::Published).await, Ok(vec![3, 7]));
    assert_eq!(ledger.set_indexes(suspension, View::Published).await, Ok(vec![]));
    assert_eq!(ledger.revoked_ids(revocation).await, Ok((vec![], 2)), "two places of unknown credentials");
    assert_eq!(ledger.revoked_ids(9).await, Err(LedgerError::UnknownList { list: 9 }));
    let known = NewCredential { status: Some((revocation, 7)), ..credential("urn:known", None) };
    ledger.put_credential(known).await.expect("stored");
    assert_eq!(ledger.revoked_ids(revocation).await, Ok((vec!["urn:known".to_owned()], 1)));
    assert!(ledger.status_of(revocation, 3).await.expect("read").is_published);
    let rest = ledger.pending_changes(100).await.expect("pending");
    assert_eq!(rest.lists, [ListChanges { list: suspension, set: vec![9], clear: vec![] }]);

    let mut publish = append(Some(1), record(1, 2));
    publish.changes_through = rest.through;
    ledger.append_records(publish, at(4)).await.expect("published");
    ledger.set_status(suspension, 9, false, None, at(5)).await.expect("lifted");
    let lifted = ledger.pending_changes(100).await.expect("pending");
    assert_eq!(lifted.lists, [ListChanges { list: suspension, set: vec![], clear: vec![9] }]);
    assert_eq!(ledger.set_indexes(suspension, View::Published).await, Ok(vec![9]));
}

#[tokio::test]
async fn the_own_log_grows_by_exactly_the_next_record() {
    let bed = Bed::new().await;
    let ledger = &bed.ledger;
    assert_eq!(ledger.own_head().await, Ok(None));
    let with_blob = OwnRecord { blob: Some(b"snapshot".to_vec()), ..record(1, 2) };
    let first =
        Append { records: vec![record(0, 1), with_blob.clone(), record(2, 3)], ..append(None, record(0, 1)) };
    assert_eq!(ledger.append_records(first.clone(), at(0)).await, Ok(Appended::Stored));
    assert_eq!(ledger.append_records(first, at(0)).await, Ok(Appended::Already));
    let head = Head { epoch: 0, seq: 2, id: id(3) };
    assert_eq!(ledger.own_head().await, Ok(Some(head)));

    let epoch = OwnRecord { epoch: 1, ..record(3, 4) };
    for (what, refused) in [
        ("a gap", append(Some(3), record(4, 4))),
        ("a place that is taken", append(Some(3), record(2, 4))),
        ("a first record", append(None, record(0, 4))),
        ("another predecessor", append(Some(2), record(3, 4))),
        ("another epoch", append(Some(3), epoch)),
        ("the same id elsewhere", append(Some(3), record(0, 3))),
        ("other bytes", append(Some(2), OwnRecord { bytes: vec![0], ..record(2, 3) })),
        (
            "a gap within",
            Append { records: vec![record(3, 4), record(5, 5)], ..append(Some(3), record(3, 4)) },
        ),
    ] {
        let error = ledger.append_records(refused, at(1)).await.expect_err(what);
        assert!(
            matches!(error, LedgerError::NotTheNextRecord { head: Some((0, 2)) | Some((0, 3)), .. }),
            "{what}"
        );
        assert_eq!(ledger.own_head().await, Ok(Some(head)), "{what}");
    }
    let none = Append { records: vec![], ..append(Some(3), record(3, 4)) };
    assert!(matches!(ledger.append_records(none, at(1)).await, Err(LedgerError::OutOfRange { .. })));

    let bed = bed.reopen().await;
    let all = bed.ledger.own_records(None, 100).await.expect("records");
    assert_eq!(all, [record(0, 1), with_blob, record(2, 3)]);
    assert_eq!(bed.ledger.own_records(Some((0, 0)), 1).await.expect("a page"), all[1..2]);
    assert!(bed.ledger.own_records(Some((0, 2)), 100).await.expect("a page").is_empty());
}

#[tokio::test]
async fn an_own_log_begins_at_its_beginning() {
    let bed = Bed::new().await;
    let epoch = OwnRecord { epoch: 1, ..record(0, 1) };
    for refused in [append(None, record(1, 1)), append(Some(9), record(0, 1)), append(None, epoch)] {
        let error = bed.ledger.append_records(refused, at(0)).await.expect_err("no beginning");
        assert!(matches!(error, LedgerError::NotTheNextRecord { head: None, .. }), "{error}");
    }
    assert_eq!(bed.ledger.append_records(append(None, record(0, 1)), at(0)).await, Ok(Appended::Stored));
}

#[tokio::test]
async fn an_append_is_all_or_nothing() {
    let bed = Bed::new().await;
    let ledger = &bed.ledger;
    let list = bed.list(Purpose::Revocation).await;
    ledger.put_achievement(achievement("urn:a", "{}"), at(0)).await.expect("stored");
    ledger.set_status(list, 5, true, None, at(1)).await.expect("set");
    let pending = ledger.pending_changes(100).await.expect("pending");
    let whole = Append {
        changes_through: pending.through,
        list_versions: vec![(list, 3)],
        lists_announced: vec![list],
        achievements_published: vec!["urn:a".into()],
        ..append(None, record(0, 1))
    };

    let unknown_achievement =
        Append { achievements_published: vec!["urn:a".into(), "urn:none".into()], ..whole.clone() };
    let unknown_list = Append { lists_announced: vec![list, 9], ..whole.clone() };
    for (refused, code) in [(unknown_achievement, "unknown_achievement"), (unknown_list, "unknown_list")] {
        let error = ledger.append_records(refused, at(2)).await.expect_err(code);
        assert_eq!(error.code(), code);
        assert_eq!(ledger.own_head().await, Ok(None));
        assert_eq!(ledger.pending_changes(100).await.as_ref(), Ok(&pending));
        assert!(ledger.achievement("urn:a").await.expect("read").expect("there").published_at.is_none());
        let kept = &ledger.lists().await.expect("lists")[0];
        assert_eq!((kept.version, kept.announced), (0, false));
    }

    ledger.append_records(whole, at(2)).await.expect("stored");
    assert_eq!(ledger.pending_changes(100).await, Ok(PendingChanges::default()));
    assert_eq!(ledger.achievement("urn:a").await.expect("read").expect("there").published_at, Some(at(2)));
    let kept = &ledger.lists().await.expect("lists")[0];
    assert_eq!((kept.version, kept.announced), (3, true));
    let back = Append { list_versions: vec![(list, 2)], ..append(Some(1), record(1, 2)) };
    let error = ledger.append_records(back, at(3)).await;
    assert_eq!(error, Err(LedgerError::OldVersion { list, stored: 3, given: 2 }));
}

#[tokio::test]
async fn a_floor_never_goes_back() {
    let bed = Bed::new().await;
    let ledger = &bed.ledger;
    let first = vec![floor("did:b", 0, 5, 1), floor("did:a", 2, 1, 2), floor("did:b", 0, 6, 3)];
    let committed = ledger.commit_floors(first).await.expect("committed");
    assert_eq!((committed.advanced, committed.not_newer), (3, 0));

    let older = vec![floor("did:b", 0, 5, 1), floor("did:b", 0, 6, 3), floor("did:a", 1, 900, 4)];
    let committed = ledger.commit_floors(older).await.expect("committed");
    assert_eq!(committed, FloorsCommitted { not_newer: 3, ..FloorsCommitted::default() });
    let other = ledger.commit_floors(vec![floor("did:b", 0, 6, 9)]).await.expect("committed");
    assert_eq!(other, FloorsCommitted { contradicted: vec!["did:b".into()], ..FloorsCommitted::default() });
    let epoch = ledger.commit_floors(vec![floor("did:a", 3, 0, 5)]).await.expect("committed");
    assert_eq!(epoch.advanced, 1, "a new epoch begins low");

    let bed = bed.reopen().await;
    assert_eq!(bed.ledger.floors().await, Ok(vec![floor("did:a", 3, 0, 5), floor("did:b", 0, 6, 3)]));
    let error = bed.ledger.commit_floors(vec![floor("did:c", 0, 1, 1), floor("did:d", 0, u64::MAX, 1)]).await;
    assert_eq!(error, Err(LedgerError::OutOfRange { what: "the sequence number" }));
    assert_eq!(bed.ledger.floors().await.expect("floors").len(), 2, "a refused batch leaves nothing");
}

#[test]
fn every_error_says_what_to_do() {
    for error in [
        LedgerError::DiskFull,
        LedgerError::Closed,
        LedgerError::Io { detail: "x".into() },
        LedgerError::CannotUnrevoke { list: 1, index: 2 },
        LedgerError::ListFull { list: 1, entries: 2 },
        LedgerError::NotTheNextRecord { head: None, epoch: 0, seq: 7 },
    ] {
        let of_node = crate::error::NodeError::from(error.clone());
        assert!(of_node.message.contains(' ') && of_node.hint.ends_with('.'), "{of_node:?}");
        assert_eq!((of_node.code, of_node.kind), (error.code(), error.kind()));
        let is_unavailable = error.kind() == crate::error::ErrorKind::Unavailable;
        assert_eq!(is_unavailable, error.outcome_unknown(), "{error}");
    }
}
