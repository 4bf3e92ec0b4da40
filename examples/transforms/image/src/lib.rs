//! A transform: pictures in the size and format that a client asks for, without EXIF data.

wit_bindgen::generate!({ path: "../../../gateway/transform-wit", world: "buffered" });

use exports::portcullis::transform::get::{Context, Error, Guest, Reply};
use picture::{DynamicImage, ImageFormat, Trouble, decode, encode};
use portcullis::transform::types::Head;

/// A side that a client may ask for, in pixels.
const ASKED_MAX: u32 = 4096;
/// The quality of JPEG where nobody asks.
const QUALITY: u8 = 82;

/// What is asked for.
#[derive(Default)]
struct Wish {
    width: Option<u32>,
    height: Option<u32>,
    /// Fills the box and cuts what hangs over, instead of staying inside of it.
    fills: bool,
    format: Option<ImageFormat>,
    quality: Option<u8>,
    strips: bool,
}

impl Wish {
    /// Takes a parameter in. `false` for one that it does not know.
    fn set(&mut self, name: &str, value: &str) -> Result<bool, Error> {
        let wrong = |what: &str| error(400, "InvalidArgument", format!("{name} must be {what}"));
        let side = || match value.parse() {
            Ok(side) if (1..=ASKED_MAX).contains(&side) => Ok(Some(side)),
            _ => Err(wrong(&format!("from 1 to {ASKED_MAX}"))),
        };
        match name {
            "w" => self.width = side()?,
            "h" => self.height = side()?,
            "q" => match value.parse() {
                Ok(quality) if (1..=100).contains(&quality) => self.quality = Some(quality),
                _ => return Err(wrong("from 1 to 100")),
            },
            "fit" => match value {
                "inside" => self.fills = false,
                "cover" => self.fills = true,
                _ => return Err(wrong("inside or cover")),
            },
            "format" => match value {
                "jpeg" | "jpg" => self.format = Some(ImageFormat::Jpeg),
                "png" => self.format = Some(ImageFormat::Png),
                "webp" => self.format = Some(ImageFormat::WebP),
                _ => return Err(wrong("jpeg, png or webp")),
            },
            "strip" => match value {
                "yes" => self.strips = true,
                "no" => self.strips = false,
                _ => return Err(wrong("yes or no")),
            },
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Whether the picture may stay as it is.
    fn is_nothing(&self) -> bool {
        let asks =
            self.width.is_some() || self.height.is_some() || self.format.is_some() || self.quality.is_some();
        !asks && !self.strips
    }

    /// The picture in the size that is asked for. It is never made larger.
    fn resize(&self, image: DynamicImage) -> DynamicImage {
        let (width, height) = (image.width(), image.height());
        let (wanted_width, wanted_height) = match (self.width, self.height) {
            (None, None) => return image,
            (wanted_width, wanted_height) => {
                (wanted_width.unwrap_or(ASKED_MAX), wanted_height.unwrap_or(ASKED_MAX))
            }
        };
        if self.fills && self.width.is_some() && self.height.is_some() {
            return image.resize_to_fill(wanted_width.min(width), wanted_height.min(height), FILTER);
        }
        if width <= wanted_width && height <= wanted_height {
            return image;
        }
        // In two steps: coarsely to twice the size, which is cheap, and from there with care.
        let (twice_width, twice_height) = (wanted_width.saturating_mul(2), wanted_height.saturating_mul(2));
        let image = match width > twice_width.saturating_mul(2) || height > twice_height.saturating_mul(2) {
            true => image.thumbnail(twice_width, twice_height),
            false => image,
        };
        image.resize(wanted_width, wanted_height, FILTER)
    }
}

const FILTER: picture::FilterType = picture::FilterType::CatmullRom;

struct Image;

impl Guest for Image {
    fn transform(context: Context, body: Vec<u8>) -> Result<Reply, Error> {
        let mut wish = Wish::default();
        // The payload is what the deployer asks for where a client does not: `strip=yes&w=1600`.
        // What it does not know there is a mistake: a picture would keep what it is to lose.
        for pair in context.payload.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            if !wish.set(name, value)? {
                let message =
                    format!("the payload asks for `{name}`: there are w, h, fit, format, q and strip");
                return Err(error(400, "InvalidPayload", message));
            }
        }
        for (name, value) in &context.request.query {
            wish.set(name, value)?;
        }
        if wish.is_nothing() {
            return Ok(Reply { head: Head { status: 200, headers: Vec::new(), metadata: None }, body: None });
        }
        let (image, format) = decode(&body).map_err(told)?;
        drop(body);
        let format = wish.format.unwrap_or(format);
        let image = wish.resize(image);
        let bytes = encode(&image, format, wish.quality.unwrap_or(QUALITY)).map_err(told)?;
        let headers = vec![("content-type".to_owned(), format.to_mime_type().to_owned())];
        Ok(Reply { head: Head { status: 200, headers, metadata: None }, body: Some(bytes) })
    }
}

fn told(trouble: Trouble) -> Error {
    let (status, code, message) = trouble.describe();
    error(status, code, message)
}

fn error(status: u16, code: &str, message: String) -> Error {
    Error { status, code: code.to_owned(), message }
}

export!(Image);
