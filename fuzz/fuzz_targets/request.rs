#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| pgbackup_fuzz::request(data));
