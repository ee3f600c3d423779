//! Pictures that others baked.

use accolade_core::bake::{self, Form, Format};
use accolade_core::json;

#[test]
fn pictures_of_the_public_validator_are_read() {
    let Some(vectors) = accolade_tests::vectors("pictures baked by others") else { return };
    let folder = vectors.join("1edtech-validator/ob30");
    for (name, form) in [
        ("simple-json.svg", Form::Json),
        ("simple-jwt.png", Form::Jws),
        ("simple-jwt.svg", Form::Jws),
        ("simple-jwt_v1.png", Form::Jws),
        ("simple-jwt_v1.svg", Form::Jws),
    ] {
        let bytes = std::fs::read(folder.join(name)).expect(name);
        let found = bake::extract(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!((found.format, found.form), (Format::Ob3, form), "{name}");
        if form == Form::Json {
            let badge = json::parse(found.text.as_bytes()).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(badge.get("credentialSubject").is_some(), "{name}");
        }
        let again = bake::bake(&bytes, b"{\"a\":1}").unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(bake::extract(&again).map(|found| found.text), Ok("{\"a\":1}".to_owned()), "{name}");
    }
}
