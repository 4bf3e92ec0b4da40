use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::*;
use crate::pipeline::bindings::keys::RsaKey;

/// RFC 7515, A.2 and A.3: what is signed, keys and signatures.
const JOE: &str =
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
const N: &str = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2\
                 lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7\
                 WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkM\
                 Ls91kzk2PAcDTW9gb54h4FRWyuXpoQ";
const RS256: &str = "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdb\
                     F9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN\
                     9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5A\
                     XLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
const X: &str = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
const Y: &str = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";
const ES256: &str = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

fn bytes(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap()
}

fn check(key: &PublicKey, header: &str, signature: &[u8]) {
    let message = format!("{header}.{JOE}").into_bytes();
    assert!(verify(key, &message, signature));
    let changed = |at: usize| {
        let mut changed = signature.to_vec();
        changed[at] ^= 1;
        changed
    };
    assert!(!verify(key, &message, &changed(0)));
    assert!(!verify(key, &message, &changed(signature.len() - 1)));
    assert!(!verify(key, &message[1..], signature));
    assert!(!verify(key, &message, &signature[1..]));
    assert!(!verify(key, &message, &[]));
    assert!(!verify(key, &message, &vec![0; signature.len()]));
}

#[test]
fn the_examples_of_rfc_7515_are_verified() {
    let rsa = PublicKey::Rsa(RsaKey { modulus: bytes(N), exponent: vec![1, 0, 1] });
    check(&rsa, "eyJhbGciOiJSUzI1NiJ9", &bytes(RS256));
    let p256 = PublicKey::P256([&[4], bytes(X).as_slice(), bytes(Y).as_slice()].concat());
    check(&p256, "eyJhbGciOiJFUzI1NiJ9", &bytes(ES256));
}

#[test]
fn keys_that_are_none_have_signed_nothing() {
    let message = format!("eyJhbGciOiJSUzI1NiJ9.{JOE}").into_bytes();
    for (modulus, exponent) in [
        (Vec::new(), vec![1, 0, 1]),
        (bytes(N), Vec::new()),
        (bytes(N), vec![1]),
        (bytes(N), vec![2]),
        (vec![0xff; 128], vec![1, 0, 1]),
        (vec![0xff; 513], vec![1, 0, 1]),
    ] {
        let key = PublicKey::Rsa(RsaKey { modulus, exponent });
        assert!(!verify(&key, &message, &bytes(RS256)), "{key:?}");
    }
    for point in [Vec::new(), vec![4], vec![4; 65], vec![0; 65]] {
        assert!(!verify(&PublicKey::P256(point), &message, &bytes(ES256)));
    }
}
