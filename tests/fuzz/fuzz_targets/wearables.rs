#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| ocariot_users_fuzz::run("wearables", data));
