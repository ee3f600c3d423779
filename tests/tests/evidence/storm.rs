//! The storm of `bench storm`, small.

use accolade_tests::bench::storm::storm;

#[test]
fn bad_requests_cost_little_memory_and_good_ones_beside_them_are_answered() {
    let folder = tempfile::tempdir().expect("folder");
    let figures = storm(env!("CARGO_BIN_EXE_node-under-test").as_ref(), folder.path(), 210).expect("figures");
    for none in ["bad_unanswered", "bad_called_good", "good_failed"] {
        assert_eq!(figures[none], 0, "{figures}");
    }
    // Time is measured by hand, in a release build: here others use the cores too.
    let growth_mb = figures["rss_growth_mb"].as_f64().expect("a number");
    assert!(growth_mb < 150.0, "{figures}");
    assert!(figures["good"].as_u64().expect("a number") > 0, "{figures}");
}
