//! Inputs that grow: what a client can repeat, as often as it likes.
//!
//! A target whose cost is not linear shows it here: four times the input must not cost much more
//! than four times as much, whatever a single input of it costs.

/// An input that can be made as long as one likes.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// The target that takes it.
    pub target: &'static str,
    start: &'static str,
    /// Repeated; `#` is another number every time.
    piece: &'static str,
    end: &'static str,
}

impl Shape {
    /// The input, of about so many bytes.
    pub fn bytes(&self, length: usize) -> Vec<u8> {
        let mut text = String::with_capacity(length + 64);
        text.push_str(self.start);
        let mut number = 0_usize;
        while text.len() + self.end.len() < length {
            for (at, part) in self.piece.split('#').enumerate() {
                if at > 0 {
                    text.push_str(&format!("{number:x}"));
                }
                text.push_str(part);
            }
            number += 1;
        }
        text.push_str(self.end);
        text.into_bytes()
    }

    /// As failures name it.
    pub fn name(&self) -> String {
        format!("{}: {}{}{}…{}", self.target, self.start, self.piece, self.piece, self.end)
    }
}

const fn shape(target: &'static str, start: &'static str, piece: &'static str, end: &'static str) -> Shape {
    Shape { target, start, piece, end }
}

const SIGV2: &str = "?AWSAccessKeyId=AK&Signature=x&Expires=1175139620";
const SIGV4: &str = "?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AK%2F20130524%2Fr%2Fs3%2Faws4_request&\
                     X-Amz-Date=20130524T000000Z&X-Amz-Expires=60&X-Amz-Signature=0&X-Amz-SignedHeaders=host";
const AUTHORIZATION: &str = "x-amz-content-sha256: UNSIGNED-PAYLOAD\nx-amz-date: 20130524T000000Z\nauthorization: \
                             AWS4-HMAC-SHA256 Credential=AK/20130524/r/s3/aws4_request,Signature=0,SignedHeaders=host;\
                             x-amz-content-sha256;x-amz-date";
const FIELD: &str = "--B\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\n";
const FILE: &str =
    "\r\n--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"cat.jpg\"\r\n\r\nx\r\n--B--\r\n";
const STATEMENT: &str = "{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"s3:GetObject\",\"Resource\":";
const CORS: &str =
    "<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod>";
const CORS_END: &str = "</CORSRule></CORSConfiguration>\0origin: https://a\naccess-control-request-method: GET\n\
                        access-control-request-headers: x-a,x-b,x-c\n";

