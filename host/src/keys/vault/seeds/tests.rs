use super::*;

/// The seed of the appendix of RFC 6238.
const SEED: &[u8] = b"12345678901234567890";

#[test]
fn codes_are_those_of_the_standard() {
    let cases = [
        (59, "287082"),
        (1_111_111_109, "081804"),
        (1_111_111_111, "050471"),
        (1_234_567_890, "005924"),
        (2_000_000_000, "279037"),
        (20_000_000_000, "353130"),
    ];
    for (seconds, code) in cases {
        assert_eq!(code_of(SEED, seconds / 30), code.as_bytes(), "at {seconds} s");
    }
}

#[test]
fn a_seed_is_printed_in_base32() {
    assert_eq!(base32(SEED), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    assert_eq!(base32(&[0xFF; 5]), "77777777");
}

#[test]
fn a_code_is_of_its_step_and_of_its_device() {
    let vault = Vault::new(&[7; 32]);
    let made = vault.make_seed("000000000001", "arn:1").unwrap();
    assert_eq!(made.text.reveal().len(), 32);
    let device = Device { account: "000000000001", serial_number: "arn:1", sealed: &made.sealed };
    assert_eq!(vault.find_step(&device, "none", 0, 10), Ok(None));
    let sealed = seal(&vault.seeds, SEED, &associated("000000000001", "arn:1")).unwrap();
    let device = Device { sealed: &sealed, ..device };
    let code = code_of(SEED, 1000);
    let code = std::str::from_utf8(&code).unwrap();
    assert_eq!(vault.find_step(&device, code, 999, 1001), Ok(Some(1000)));
    assert_eq!(vault.find_step(&device, code, 1000, 1000), Ok(Some(1000)));
    assert_eq!(vault.find_step(&device, code, 1001, 1002), Ok(None));
    // However many steps are asked for, few are looked through.
    assert_eq!(vault.find_step(&device, code, 0, u64::MAX), Ok(None));
    for wrong in ["", "1", "1234567", "abcdef", &code[..5]] {
        assert_eq!(vault.find_step(&device, wrong, 999, 1001), Ok(None), "{wrong}");
    }
    for other in [
        Device { account: "000000000002", ..device },
        Device { serial_number: "arn:2", ..device },
        Device { sealed: &sealed[1..], ..device },
    ] {
        assert_eq!(vault.find_step(&other, code, 1000, 1000), Err(Unsealable));
    }
    assert!(!format!("{made:?}{device:?}").contains(made.text.reveal()));
}
