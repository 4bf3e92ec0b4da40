//! A transform: a text over pictures, again and again, so that no corner is without it.

wit_bindgen::generate!({ path: "../../../gateway/transform-wit", world: "buffered" });

use exports::portcullis::transform::get::{Context, Error, Guest, Reply};
use font8x8::legacy::BASIC_LEGACY;
use picture::{DynamicImage, Trouble, decode, encode};
use portcullis::transform::types::Head;

/// Letters of the text. What is longer is cut.
const LETTERS_MAX: usize = 64;
/// Pixels of a letter of the font.
const LETTER: u32 = 8;
/// Of 256: how much of it is seen.
const STRENGTH: u32 = 96;
/// The quality of JPEG.
const QUALITY: u8 = 85;

struct Watermark;

impl Guest for Watermark {
    fn transform(context: Context, body: Vec<u8>) -> Result<Reply, Error> {
        let text = text(&context);
        let (image, format) = decode(&body).map_err(told)?;
        drop(body);
        let image = mark(image, &text);
        let bytes = encode(&image, format, QUALITY).map_err(told)?;
        let headers = vec![("content-type".to_owned(), format.to_mime_type().to_owned())];
        Ok(Reply { head: Head { status: 200, headers, metadata: None }, body: Some(bytes) })
    }
}

/// What is written: the payload, in which `{caller}` stands for who reads. The font has what ASCII has.
fn text(context: &Context) -> Vec<u8> {
    let arn = context.caller.as_ref().map_or("anonymous", |caller| caller.arn.as_str());
    let caller = arn.rsplit(['/', ':']).next().unwrap_or(arn);
    let text = match context.payload.as_str() {
        "" => caller.to_owned(),
        payload => payload.replace("{caller}", caller),
    };
    let letters =
        text.chars().map(|letter| u8::try_from(letter).ok().filter(u8::is_ascii_graphic).unwrap_or(b' '));
    letters.take(LETTERS_MAX).collect()
}

/// Writes a text over a picture, in rows that are shifted against each other.
fn mark(image: DynamicImage, text: &[u8]) -> DynamicImage {
    let has_alpha = image.color().has_alpha();
    let mut rgba = image.into_rgba8();
    let letters = u32::try_from(text.len()).unwrap_or(1).max(1);
    // The text takes about half of the width.
    let scale = (rgba.width() / (2 * LETTER * letters)).clamp(1, 32);
    let width = LETTER * letters * scale;
    let (tile_width, tile_height) = (width + 4 * LETTER * scale, 4 * LETTER * scale);
    for (x, y, pixel) in rgba.enumerate_pixels_mut() {
        let shift = (y / tile_height % 2) * (tile_width / 2);
        let (x, y) = ((x + shift) % tile_width, y % tile_height);
        if x >= width || y >= LETTER * scale {
            continue;
        }
        let letter = text.get((x / (LETTER * scale)) as usize).copied().unwrap_or(b' ');
        let rows = BASIC_LEGACY.get(usize::from(letter)).copied().unwrap_or_default();
        let row = rows.get((y / scale) as usize).copied().unwrap_or_default();
        if row >> (x / scale % LETTER) & 1 == 0 {
            continue;
        }
        let [red, green, blue, alpha] = pixel.0;
        // Light on what is dark, dark on what is light.
        let is_dark = u32::from(red) + u32::from(green) + u32::from(blue) < 3 * 128;
        let blend = |value: u8| {
            let (value, aim) = (u32::from(value), if is_dark { 255 } else { 0 });
            u8::try_from((value * (256 - STRENGTH) + aim * STRENGTH) / 256).unwrap_or(u8::MAX)
        };
        pixel.0 = [blend(red), blend(green), blend(blue), alpha];
    }
    let marked = DynamicImage::ImageRgba8(rgba);
    if has_alpha { marked } else { DynamicImage::ImageRgb8(marked.into_rgb8()) }
}

fn told(trouble: Trouble) -> Error {
    let (status, code, message) = trouble.describe();
    Error { status, code: code.to_owned(), message }
}

export!(Watermark);
