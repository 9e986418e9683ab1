//! The kept inputs of the fuzz targets (tests/fuzz) once more, without a fuzzer.

use std::path::Path;

#[path = "../fuzz/src/targets.rs"]
mod targets;

#[test]
fn no_kept_input_of_a_fuzz_target_does_what_it_never_may() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus");
    let mut fuzz = targets::Fuzz::new();
    for target in targets::TARGETS {
        let mut inputs: Vec<_> =
            std::fs::read_dir(corpus.join(target)).unwrap().map(|file| file.unwrap().path()).collect();
        inputs.sort();
        assert!(inputs.len() > 3, "{target}");
        for input in inputs {
            let data = std::fs::read(&input).unwrap();
            let run = std::panic::AssertUnwindSafe(|| fuzz.run(target, &data));
            assert!(std::panic::catch_unwind(run).is_ok(), "{}", input.display());
        }
    }
}
