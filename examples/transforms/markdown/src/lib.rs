//! A transform: Markdown as a page. HTML in it is shown as text, and links lead to the web and to mail alone: whoever
//! may write a text may not run scripts where it is read.

wit_bindgen::generate!({ path: "../../../gateway/transform-wit", world: "buffered" });

use exports::portcullis::transform::get::{Context, Error, Guest, Reply};
use portcullis::transform::types::Head;
use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, TagEnd, html};

const STYLE: &str = "body{max-width:44rem;margin:2rem auto;padding:0 1rem;font:1.05rem/1.6 system-ui,sans-serif;\
color:#222;background:#fff}pre,code{background:#f3f3f3;border-radius:4px;padding:.1em .3em}pre{padding:1em;\
overflow:auto}img{max-width:100%}table{border-collapse:collapse}td,th{border:1px solid #ccc;padding:.3em .7em}";
/// No scripts, no frames, and pictures and styles of this page and its server alone.
const POLICY: &str =
    "default-src 'none'; img-src 'self' https: data:; style-src 'unsafe-inline'; sandbox allow-popups";

struct Markdown;

impl Guest for Markdown {
    fn transform(context: Context, body: Vec<u8>) -> Result<Reply, Error> {
        let mut headers = Vec::new();
        // `?raw=1` is the text as it was written.
        if context.request.query.iter().any(|(name, _)| name == "raw") {
            return Ok(Reply { head: Head { status: 200, headers, metadata: None }, body: None });
        }
        let Ok(text) = String::from_utf8(body) else {
            let message = "The object is no text in UTF-8".to_owned();
            return Err(Error { status: 422, code: "NotText".to_owned(), message });
        };
        for (name, value) in [
            ("content-type", "text/html; charset=utf-8"),
            ("content-security-policy", POLICY),
            ("x-content-type-options", "nosniff"),
        ] {
            headers.push((name.to_owned(), value.to_owned()));
        }
        let page = page(&text, context.key.rsplit('/').next().unwrap_or_default());
        Ok(Reply { head: Head { status: 200, headers, metadata: None }, body: Some(page.into_bytes()) })
    }
}

/// The page of a text. Its title is its first heading, or the name of the object.
fn page(text: &str, name: &str) -> String {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let (mut title, mut in_title, mut is_titled) = (String::new(), false, false);
    let events = Parser::new_ext(text, options).map(|event| {
        match &event {
            Event::Start(Tag::Heading { .. }) if !is_titled => (in_title, is_titled) = (true, true),
            Event::End(TagEnd::Heading(_)) => in_title = false,
            Event::Text(words) | Event::Code(words) if in_title => title.push_str(words),
            _ => {}
        }
        harmless(event)
    });
    let mut body = String::with_capacity(text.len() * 2);
    html::push_html(&mut body, events);
    let title = escaped(if title.is_empty() { name } else { &title });
    format!(
        "<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title}</title><style>{STYLE}</style></head>\n<body>\n{body}</body></html>\n"
    )
}

fn harmless(event: Event<'_>) -> Event<'_> {
    match event {
        Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
        Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
            Event::Start(Tag::Link { link_type, dest_url: target(dest_url), title, id })
        }
        Event::Start(Tag::Image { link_type, dest_url, title, id }) => {
            Event::Start(Tag::Image { link_type, dest_url: target(dest_url), title, id })
        }
        other => other,
    }
}

/// Where a link may lead: to the web, to mail, or to what is beside the page.
fn target(url: CowStr<'_>) -> CowStr<'_> {
    // Browsers leave out control characters and spaces before they look for a scheme.
    let plain: String = url.chars().filter(|letter| !letter.is_control() && *letter != ' ').collect();
    let scheme = plain.split(['/', '?', '#']).next().and_then(|start| start.split_once(':'));
    match scheme.map(|(scheme, _)| scheme.to_ascii_lowercase()).as_deref() {
        None | Some("http" | "https" | "mailto") => url,
        Some(_) => CowStr::Borrowed("#"),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

export!(Markdown);