/// Every shape.
pub const SHAPES: [Shape; 58] = [
    shape("request_head", "GET /photos/cat.jpg?a", "&", "\nhost: h\n"),
    shape("request_head", "GET /photos/cat.jpg?a", "&x-amz-#=", "\nhost: h\n"),
    shape("request_head", "GET /photos/cat.jpg?a", "%41", "\nhost: h\n"),
    shape("request_head", "GET /", "a/", "\nhost: h\n"),
    shape("request_head", "GET /photos/cat.jpg\n", "x-amz-meta-#: v\n", "host: h\n"),
    shape("request_head", "GET /photos/cat.jpg\n", "a:\n", "host: h\n"),
    shape("authorization_header", SIGV4, "&x-amz-meta-#=v", "\nhost: h\n"),
    shape("authorization_header", SIGV4, "&&a", "\nhost: h\n"),
    shape("authorization_header", SIGV4, "%3Bx-#", "\nhost: h\n"),
    shape("authorization_header", AUTHORIZATION, ";x-#", "\nhost: h\n"),
    shape("authorization_header", AUTHORIZATION, ";host", "\nhost: h\n"),
    shape("authorization_header", AUTHORIZATION, ",", "\nhost: h\n"),
    shape("authorization_header", "", "x-amz-#: v\n", AUTHORIZATION),
    shape("authorization_header", "", "x-amz-a: v  v\n", AUTHORIZATION),
    shape("sigv2_request", SIGV2, "&x-amz-#", "\nhost: h\n"),
    shape("sigv2_request", SIGV2, "&x-amz-meta-a=v", "\nhost: h\n"),
    shape("sigv2_request", SIGV2, "&acl", "\nhost: h\n"),
    shape("sigv2_request", SIGV2, "&versionId=#", "\nhost: h\n"),
    shape("sigv2_request", SIGV2, "&x-amz-#", "\nx-amz-meta-a: v\nx-amz-meta-b: v\n"),
    shape(
        "sigv2_request",
        "date: Tue, 27 Mar 2007 19:36:42 +0000\nauthorization: AWS AK:x\n",
        "x-amz-#: v\n",
        "",
    ),
    shape("upload_headers", "?Signature=x", "&x-amz-meta-#=v", "\nhost: h\n"),
    shape("upload_headers", "", "x-amz-meta-#: v\n", ""),
    shape("upload_headers", "", "x-amz-meta-a: v\n", ""),
    shape("upload_headers", "x-amz-tagging: ", "a#=b&", "\n"),
    shape("upload_headers", "x-amz-tagging: ", "&", "\n"),
    shape("upload_headers", "content-encoding: ", "aws-chunked,", "\n"),
    shape("upload_headers", "", "content-encoding: gzip\n", ""),
    shape("upload_headers", "x-amz-grant-read: ", "id=\"#\",", "\n"),
    shape("upload_headers", "x-amz-trailer: ", "x-amz-checksum-crc32,", "\n"),
    shape("xml_body", "<a>", "<b/>", "</a>"),
    shape("xml_body", "<a>", "<b>", "</a>"),
    shape("xml_body", "<a>", "<b>&amp;</b>", "</a>"),
    shape("xml_body", "<a>", "&#65;", "</a>"),
    shape("xml_body", "<a>", "<!---->", "</a>"),
    shape("xml_body", "<a>", "<![CDATA[]]>", "</a>"),
    shape("xml_body", "<a", " a#=''", "/>"),
    shape("request_documents", "<Tagging><TagSet>", "<Tag><Key>#</Key><Value/></Tag>", "</TagSet></Tagging>"),
    shape("request_documents", "<Delete>", "<Object><Key>#</Key></Object>", "</Delete>"),
    shape("request_documents", "<Delete><Object>", "<ETag>x</ETag>", "<Key>k</Key></Object></Delete>"),
    shape(
        "request_documents",
        "<CompleteMultipartUpload>",
        "<Part><PartNumber>1</PartNumber><ETag>x</ETag></Part>",
        "</CompleteMultipartUpload>",
    ),
    shape(
        "request_documents",
        "<CompleteMultipartUpload><Part>",
        "<A/>",
        "</Part></CompleteMultipartUpload>",
    ),
    shape("query_string", "a", "&", ""),
    shape("query_string", "a", "&a#=b", ""),
    shape("query_string", "a=", "%41+", ""),
    shape("query_form", "Action=CreateUser", "&a", ""),
    shape("query_form", "Action=CreateUser", "&Tags.member.#.Key=k", ""),
    shape("policy_document", "{\"Statement\":[", "{},", "{}]}"),
    shape("policy_document", "", "[", ""),
    shape("policy_document", STATEMENT, "\"*\",", "\"*\"}"),
    shape("post_form", FIELD, "${filename}", FILE),
    shape("post_form", FIELD, "\r\n--", FILE),
    shape("post_form", "", "--B\r\nContent-Disposition: form-data; name=\"#\"\r\n\r\n\r\n", FILE),
    shape("post_form", "--B", " ", FILE),
    shape("post_form", "--B\r\nContent-Disposition: form-data; ", "a#=\"\\\\\";", FILE),
    shape("web_identity", "{\"iss\":\"a\",\"aud\":[", "\"a\",", "\"b\"]}"),
    shape("cors_document", CORS, "<AllowedHeader>x-#*</AllowedHeader>", CORS_END),
    shape("cors_document", CORS, "<AllowedOrigin>https://#</AllowedOrigin>", CORS_END),
    shape("cors_document", "<CORSConfiguration>", "<CORSRule/>", CORS_END),
];
