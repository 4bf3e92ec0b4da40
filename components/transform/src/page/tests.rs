use super::{EntryShown, Page};

const HEAD: &str = "<?xml version=\"1.1\" encoding=\"UTF-8\"?>\n<ListBucketResult><Name>photos</Name><Prefix></Prefix>\
                    <KeyCount>3</KeyCount><MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated>";

fn entry(key: &str, size: u64) -> String {
    format!(
        "<Contents><Key>{key}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>&quot;aa&quot;</ETag>\
         <ChecksumAlgorithm>CRC32</ChecksumAlgorithm><Size>{size}</Size></Contents>"
    )
}

fn page(encodes_keys: bool) -> Page {
    let entries = [entry("a&amp;b", 1), entry("c&#x1;", 2), entry("d%2De", 3)].concat();
    let prefixes = "<CommonPrefixes><Prefix>x&lt;/</Prefix></CommonPrefixes>";
    Page::new(format!("{HEAD}{entries}{prefixes}</ListBucketResult>"), encodes_keys)
}

#[test]
fn any_key_is_read_as_it_is() {
    let read = page(false).read().unwrap();
    let keys: Vec<&str> = read.entries.iter().map(|entry| entry.key.as_str()).collect();
    assert_eq!(keys, ["a&b", "c\u{1}", "d%2De"]);
    assert_eq!(read.common_prefixes, ["x</"]);
    assert_eq!((read.entries[1].size, read.entries[1].etag.as_str()), (2, "aa"));
    assert_eq!(page(true).read().unwrap().entries[2].key, "d-e");
}

#[test]
fn what_is_no_page_is_none() {
    for broken in
        ["<Contents><Key>a</Key></Contents>", "<Contents><Key>&nbsp;</Key><Size>1</Size></Contents>"]
    {
        assert!(Page::new(broken.to_owned(), false).read().is_none(), "{broken}");
    }
}

#[test]
fn entries_show_what_is_said_of_them() {
    let mut page = page(false);
    page.show(&[EntryShown::Made(7, Some("\"b<\"".to_owned())), EntryShown::Gone, EntryShown::Unreadable]);
    page.insert("NextMarker", "a&b");
    page.set("MaxKeys", "10");
    let document = page.into_document();
    let expected = [
        "<Key>a&amp;b</Key>",
        "<ETag>&quot;b&lt;&quot;</ETag><Size>7</Size>",
        "<Key>d%2De</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><Size>0</Size>",
        "<KeyCount>2</KeyCount><NextMarker>a&amp;b</NextMarker><MaxKeys>10</MaxKeys>",
    ];
    expected.iter().for_each(|part| assert!(document.contains(part), "{part}: {document}"));
    assert!(!document.contains("c&#x1;") && !document.contains("Checksum"), "{document}");
}
