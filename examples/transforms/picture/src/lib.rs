//! Pictures of strangers: decoded within limits, turned as they are meant, and encoded without what they say of their
//! origin. `image` and `watermark` share it.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::codecs::webp::WebPEncoder;
pub use image::imageops::FilterType;
pub use image::{DynamicImage, ImageFormat};
use image::{ImageDecoder as _, ImageError, ImageReader, Limits};

/// A side of a picture that is decoded, in pixels.
pub const SIDE_MAX: u32 = 16_384;
/// Bytes of a picture when it is decoded: 32 million pixels of 3 bytes. A file of a few bytes may announce terabytes.
pub const DECODED_BYTES_MAX: u64 = 96 << 20;

/// Why there is no picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// It is neither JPEG nor PNG nor WebP.
    Unknown,
    /// It announces more pixels than are decoded.
    TooLarge,
    /// It breaks off, or says what cannot be.
    Damaged,
}

impl Trouble {
    /// Status, code and message for an error of S3.
    pub fn describe(&self) -> (u16, &'static str, String) {
        match self {
            Trouble::Unknown => {
                (415, "NotAPicture", "The object is neither JPEG nor PNG nor WebP".to_owned())
            }
            Trouble::TooLarge => {
                let message =
                    format!("The picture has over {SIDE_MAX} pixels on a side, or too many of them");
                (422, "PictureTooLarge", message)
            }
            Trouble::Damaged => (422, "DamagedPicture", "The picture cannot be decoded".to_owned()),
        }
    }
}

/// Decodes a picture, and turns it as its EXIF data says.
///
/// # Errors
/// What is no picture, and what needs more memory than [`DECODED_BYTES_MAX`].
pub fn decode(bytes: &[u8]) -> Result<(DynamicImage, ImageFormat), Trouble> {
    let mut reader =
        ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(|_| Trouble::Unknown)?;
    let format = reader.format().ok_or(Trouble::Unknown)?;
    if !matches!(format, ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::WebP) {
        return Err(Trouble::Unknown);
    }
    let mut limits = Limits::default();
    limits.max_alloc = Some(DECODED_BYTES_MAX * 2);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(trouble)?;
    let (width, height) = decoder.dimensions();
    // Before a byte of it is allocated.
    if width.max(height) > SIDE_MAX || decoder.total_bytes() > DECODED_BYTES_MAX {
        return Err(Trouble::TooLarge);
    }
    let orientation = decoder.orientation();
    let mut image = DynamicImage::from_decoder(decoder).map_err(trouble)?;
    if let Ok(orientation) = orientation {
        image.apply_orientation(orientation);
    }
    Ok((image, format))
}

fn trouble(error: ImageError) -> Trouble {
    match error {
        ImageError::Limits(_) => Trouble::TooLarge,
        _ => Trouble::Damaged,
    }
}

/// Encodes a picture. Nothing but pixels is in it: no EXIF data, no place, no camera. `quality` is for JPEG: 1 to 100.
///
/// # Errors
/// A format that is none of the three.
pub fn encode(image: &DynamicImage, format: ImageFormat, quality: u8) -> Result<Vec<u8>, Trouble> {
    let mut bytes = Vec::new();
    let encoded = match format {
        // JPEG has no transparency: what was see-through is white.
        ImageFormat::Jpeg => {
            opaque(image).write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, quality))
        }
        ImageFormat::Png => image.write_with_encoder(PngEncoder::new(&mut bytes)),
        ImageFormat::WebP => {
            let eight_bits = match image.color().has_alpha() {
                true => DynamicImage::ImageRgba8(image.to_rgba8()),
                false => DynamicImage::ImageRgb8(image.to_rgb8()),
            };
            eight_bits.write_with_encoder(WebPEncoder::new_lossless(&mut bytes))
        }
        _ => return Err(Trouble::Unknown),
    };
    encoded.map_err(|_| Trouble::Damaged)?;
    Ok(bytes)
}

fn opaque(image: &DynamicImage) -> DynamicImage {
    if !image.color().has_alpha() {
        return DynamicImage::ImageRgb8(image.to_rgb8());
    }
    let mut rgba = image.to_rgba8();
    for pixel in rgba.pixels_mut() {
        let [red, green, blue, alpha] = pixel.0.map(u32::from);
        let over = |value: u32| u8::try_from((value * alpha + 255 * (255 - alpha)) / 255).unwrap_or(u8::MAX);
        pixel.0 = [over(red), over(green), over(blue), u8::MAX];
    }
    DynamicImage::ImageRgb8(DynamicImage::ImageRgba8(rgba).to_rgb8())
}
