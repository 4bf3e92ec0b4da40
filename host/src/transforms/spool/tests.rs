use std::sync::Arc;

use http_body_util::BodyExt as _;

use super::{SEGMENT_BYTES, Spool, SpoolBody, SpoolOwner, SpoolWriter};

async fn spool(folder: &std::path::Path, bytes: &[u8]) -> Arc<Spool> {
    let mut writer = SpoolWriter::new(folder, SpoolOwner::default(), u64::MAX).unwrap();
    for piece in bytes.chunks(10_007) {
        writer.write(piece).await.unwrap();
    }
    Arc::new(writer.finish().await.unwrap())
}

async fn read(spool: &Arc<Spool>, from: u64) -> Vec<u8> {
    let mut body = SpoolBody::new(Arc::clone(spool));
    let before = usize::try_from(body.skip_to(from)).unwrap();
    let bytes = body.collect().await.unwrap().to_bytes();
    bytes[before..].to_vec()
}

#[tokio::test]
async fn what_was_written_comes_back_from_every_byte_on() {
    let folder = tempfile::tempdir().unwrap();
    for length in [0, 1, SEGMENT_BYTES - 1, SEGMENT_BYTES, 4 * SEGMENT_BYTES, 9 * SEGMENT_BYTES + 5] {
        let bytes: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
        let spool = spool(folder.path(), &bytes).await;
        assert_eq!(spool.length(), length as u64);
        for from in [0, length / 2, length] {
            assert_eq!(read(&spool, from as u64).await, bytes[from..], "{length} from {from}");
        }
    }
}

#[tokio::test]
async fn the_file_has_no_name_and_not_the_bytes() {
    use std::os::unix::fs::FileExt as _;
    let folder = tempfile::tempdir().unwrap();
    let spool = spool(folder.path(), &b"plain ".repeat(50_000)).await;
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    let mut sealed = vec![0; 60_000];
    spool.file.read_exact_at(&mut sealed, 0).unwrap();
    assert!(!sealed.windows(6).any(|window| window == b"plain "));
    // A changed byte is noticed.
    spool.file.write_all_at(&[sealed[100] ^ 1], 100).unwrap();
    assert!(SpoolBody::new(spool).collect().await.is_err());
}

#[tokio::test]
async fn all_files_together_have_a_bound() {
    let folder = tempfile::tempdir().unwrap();
    let one = SpoolOwner::default();
    let other = SpoolOwner { all: Arc::clone(&one.all), ..SpoolOwner::default() };
    let writer = |owner: &SpoolOwner| SpoolWriter::new(folder.path(), owner.clone(), 100).unwrap();
    let is_full = |error: std::io::Error| error.kind() == std::io::ErrorKind::QuotaExceeded;
    let mut first = writer(&one);
    first.write(&[1; 75]).await.unwrap();
    let kept = first.finish().await.unwrap();
    // Something is left for others, and for others of these.
    let mut second = writer(&one);
    assert!(is_full(second.write(&[1]).await.unwrap_err()));
    drop(second);
    let mut third = writer(&other);
    third.write(&[1; 18]).await.unwrap();
    assert!(is_full(third.write(&[1; 8]).await.unwrap_err()));
    drop((kept, third));
    writer(&one).write(&[1; 75]).await.unwrap();
}
