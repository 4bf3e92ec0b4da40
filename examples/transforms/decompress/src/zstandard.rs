//! Zstandard, block by block, also several frames one after the other (RFC 8878).

use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

#[derive(Default)]
pub struct Zstandard {
    decoder: FrameDecoder,
    waiting: Vec<u8>,
    taken: usize,
    /// Within a frame; whether four bytes of a checksum follow its last block.
    frame: Option<bool>,
    /// Bytes of a frame that is to be skipped.
    skip: usize,
}

impl Zstandard {
    pub fn push(&mut self, bytes: &[u8]) {
        self.waiting.drain(..self.taken);
        self.taken = 0;
        self.waiting.extend_from_slice(bytes);
    }

    fn rest(&self) -> &[u8] {
        self.waiting.get(self.taken..).unwrap_or_default()
    }

    pub fn pull(&mut self) -> Result<Option<Vec<u8>>, String> {
        while let Some(step) = self.step()? {
            if !step.is_empty() {
                return Ok(Some(step));
            }
        }
        Ok(None)
    }

    /// Decodes a header or a block. `None` where it is not all there yet.
    fn step(&mut self) -> Result<Option<Vec<u8>>, String> {
        if self.skip > 0 {
            let skipped = self.skip.min(self.rest().len());
            (self.taken, self.skip) = (self.taken + skipped, self.skip - skipped);
            return Ok((skipped > 0).then(Vec::new));
        }
        let Some(has_checksum) = self.frame else { return self.begin() };
        let [first, second, third, ..] = *self.rest() else { return Ok(None) };
        let header = u32::from_le_bytes([first, second, third, 0]);
        let (is_last, kind, size) = (header & 1 == 1, header >> 1 & 3, (header >> 3) as usize);
        // A byte that is repeated has one byte.
        let needed = 3 + if kind == 1 { 1 } else { size } + if is_last && has_checksum { 4 } else { 0 };
        let Some(block) = self.waiting.get(self.taken..self.taken + needed) else { return Ok(None) };
        let wrong = |why: ruzstd::decoding::errors::FrameDecoderError| format!("zstd: {why}");
        self.decoder.decode_blocks(block, BlockDecodingStrategy::UptoBlocks(1)).map_err(wrong)?;
        self.taken += needed;
        if is_last {
            self.frame = None;
        }
        let made = self.decoder.collect().unwrap_or_default();
        if is_last
            && self.decoder.get_checksum_from_data()
                != self.decoder.get_calculated_checksum().filter(|_| has_checksum)
        {
            return Err("zstd: the checksum is another one".to_owned());
        }
        Ok(Some(made))
    }

    /// Reads the header of a frame.
    fn begin(&mut self) -> Result<Option<Vec<u8>>, String> {
        let rest = self.rest();
        let Some((magic, after)) = rest.split_first_chunk::<4>() else { return Ok(None) };
        if u32::from_le_bytes(*magic) & 0xffff_fff0 == 0x184d_2a50 {
            let Some(size) = after.first_chunk::<4>() else { return Ok(None) };
            self.skip = u32::from_le_bytes(*size) as usize;
            self.taken += 8;
            return Ok(Some(Vec::new()));
        }
        let Some(descriptor) = after.first() else { return Ok(None) };
        if rest.len() < header_length(*descriptor) {
            return Ok(None);
        }
        let has_checksum = descriptor & 4 != 0;
        let mut source = self.waiting.get(self.taken..).unwrap_or_default();
        self.decoder.reset(&mut source).map_err(|why| format!("zstd: {why}"))?;
        let left = source.len();
        self.taken = self.waiting.len() - left;
        self.frame = Some(has_checksum);
        Ok(Some(Vec::new()))
    }

    /// Verifies that nothing is left over, and no frame is open.
    pub fn finish(&mut self) -> Result<(), String> {
        match self.rest().is_empty() && self.frame.is_none() && self.skip == 0 {
            true => Ok(()),
            false => Err("zstd: it breaks off".to_owned()),
        }
    }
}

/// Bytes of the header of a frame, by its first byte after the magic number.
fn header_length(descriptor: u8) -> usize {
    let is_single = descriptor & 0x20 != 0;
    let dictionary = [0, 1, 2, 4].get(usize::from(descriptor & 3)).copied().unwrap_or(0);
    let content_size = match descriptor >> 6 {
        0 => usize::from(is_single),
        1 => 2,
        2 => 4,
        _ => 8,
    };
    4 + 1 + usize::from(!is_single) + dictionary + content_size
}
