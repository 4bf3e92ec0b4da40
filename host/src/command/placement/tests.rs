use super::*;

#[test]
fn a_path_is_found_inside_by_whatever_way_it_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let is_in = |path: &str| is_inside(&folder.path().join(path), &data).unwrap();
    assert!(is_in("data/access.log") && is_in("data") && !is_in("data2/access.log"));
    std::fs::create_dir(&data).unwrap();
    std::os::unix::fs::symlink(&data, folder.path().join("link")).unwrap();
    assert!(is_in("link/access.log") && is_in("link/not/there.log") && is_in("data/access.log"));
    assert!(!is_in("access.log") && !is_in("data/../access.log"));
}
