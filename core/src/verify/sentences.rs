//! The sentences that people read, by code. The one file to translate.

use super::report::Verdict;

/// The headline of a verdict.
pub(super) fn headline(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Malformed => "Not a badge that can be checked",
        Verdict::Unsupported => "A kind of badge that is not supported yet",
        Verdict::Forged => "Not genuine",
        Verdict::CouldNotCheck => "Could not be checked",
        Verdict::Revoked => "Revoked by its issuer",
        Verdict::IssuerEquivocated => "The issuer contradicts itself",
        Verdict::Suspended => "Suspended by its issuer",
        Verdict::Expired => "Expired",
        Verdict::NotYetValid => "Not valid yet",
        Verdict::ValidIssuerUnknown => "Valid, from an issuer that you don't know",
        Verdict::Valid => "Valid",
    }
}

/// The sentence of a code; for the codes of single rules, whose particulars stand beside, a general one.
pub(super) fn of(code: &str) -> &'static str {
    known(code).unwrap_or("The document breaks a rule of its format.")
}

/// The sentence of a code, if it has one of its own.
pub(super) fn known(code: &str) -> Option<&'static str> {
    SENTENCES.iter().find(|(known, _)| *known == code).map(|(_, sentence)| *sentence)
}

pub(super) const SENTENCES: &[(&str, &str)] = &[
    // Verdicts
    ("malformed", "The document breaks a rule of its format."),
    ("unsupported", "The document uses something that is not supported yet."),
    ("forged", "The signature is not the issuer's: this badge is not genuine."),
    ("could_not_check", "Something that is needed for an answer was not to be had."),
    ("valid", "The signature is right, it is the issuer's, and the badge is in force."),
    ("presentation_valid", "The presentation is signed by its holder, and every badge in it is valid."),
    // Structure and meaning
    ("structure_ok", "The document is a badge and keeps the rules of its format."),
    ("presentation_structure_ok", "The document is a presentation and keeps the rules of its format."),
    ("not_json", "This is not a badge: it can't be read as JSON."),
    ("too_much_work", "The document is too large or too intricate to be checked here."),
    ("too_large", "This file is larger than a badge may be."),
    ("vcdm_1_1", "This badge uses the elder data model 1.1, which is not supported yet."),
    ("open_badges_2", "This is an Open Badge of version 2, which is not supported yet."),
    ("format_unsupported", "This file format is not supported yet."),
    ("not_a_picture", "This is neither a badge nor a picture with a badge in it."),
    ("picture_too_large", "This picture is larger than one with a badge in it may be."),
    ("badge_too_large", "What is in this picture is larger than a badge may be."),
    ("picture_damaged", "This picture is damaged, so it doesn't count as a badge."),
    (
        "picture_with_doctype",
        "This picture has definitions of its own (a DTD), so it doesn't count as a badge.",
    ),
    ("picture_not_utf8", "This picture is in another encoding than UTF-8, so it doesn't count as a badge."),
    (
        "picture_without_badge",
        "There is no badge in this picture. Many sites and messengers take badges out of pictures.",
    ),
    ("picture_with_two_badges", "There are two different badges in this picture; only one can be meant."),
    ("picture_content_unknown", "What stands in this picture in a badge's place is none."),
    (
        "hosted_badge",
        "This picture only names a place on the web where its badge is; that is not supported yet.",
    ),
    ("meaning_ok", "Every word in the document is defined."),
    ("meaning_not_judged", "The words were not looked up, because an earlier check failed."),
    ("unknown_context", "The badge refers to a vocabulary that is not known here."),
    // Proof and issuer
    ("proof_ok", "The signature is right."),
    ("proof_not_judged", "The signature was not checked, because an earlier check failed."),
    ("proof_missing", "Nobody signed this document."),
    (
        "proof_signature_wrong",
        "The signature doesn't fit: the badge was changed, or somebody else signed it.",
    ),
    ("proof_suite_unsupported", "The document is signed in a way that is not supported yet."),
    ("proof_expired", "The signature was made for a limited time, which is over."),
    ("proof_purpose_other", "The signature was made for another purpose."),
    ("proof_purpose_unknown", "The signature was made for a purpose that has nothing to do with badges."),
    ("proof_malformed", "The signature breaks a rule of its format."),
    ("proof_too_many", "The document has more signatures than are read."),
    ("proof_id_twice", "Two signatures have one name, so what refers to them means neither."),
    (
        "proof_context_other",
        "The signature was made for words of another meaning than those in the document.",
    ),
    ("proof_key_missing", "The key that signed was not to be had, so the signature could not be checked."),
    ("proof_challenge_other", "The signature was made for another occasion."),
    ("proof_domain_other", "The signature was made for somebody else."),
    ("previous_proof_absent", "The signature builds on another one, which isn't there."),
    ("previous_proof_cycle", "The signatures build on each other in a circle."),
    ("previous_proof_failed", "The signature builds on another one, which is not right."),
    ("extra_proof_failed", "Beside the issuer's signature stands another one that is wrong."),
    ("extra_proof_not_checked", "Beside the issuer's signature stands another one that was not checked."),
    (
        "extra_proof_set_aside",
        "Beside the issuer's signature stands another one that counts for nothing here.",
    ),
    ("did_key_invalid", "The key that is said to have signed is not a usable key."),
    ("key_type_unsupported", "The signer's kind of key is not supported yet."),
    ("key_not_in_issuer_document", "The key that signed is not one of the issuer's keys."),
    ("controller_not_issuer", "Somebody else than the named issuer signed this badge."),
    ("controller_not_holder", "Somebody else than the named holder signed this presentation."),
    ("issuer_ok", "The signer is the issuer that the badge names."),
    ("holder_ok", "The signer is the holder that the presentation names."),
    (
        "issuer_not_judged",
        "Whether the signer is the issuer was not checked, because an earlier check failed.",
    ),
    ("issuer_unresolved", "The signer's keys could not be had, so the signature could not be checked."),
    (
        "issuer_document_refused",
        "The signer's list of keys was had and is not in order, so the signature could not be checked.",
    ),
    (
        "issuer_deactivated",
        "The signer has given up its name, so whether the signature was right can't be told any more.",
    ),
    (
        "did_method_unsupported",
        "The signer is named in a way that is not supported yet, so the signature could not be checked.",
    ),
    ("did_jwk_invalid", "The key that is said to have signed is not a usable key."),
    (
        "key_not_in_document",
        "The key that signed is not among the signer's keys today; it may have been replaced, or never been theirs.",
    ),
    (
        "key_ended",
        "The signer has put the key that signed out of use, so whether the signature was right can't be told any more.",
    ),
    ("key_purpose_other", "The signer doesn't use the key that signed for this purpose."),
    ("key_of_another_controller", "The signer's own list says that the key that signed is somebody else's."),
    (
        "bare_did_key",
        "The signature names the signer's DID instead of its key; it is clear which key is meant.",
    ),
    // Validity
    ("validity_ok", "The badge is within its dates."),
    ("validity_not_asked", "The dates were not checked, because only the signature was asked for."),
    ("validity_not_judged", "The dates were not checked, because an earlier check failed."),
    ("expired", "The badge has expired."),
    ("not_yet_valid", "The badge is not valid yet."),
    // Status
    ("not_revoked", "The issuer has not revoked the badge, as of the time given."),
    ("revoked", "The issuer has revoked this badge."),
    ("suspended", "The issuer has suspended this badge for now."),
    ("status_none", "The badge can't be revoked: it names no status list."),
    (
        "status_not_asked",
        "Whether the badge was revoked was not checked, because only the signature was asked for.",
    ),
    ("status_not_judged", "Whether the badge was revoked was not checked, because an earlier check failed."),
    (
        "status_unavailable",
        "Whether the badge was revoked could not be checked: the issuer's list was not to be had.",
    ),
    ("unknown_list", "The badge names a status list that its issuer never declared."),
    ("status_list_refused", "The status list that was found is not one that its issuer vouches for."),
    ("status_list_of_another", "The status list belongs to somebody else than the badge's issuer."),
    ("status_list_differs", "The status list that was found is not the one that the badge names."),
    ("status_index_out_of_range", "The badge names a place that the status list doesn't have."),
    (
        "status_index_not_text",
        "The badge writes its place in the status list in a way that readers disagree on.",
    ),
    (
        "status_kind_unsupported",
        "Whether the badge was revoked could not be checked: that kind of list is not supported yet.",
    ),
    (
        "status_stale",
        "The signature and the issuer are right, and the badge was not revoked as of the time given; newer word was not to be had.",
    ),
    (
        "status_several",
        "The badge has several status entries where Open Badges asks for one; each was checked.",
    ),
    // Recipient
    ("recipient_proved", "Whoever presents this proved to be the recipient of every badge in it."),
    (
        "holder_not_proved",
        "Whether the presenter is the recipient is not proved: no challenge and domain were given to answer.",
    ),
    (
        "holder_missing",
        "Whether the presenter is the recipient is not proved: the presentation names no holder.",
    ),
    (
        "holder_not_subject",
        "Whether the presenter is the recipient is not proved: a badge was given to somebody else, or to nobody with a DID.",
    ),
    (
        "no_credentials",
        "Whether the presenter is the recipient is not proved: the presentation holds no badge.",
    ),
    ("challenge_mismatch", "The presentation was made for another occasion: it answers another challenge."),
    ("domain_mismatch", "The presentation was made for somebody else: it names another domain."),
    (
        "holder_not_judged",
        "Whether the presenter is the recipient was not checked, because an earlier check failed.",
    ),
    // Endorsements
    ("endorsements_ok", "Every endorsement in the badge is valid."),
    (
        "endorsements_not_all_valid",
        "Not every endorsement in the badge is valid; those that aren't count for nothing.",
    ),
    (
        "endorsement_of_another",
        "The endorsement speaks of something else than the badge that it was put into.",
    ),
    ("endorsements_none", "The badge holds no endorsements."),
    (
        "related_resources",
        "The badge names further files, which were not fetched; the verdict doesn't depend on them.",
    ),
];
